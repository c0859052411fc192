using System.Xml;

namespace Vektagraf.Server.Samples;

/// <summary>Reads the members of .NET XML documentation files as a stream.</summary>
public static class DotnetDocsReader
{
    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        XmlResolver = null,
    };

    /// <summary>Reads all members of a reference pack, in the order of the files and of the members in them.</summary>
    /// <param name="pack">The pack.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The members, read as they are asked for; each id once.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: a file is not well-formed XML.</exception>
    public static IEnumerable<DotnetDocMember> Read(DotnetReferencePack pack, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pack);
        return ReadFiles(pack.DocumentationFiles, pack.FrameworkVersion, cancellationToken);
    }

    internal static XmlReader Open(string file) => XmlReader.Create(file, Settings);

    private static IEnumerable<DotnetDocMember> ReadFiles(IReadOnlyList<string> files, string since, CancellationToken cancellationToken)
    {
        DotnetTypeIndex types = Checked(files, () => DotnetTypeIndex.Read(files, cancellationToken));
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string assembly = Path.GetFileNameWithoutExtension(file);
            using XmlReader reader = Open(file);
            while (Checked([file], () => ToNextMember(reader)))
            {
                DotnetDocMember? member = Checked([file], () => ReadMember(reader, types, assembly, since));
                if (member is not null && seen.Add(member.Id))
                {
                    yield return member;
                }
            }
        }
    }

    /// <summary>Names the file in the error: an <see cref="XmlException"/> alone only knows the line.</summary>
    private static T Checked<T>(IReadOnlyList<string> files, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (XmlException e)
        {
            string where = e.SourceUri is { Length: > 0 } uri ? uri : string.Join(", ", files);
            throw new VektagrafException(
                ErrorKind.Invalid, "invalid-documentation", $"The documentation file {where} is not well-formed XML: {e.Message}", inner: e);
        }
    }

    private static bool ToNextMember(XmlReader reader)
    {
        while (reader.NodeType != XmlNodeType.Element || reader.Name != "member")
        {
            if (!reader.Read())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads the member the reader stands on, to behind its end.</summary>
    private static DotnetDocMember? ReadMember(XmlReader reader, DotnetTypeIndex types, string assembly, string since)
    {
        DotnetMemberId id = new(reader.GetAttribute("name") ?? "");
        string memberId = reader.GetAttribute("name") ?? "";
        Sections sections = ReadSections(reader);
        if (!id.IsValid)
        {
            return null;
        }

        (string @namespace, string[] nested) = types.Split(id.TypeFullName);
        DotnetSignature signature = new(types.TypeParametersOf(@namespace, nested), id.IsType ? [] : sections.TypeParameters);
        string type = signature.TypeName(nested);
        return new DotnetDocMember
        {
            Id = DotnetMemberId.ToObjectId(memberId),
            Kind = id.Kind,
            Namespace = @namespace,
            Type = type,
            Assembly = assembly,
            Name = signature.Name(type, id),
            Title = signature.Title(type, id),
            Summary = sections.Summary,
            Parameters = sections.Parameters,
            Returns = sections.Returns,
            Since = since,
        };
    }

    private static Sections ReadSections(XmlReader reader)
    {
        Sections sections = new();
        int depth = reader.Depth;
        bool empty = reader.IsEmptyElement;
        reader.Read();
        while (!empty && !reader.EOF && reader.Depth > depth)
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                reader.Read();
                continue;
            }

            ReadSection(reader, sections);
        }

        return sections;
    }

    private static void ReadSection(XmlReader reader, Sections sections)
    {
        string name = reader.GetAttribute("name") ?? "";
        switch (reader.Name)
        {
            case "summary":
                sections.Summary = DotnetDocText.ReadElement(reader);
                break;
            case "returns" or "value":
                sections.Returns = DotnetDocText.ReadElement(reader);
                break;
            case "param":
                string text = DotnetDocText.ReadElement(reader);
                sections.Parameters.Add(text.Length == 0 ? name : $"{name}: {text}");
                break;
            case "typeparam":
                sections.TypeParameters.Add(name);
                reader.Skip();
                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <summary>What a member's element holds.</summary>
    private sealed class Sections
    {
        public string Summary { get; set; } = "";

        public string Returns { get; set; } = "";

        public List<string> Parameters { get; } = [];

        public List<string> TypeParameters { get; } = [];
    }
}
