using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace Vektagraf.Client.VectorData;

/// <summary>How a <see cref="VektagrafVectorStore"/> behaves.</summary>
public sealed class VektagrafVectorStoreOptions
{
    /// <summary>Makes vectors of texts on this side; null to send vectors, or text to fields whose generator is the server's.</summary>
    public IEmbeddingGenerator? EmbeddingGenerator { get; init; }
}

/// <summary>How a <see cref="VektagrafCollection{TKey, TRecord}"/> behaves.</summary>
public sealed class VektagrafCollectionOptions : VectorStoreCollectionOptions
{
    /// <summary>Count of shards of a collection that is created, 1 to 64.</summary>
    public int Shards { get; set; } = 1;

    /// <summary>The quality searches must reach, for a collection that is created; null for the server's default.</summary>
    public SearchObjective? Objective { get; set; }
}
