using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vektagraf.Client;

/// <summary>A search for the objects nearest to a vector, a text or another object, for those that match words or a sparse vector best, or for several of these.</summary>
public sealed record SearchRequest
{
    /// <summary>The query vector.</summary>
    public VectorQuery? Vector { get; init; }

    /// <summary>A full-text query, by itself or together with the vector; null for none.</summary>
    public TextQuery? Text { get; init; }

    /// <summary>A sparse query vector, by itself or together with the others; null for none.</summary>
    public SparseQuery? Sparse { get; init; }

    /// <summary>How vector, words and sparse vector become one ranking; null for equal weights.</summary>
    public RankFusion? Fusion { get; init; }

    /// <summary>Which excerpts of the texts found to send; null for none.</summary>
    public Highlight? Highlight { get; init; }

    /// <summary>Most results, 1 to 10,000.</summary>
    public int K { get; init; } = 10;

    /// <summary>Results to skip, 0 to 10,000.</summary>
    public int Offset { get; init; }

    /// <summary>Only objects that fulfil this filter, such as <c>price lt 80</c>; null for all.</summary>
    public string? Filter { get; init; }

    /// <summary>Wanted recall, above 0 up to 1; null for the collection's objective.</summary>
    public double? Recall { get; init; }

    /// <summary>Search parameters; null to let the server choose.</summary>
    [JsonPropertyName("params")]
    public SearchParameters? Parameters { get; init; }

    /// <summary>Properties wanted; null for all.</summary>
    public IReadOnlyList<string>? Select { get; init; }

    /// <summary>Whether results carry their vectors.</summary>
    public bool IncludeVectors { get; init; }

    /// <summary>Only results with at least this score; null for all.</summary>
    public double? MinScore { get; init; }

    /// <summary>How unlike each other results should be; null to rank by nearness alone. Not together with <see cref="GroupBy"/>.</summary>
    public Diversity? Diversity { get; init; }

    /// <summary>At most so many results for each value of a field; null for no limit.</summary>
    public GroupBy? GroupBy { get; init; }

    /// <summary>How fresh the data must be; null for strong.</summary>
    public ReadConsistency? Consistency { get; init; }

    /// <summary>Whether the answer says what was done.</summary>
    public bool Explain { get; init; }

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

    /// <summary>Id of the object whose vector to use; that object is not among the results.</summary>
    public string? Id { get; init; }
}

/// <summary>A full-text query.</summary>
public sealed record TextQuery
{
    /// <summary>The words; <c>"a phrase"</c>, <c>begin*</c>, <c>+required</c> and <c>-excluded</c> mean what they do in search engines.</summary>
    public required string Query { get; init; }

    /// <summary>The text fields; null for all.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>What fields count in the score, above 0; 1 for those not named.</summary>
    public IReadOnlyDictionary<string, double>? Weights { get; init; }
}

/// <summary>A sparse query vector: objects that have one of its dimensions, ranked by dot product.</summary>
public sealed record SparseQuery
{
    /// <summary>The sparse field; null where the collection has just one.</summary>
    public string? Field { get; init; }

    /// <summary>Its dimensions, each once.</summary>
    public required IReadOnlyList<uint> Indices { get; init; }

    /// <summary>The weight of each.</summary>
    public required IReadOnlyList<float> Values { get; init; }
}

/// <summary>How vector, words and sparse vector become one ranking: an object scores the sum, over those that found it, of weight / (k + rank).</summary>
/// <param name="K">How little the first ranks count more than later ones, 1 to 10,000.</param>
/// <param name="Weights">What each side counts; null for 1 each.</param>
public sealed record RankFusion(double K = 60, FusionWeights? Weights = null);

/// <summary>What each side of a search for several things counts.</summary>
/// <param name="Vector">The vector, 0 or more.</param>
/// <param name="Text">The words, 0 or more.</param>
/// <param name="Sparse">The sparse vector, 0 or more.</param>
public sealed record FusionWeights(double Vector = 1, double Text = 1, double Sparse = 1);

