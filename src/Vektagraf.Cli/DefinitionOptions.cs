using System.Globalization;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>Collection definitions from options.</summary>
internal static class DefinitionOptions
{
    /// <summary>Adds what options say to a definition.</summary>
    /// <exception cref="UsageException">An option cannot be read.</exception>
    public static CollectionDefinition Extend(CollectionDefinition definition, IReadOnlyList<string> vectors, IReadOnlyList<string> fields, IReadOnlyList<string> sparse, int? shards)
    {
        var sparseFields = new Dictionary<string, SparseFieldDefinition>(definition.Sparse ?? new Dictionary<string, SparseFieldDefinition>(), StringComparer.Ordinal);
        foreach (var name in sparse)
        {
            sparseFields[name] = new SparseFieldDefinition();
        }

        var vectorFields = new Dictionary<string, VectorFieldDefinition>(definition.Vectors, StringComparer.Ordinal);
        foreach (var text in vectors)
        {
            var (name, field) = VectorOf(text);
            vectorFields[name] = field;
        }

        var declared = new Dictionary<string, FieldDefinition>(definition.Fields, StringComparer.Ordinal);
        foreach (var text in fields)
        {
            var (name, field) = FieldOf(text);
            declared[name] = field;
        }

        return definition with { Vectors = vectorFields, Fields = declared, Sparse = sparseFields.Count == 0 ? null : sparseFields, Shards = shards ?? definition.Shards };
    }

    private static (string Name, VectorFieldDefinition Field) VectorOf(string text)
    {
        var parts = text.Split(':');
        if (parts.Length is 2 or 3
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var dimensions)
            && Enum.TryParse<VectorMetric>(parts.Length == 3 ? parts[2] : nameof(VectorMetric.Cosine), ignoreCase: true, out var metric)
            && Enum.IsDefined(metric))
        {
            return (parts[0], new VectorFieldDefinition { Dimensions = dimensions, Metric = metric });
        }

        throw new UsageException($"'{text}' is no vector field. Write --vector name:dimensions[:metric], such as embedding:384:dot.");
    }

    private static (string Name, FieldDefinition Field) FieldOf(string text)
    {
        var parts = text.Split(':');
        if (parts.Length is 2 or 3 && FieldTypes.TryParse(parts[1], out var type) && (parts.Length == 2 || parts[2] == "index"))
        {
            return (parts[0], new FieldDefinition { Type = type, Index = parts.Length == 3 });
        }

        throw new UsageException($"'{text}' is no field. Write --field name:type[:index], such as price:number:index; types are {string.Join(", ", FieldTypes.Names)}.");
    }
}

/// <summary>Field types as the contract spells them.</summary>
internal static class FieldTypes
{
    private static readonly Dictionary<string, FieldType> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["string"] = FieldType.String,
        ["number"] = FieldType.Number,
        ["boolean"] = FieldType.Boolean,
        ["datetime"] = FieldType.DateTime,
        ["text"] = FieldType.Text,
        ["geo"] = FieldType.Geo,
        ["string[]"] = FieldType.StringArray,
    };

    public static IEnumerable<string> Names => ByName.Keys;

    public static bool TryParse(string name, out FieldType type) => ByName.TryGetValue(name, out type);

    public static string NameOf(FieldType type) => ByName.First(t => t.Value == type).Key;
}
