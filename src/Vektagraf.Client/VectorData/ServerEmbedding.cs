using Microsoft.Extensions.VectorData;

namespace Vektagraf.Client.VectorData;

/// <summary>Vector properties whose vectors the server makes.</summary>
public static class ServerEmbedding
{
    internal const string Annotation = "Vektagraf:ServerEmbedding";

    /// <summary>
    /// Has the server make the vectors of records that bring none, and of texts that are searched for. The property's type stays that of
    /// a vector; leave it null, or empty, in records.
    /// </summary>
    /// <param name="property">The vector property.</param>
    /// <param name="generator">Name of a generator that the server knows; <c>lsa</c> is built in.</param>
    /// <param name="from">Storage names of the data properties to embed, the most telling first.</param>
    /// <returns>The same property.</returns>
    public static VectorStoreVectorProperty WithServerEmbedding(this VectorStoreVectorProperty property, string generator, params IReadOnlyList<string> from)
    {
        ArgumentNullException.ThrowIfNull(property);
        ArgumentException.ThrowIfNullOrEmpty(generator);
        ArgumentOutOfRangeException.ThrowIfZero(from.Count, nameof(from));
        property.ProviderAnnotations ??= [];
        property.ProviderAnnotations[Annotation] = new ServerGenerator(generator, from);
        return property;
    }

    internal static ServerGenerator? Of(Dictionary<string, object?>? annotations) =>
        annotations?.GetValueOrDefault(Annotation) as ServerGenerator;
}

/// <summary>A generator of the server, and what it embeds.</summary>
internal sealed record ServerGenerator(string Name, IReadOnlyList<string> From);
