using System.Xml;

namespace Vektagraf.Server.Samples;

/// <summary>
/// The documented types of a set of assemblies. An id alone does not say where the namespace ends and nested types begin
/// (<c>A.B.C.D</c>): the set of documented types does.
/// </summary>
internal sealed class DotnetTypeIndex
{
    private readonly Dictionary<string, string[]> _typeParameters = new(StringComparer.Ordinal);

    /// <summary>Reads the ids and type parameters of all types in the files.</summary>
    internal static DotnetTypeIndex Read(IEnumerable<string> files, CancellationToken cancellationToken)
    {
        DotnetTypeIndex index = new();
        foreach (string file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using XmlReader reader = DotnetDocsReader.Open(file);
            while (reader.Read())
            {
                if (reader.NodeType == XmlNodeType.Element && reader.Name == "member")
                {
                    index.AddMember(reader);
                }
            }
        }

        return index;
    }

    /// <summary>Adds a type.</summary>
    internal void Add(string typeFullName, params string[] typeParameters) => _typeParameters[typeFullName] = typeParameters;

    /// <summary>Splits a type's full name into its namespace and the nested types, outermost first.</summary>
    internal (string Namespace, string[] Types) Split(string typeFullName)
    {
        int start = typeFullName.LastIndexOf('.') + 1;
        while (start > 0 && _typeParameters.ContainsKey(typeFullName[..(start - 1)]))
        {
            start = start < 2 ? 0 : typeFullName.LastIndexOf('.', start - 2) + 1;
        }

        return (start == 0 ? "" : typeFullName[..(start - 1)], typeFullName[start..].Split('.'));
    }

    /// <summary>Names of the type parameters of the nested types, outermost first.</summary>
    internal List<string> TypeParametersOf(string @namespace, string[] types)
    {
        List<string> names = [];
        string fullName = @namespace;
        foreach (string type in types)
        {
            fullName = fullName.Length == 0 ? type : $"{fullName}.{type}";
            names.AddRange(_typeParameters.GetValueOrDefault(fullName, []));
        }

        return names;
    }

    private void AddMember(XmlReader reader)
    {
        string id = reader.GetAttribute("name") ?? "";
        if (!id.StartsWith("T:", StringComparison.Ordinal))
        {
            return;
        }

        List<string> typeParameters = [];
        int depth = reader.Depth;
        bool hasContent = !reader.IsEmptyElement;
        while (hasContent && reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType == XmlNodeType.Element && reader.Name == "typeparam" && reader.GetAttribute("name") is { } name)
            {
                typeParameters.Add(name);
            }
        }

        Add(id[2..], [.. typeParameters]);
    }
}
