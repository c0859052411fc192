using Vektagraf.Collections;
using Vektagraf.Index;

namespace Vektagraf.Server.Samples;

/// <summary>The collection that the sample fills.</summary>
public static class DotnetDocsCollection
{
    /// <summary>Name of the sample and of its collection.</summary>
    public const string Name = "dotnet-docs";

    /// <summary>Name of the one vector field.</summary>
    public const string VectorField = "embedding";

    /// <summary>
    /// Properties whose text is embedded, in order: the first counts most. The name stands there rather than the title, because
    /// parameter types say little about what a member does and made the answers worse when measured.
    /// </summary>
    public static IReadOnlyList<string> EmbeddedProperties { get; } = ["name", "summary"];

    /// <summary>The collection's definition.</summary>
    public static CollectionDefinition Definition { get; } = new()
    {
        Vectors = new Dictionary<string, VectorFieldDefinition>(StringComparer.Ordinal)
        {
            [VectorField] = new() { Dimensions = 256, Metric = DistanceMetric.Cosine, Generator = "lsa", From = EmbeddedProperties },
        },
        Fields = new Dictionary<string, FieldDefinition>(StringComparer.Ordinal)
        {
            // What people filter by first stands first: clients offer fields in this order.
            ["kind"] = new() { Type = FieldType.String, Index = true },
            ["namespace"] = new() { Type = FieldType.String, Index = true },
            ["type"] = new() { Type = FieldType.String, Index = true },
            ["name"] = new() { Type = FieldType.String, Index = true },
            ["title"] = new() { Type = FieldType.Text, Index = true },
            ["summary"] = new() { Type = FieldType.Text, Index = true },
            ["assembly"] = new() { Type = FieldType.String, Index = true },
            ["since"] = new() { Type = FieldType.String, Index = true },
            ["parameters"] = new() { Type = FieldType.StringArray },
            ["returns"] = new() { Type = FieldType.Text },
        },
    };

    /// <summary>The text of a member that is embedded: the values of <see cref="EmbeddedProperties"/>, one line each.</summary>
    /// <param name="member">The member.</param>
    /// <returns>The text.</returns>
    public static string TextOf(DotnetDocMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return $"{member.Name}\n{member.Summary}";
    }
}
