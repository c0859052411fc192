using Vektagraf.Collections;
using Vektagraf.Shards;

namespace Vektagraf.Querying;

/// <summary>A search for the objects nearest to a query vector, for those that match words or a sparse vector best, or for several of these.</summary>
public sealed record SearchRequest
{
    /// <summary>The query vector; null for none.</summary>
    public VectorQuery? Vector { get; init; }

    /// <summary>The words; null for none.</summary>
    public TextQuery? Text { get; init; }

    /// <summary>The sparse query vector; null for none.</summary>
    public SparseQuery? Sparse { get; init; }

    /// <summary>How vector, words and sparse vector become one ranking; null for equal weights.</summary>
    public RankFusion? Fusion { get; init; }

    /// <summary>Whether results carry excerpts with the words marked; null for none.</summary>
    public TextHighlight? Highlight { get; init; }

    /// <summary>Most results, 1 to <see cref="Limits.MaxK"/>.</summary>
    public int K { get; init; } = 10;

    /// <summary>Results to skip, 0 to <see cref="Limits.MaxOffset"/>.</summary>
    public int Offset { get; init; }

    /// <summary>Only objects that fulfil this filter; null for all.</summary>
    public string? Filter { get; init; }

    /// <summary>Wanted recall, above 0 up to 1; null for the collection's objective.</summary>
    public double? Recall { get; init; }

    /// <summary>Search parameters; null to let the engine choose. They win over <see cref="Recall"/>.</summary>
    public SearchParams? Params { get; init; }

    /// <summary>Whether results carry their vectors.</summary>
    public bool IncludeVectors { get; init; }

    /// <summary>Only results with at least this score; null for all.</summary>
    public double? MinScore { get; init; }

    /// <summary>How unlike each other results should be; null to rank by nearness alone.</summary>
    public SearchDiversity? Diversity { get; init; }

    /// <summary>At most so many results for each value of a field; null for no limit.</summary>
    public GroupLimit? GroupBy { get; init; }

    /// <summary>How fresh the data must be.</summary>
    public ReadConsistency Consistency { get; init; }

    /// <summary>Session token: search the data as it was then; null for now.</summary>
    public string? AsOf { get; init; }
}

/// <summary>A query vector, given in exactly one of three ways.</summary>
public sealed record VectorQuery
{
    /// <summary>The vector field; null where the collection has just one.</summary>
    public string? Field { get; init; }

    /// <summary>The vector itself.</summary>
    public ReadOnlyMemory<float>? Value { get; init; }

    /// <summary>Text, to be embedded by the field's generator.</summary>
    public string? Text { get; init; }

    /// <summary>Id of the object whose vector to use; it is not among the results.</summary>
    public string? Id { get; init; }
}

/// <summary>At most so many results for each value of a field.</summary>
/// <param name="Field">The field; objects without it form a group of their own.</param>
/// <param name="Limit">Most results of a group, at least 1.</param>
public sealed record GroupLimit(string Field, int Limit);

/// <summary>One result.</summary>
/// <param name="Object">The object.</param>
/// <param name="Score">Greater is better: the cosine, the dot product, or 1 / (1 + distance) for Euclidean; BM25 for words; the dot product for sparse
/// vectors; for several of these, the sum of what the ranks count.</param>
/// <param name="Distance">Smaller is nearer: 1 − cosine, the negated dot product, or the Euclidean distance; NaN where the object was not found by a
/// vector.</param>
public sealed record SearchHit(StoredObject Object, double Score, double Distance)
{
    /// <summary>Where the vector had it, in a search that fuses; null for nowhere.</summary>
    public SideRank? VectorRank { get; init; }

    /// <summary>Where the words had it, in a search that fuses; null for nowhere.</summary>
    public SideRank? TextRank { get; init; }

    /// <summary>Where the sparse vector had it, in a search that fuses; null for nowhere.</summary>
    public SideRank? SparseRank { get; init; }

    /// <summary>Excerpts by field; null where none were asked for.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Highlights { get; init; }
}

/// <summary>The answer to a search.</summary>
/// <param name="Hits">The results, best first; equal ones by id.</param>
/// <param name="Session">Token of the data searched.</param>
/// <param name="Plan">What was done.</param>
/// <param name="Warnings">What is legal in the request but probably not meant.</param>
public sealed record SearchResponse(IReadOnlyList<SearchHit> Hits, string Session, SearchPlan Plan, IReadOnlyList<string> Warnings);

/// <summary>What a search did.</summary>
public sealed record SearchPlan
{
    /// <summary>How the vectors were found.</summary>
    public required string AccessPath { get; init; }

    /// <summary>The vector field searched.</summary>
    public required string Field { get; init; }

    /// <summary>How its vectors are compared.</summary>
    public required string Metric { get; init; }

    /// <summary>When the filter is tested; null without one.</summary>
    public string? FilterMode { get; init; }

    /// <summary>The filter in its canonical form; null without one.</summary>
    public string? Filter { get; init; }

    /// <summary>Shards searched.</summary>
    public int Shards { get; init; }

    /// <summary>Rows looked at.</summary>
    public long Considered { get; init; }

    /// <summary>Rows that the filter, or a newer version, ruled out.</summary>
    public long Filtered { get; init; }

    /// <summary>Distances computed.</summary>
    public long Scored { get; init; }

    /// <summary>Length of the graph walk's candidate pool that was asked for; null where no graph was walked or its default held.</summary>
    public int? EfSearch { get; init; }

    /// <summary>Inverted lists that were asked for in each index; null where there are none or the index's default held.</summary>
    public int? NProbe { get; init; }

    /// <summary>Graph nodes expanded.</summary>
    public long Hops { get; init; }

    /// <summary>Candidates scored again at full precision.</summary>
    public long Reranked { get; init; }

    /// <summary>Inverted lists visited.</summary>
    public long ListsProbed { get; init; }

    /// <summary>Expected recall: 1 for an exact scan, else what the settings were measured to give; null where they were not measured.</summary>
    public double? ExpectedRecall { get; init; } = 1;
}