/// <summary>Which excerpts of the texts found to send. They are sent as they are stored: escape them where they become HTML.</summary>
/// <param name="Fields">The text fields; null for those searched.</param>
/// <param name="PreTag">What stands before a word; null for &lt;em&gt;.</param>
/// <param name="PostTag">What stands behind a word; null for &lt;/em&gt;.</param>
/// <param name="Fragments">Most excerpts of a field; 0 for the whole text.</param>
/// <param name="FragmentLength">Characters of an excerpt, about.</param>
public sealed record Highlight(IReadOnlyList<string>? Fields = null, string? PreTag = null, string? PostTag = null, int Fragments = 3, int FragmentLength = 160);

/// <summary>Search parameters.</summary>
public sealed record SearchParameters
{
    /// <summary>Candidates a graph search keeps, at least 1.</summary>
    public int? EfSearch { get; init; }

    /// <summary>Inverted lists to look into, at least 1.</summary>
    public int? Nprobe { get; init; }

    /// <summary>Whether to scan every vector.</summary>
    public bool Exact { get; init; }
}

/// <summary>Results near the query but unlike each other: maximal marginal relevance (Carbonell and Goldstein 1998).</summary>
/// <param name="Lambda">0 to 1: 1 ranks by nearness alone, 0 by being unlike what stands before.</param>
/// <param name="Candidates">How many of the nearest objects to choose from, from offset + k to 10,000; null for 4 times that, at least 50.</param>
public sealed record Diversity(double Lambda = 0.7, int? Candidates = null);

/// <summary>At most so many results for each value of a field.</summary>
/// <param name="Field">The field.</param>
/// <param name="Limit">Most results of a group, at least 1.</param>
public sealed record GroupBy(string Field, int Limit = 1);

/// <summary>The answer to a search.</summary>
public sealed record SearchResponse
{
    /// <summary>The results, best first; equal ones by id.</summary>
    public IReadOnlyList<SearchHit> Results { get; init => field = value ?? []; } = [];

    /// <summary>Time the server took, in milliseconds; for the whole batch where this is one answer of it.</summary>
    public double TookMs { get; init; }

    /// <summary>Token of the data searched.</summary>
    public string Session { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Shards that did not answer: the results lack what they hold.</summary>
    public IReadOnlyList<int> MissingShards { get; init => field = value ?? []; } = [];

    /// <summary>What is legal in the request but probably not meant.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = value ?? []; } = [];

    /// <summary>What was done, where the request asked to explain.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Plan { get; init; }
}

/// <summary>One result.</summary>
public sealed record SearchHit
{
    /// <summary>The object's id.</summary>
    public string Id { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>What kind of object it is; null for none.</summary>
    public string? Type { get; init; }

    /// <summary>Greater is better: the cosine, the dot product, or 1 / (1 + distance) for Euclidean; BM25 for words; the dot product for sparse vectors; for several of these, what the ranks count.</summary>
    public double Score { get; init; }

    /// <summary>Smaller is nearer: 1 − cosine, the negated dot product, or the Euclidean distance; null where it was not by vector.</summary>
    public double? Distance { get; init; }

    /// <summary>The properties wanted, as a JSON object.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Properties { get; init; }

    /// <summary>Its vectors by field; null where they were not asked for.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<float>>? Vectors { get; init; }

    /// <summary>Its sparse vectors by field; null where they were not asked for, or there are none.</summary>
    public IReadOnlyDictionary<string, SparseVector>? Sparse { get; init; }

    /// <summary>Excerpts by field; null where they were not asked for.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Highlights { get; init; }

    /// <summary>Where each side had it, by <c>vector</c>, <c>text</c> and <c>sparse</c>, in a search for several things that asked to explain; null otherwise.</summary>
    public IReadOnlyDictionary<string, SideRank>? Ranks { get; init; }
}

/// <summary>Where one side of a search for several things had an object.</summary>
/// <param name="Rank">Counted from 1.</param>
/// <param name="Score">Its score there.</param>
public sealed record SideRank(int Rank, double Score);

internal sealed record SearchBatchBody(IReadOnlyList<SearchRequest> Queries);

internal sealed record SearchBatchAnswer
{
    public IReadOnlyList<SearchResponse> Results { get; init => field = value ?? []; } = [];
}
