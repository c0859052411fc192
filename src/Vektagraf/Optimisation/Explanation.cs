using Vektagraf.Querying;

namespace Vektagraf.Optimisation;

/// <summary>What to explain: a search or a query.</summary>
public sealed record ExplainRequest
{
    /// <summary>Most alternatives of one request: each is run a few times.</summary>
    public const int MaxAlternatives = 16;

    /// <summary>The search; null for a query.</summary>
    public SearchRequest? Search { get; init; }

    /// <summary>The query; null for a search.</summary>
    public QueryRequest? Query { get; init; }

    /// <summary>Whether to run it and set what happened beside what was expected.</summary>
    public bool Analyze { get; init; }

    /// <summary>Other ways to run it, tried side by side.</summary>
    public IReadOnlyList<Alternative> WhatIf { get; init; } = [];
}

/// <summary>Another way to run a request; exactly one member is set.</summary>
public sealed record Alternative
{
    /// <summary>Length of a graph walk's candidate pool.</summary>
    public int? EfSearch { get; init; }

    /// <summary>Inverted lists to look into.</summary>
    public int? NProbe { get; init; }

    /// <summary>Kind of index: <c>flat</c> scans all vectors, <c>hnsw</c> and <c>ivf</c> use the index that there is, where it is one.</summary>
    public string? Index { get; init; }

    /// <summary>When to test the filter: <c>before</c>, <c>inside</c> or <c>after</c> the vectors are searched.</summary>
    public string? FilterMode { get; init; }

    /// <summary>A field that is not indexed: what an index on it would change, estimated.</summary>
    public string? FieldIndex { get; init; }
}

/// <summary>How a request is run, and what that is expected to take.</summary>
public sealed record Explanation
{
    /// <summary>Search or query.</summary>
    public required RequestKind Kind { get; init; }

    /// <summary>Signature of the request's shape.</summary>
    public required QuerySignature Signature { get; init; }

    /// <summary>The shape for people.</summary>
    public required string Shape { get; init; }

    /// <summary>Whether a plan of this shape was in the plan cache.</summary>
    public required bool IsCached { get; init; }

    /// <summary>The steps, the last one first.</summary>
    public required ExplainNode Plan { get; init; }

    /// <summary>What the filter and the indexes have to do with each other.</summary>
    public required FilterAnalysis Analysis { get; init; }

    /// <summary>What an execution is predicted to cost.</summary>
    public required QueryCost Predicted { get; init; }

    /// <summary>What is recorded of the shape; null where it was not asked before.</summary>
    public PlanReport? Recorded { get; init; }

    /// <summary>What the execution did; null unless it was asked for.</summary>
    public ExecutionAnalysis? Actual { get; init; }

    /// <summary>The request as it is, then the alternatives in order; empty unless alternatives were asked for.</summary>
    public IReadOnlyList<AlternativeResult> Alternatives { get; init; } = [];

    /// <summary>The prices used.</summary>
    public required PriceList Prices { get; init; }

    /// <summary>What is legal in the request but probably not meant.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Rows expected.</summary>
/// <param name="Min">There cannot be fewer.</param>
/// <param name="Expected">The estimate.</param>
/// <param name="Max">There cannot be more.</param>
public readonly record struct RowEstimate(long Min, long Expected, long Max);

/// <summary>One step of a plan, over all shards.</summary>
public sealed record ExplainNode
{
    /// <summary>What it does: <c>search</c>, <c>query</c>, <c>flat</c>, <c>hnsw</c>, <c>ivf</c>, <c>sort</c>; of filters <c>index</c>, <c>scan</c>, <c>and</c>, <c>or</c>, <c>not</c>, <c>constant</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The field it is about; null where there is none or several.</summary>
    public string? Field { get; init; }

    /// <summary>The part of the request it does, such as <c>price lt 80</c>.</summary>
    public string? Detail { get; init; }

    /// <summary>Whether an index on the field could do it, and there is none.</summary>
    public bool LacksIndex { get; init; }

    /// <summary>Rows expected of it.</summary>
    public RowEstimate Estimate { get; init; }

    /// <summary>Milliseconds of processor time expected of it, those below included.</summary>
    public double PredictedMs { get; init; }

    /// <summary>Rows that were still in question when it ran; null where that is not counted.</summary>
    public long? InputRows { get; init; }

    /// <summary>Rows that it gave, of those in question; null where it did not run.</summary>
    public long? ActualRows { get; init; }

    /// <summary>Milliseconds that it took, those below included; null where it was not measured by itself.</summary>
    public double? ActualMs { get; init; }

    /// <summary>By what factor the estimate was off, at least 1 (Moerkotte, Neumann and Steidl 2009): of the rows in question as many were expected as of
    /// all, in proportion. Null where it did not run.</summary>
    public double? QError { get; init; }

    /// <summary>The steps that it builds on.</summary>
    public IReadOnlyList<ExplainNode> Children { get; init; } = [];

    /// <summary>The greater of estimate over truth and truth over estimate; both count as 1 where they are less.</summary>
    /// <param name="estimate">The estimate.</param>
    /// <param name="actual">The truth.</param>
    /// <returns>The factor.</returns>
    public static double QErrorOf(double estimate, double actual)
    {
        var (a, b) = (Math.Max(1, estimate), Math.Max(1, actual));
        return Math.Max(a / b, b / a);
    }
}

/// <summary>What a filter asks for, and what indexes have to say to it.</summary>
public sealed record FilterAnalysis
{
    /// <summary>Conditions on fields.</summary>
    public int Conditions { get; init; }

    /// <summary><c>low</c> up to three conditions without <c>or</c> and <c>not</c>, <c>high</c> from ten conditions on or beyond depth 4, else <c>medium</c>.</summary>
    public string Complexity { get; init; } = "low";

    /// <summary>Fields that have an index.</summary>
    public IReadOnlyList<string> Available { get; init; } = [];

    /// <summary>Fields whose index answers a part of the filter.</summary>
    public IReadOnlyList<string> Usable { get; init; } = [];

    /// <summary>Fields of the filter that an index could answer, and have none.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Objects expected to fulfil the filter.</summary>
    public RowEstimate Rows { get; init; }

    /// <summary>Their share of all objects, 0 to 1.</summary>
    public double Selectivity { get; init; } = 1;

    /// <summary>The conditions that must all hold, in the order of least work.</summary>
    public IReadOnlyList<string> FilterOrder { get; init; } = [];
}

/// <summary>One stage of an execution.</summary>
/// <param name="Name"><c>cold</c>, <c>snapshot</c>, <c>vector</c>, <c>rank</c>, <c>read</c>, <c>run</c>.</param>
/// <param name="Ms">Milliseconds.</param>
public readonly record struct ExecutionStage(string Name, double Ms);

/// <summary>What an execution did.</summary>
public sealed record ExecutionAnalysis
{
    /// <summary>Milliseconds in all.</summary>
    public required double Ms { get; init; }

    /// <summary>Its stages in order.</summary>
    public required IReadOnlyList<ExecutionStage> Stages { get; init; }

    /// <summary>Rows returned.</summary>
    public required long Rows { get; init; }

    /// <summary>What the search did; null for queries.</summary>
    public SearchPlan? Search { get; init; }

    /// <summary>Rows looked at.</summary>
    public long Considered { get; init; }

    /// <summary>The slowest place that what was read came from: <c>memory</c> (of the engine itself), a level of the cache (<c>L1</c>, <c>L2</c>,
    /// <c>L3</c>), or the <c>store</c>.</summary>
    public required string CacheTier { get; init; }

    /// <summary>Requests that the engine made of its store, cached ones included.</summary>
    public required long RequestsAsked { get; init; }

    /// <summary>What it cost: requests and bytes that reached the store, processor time, price.</summary>
    public required QueryCost Cost { get; init; }
}

/// <summary>How an alternative did.</summary>
public sealed record AlternativeResult
{
    /// <summary>The alternative; null for the request as it is.</summary>
    public Alternative? Alternative { get; init; }

    /// <summary>Whether it was estimated only, since what it needs is not there.</summary>
    public bool IsHypothetical { get; init; }

    /// <summary>Why it could not be tried; null where it was.</summary>
    public string? Problem { get; init; }

    /// <summary>Share of the exact results found, 0 to 1; null where it was not run.</summary>
    public double? Recall { get; init; }

    /// <summary>Milliseconds, the median of a few runs; null where it was not run.</summary>
    public double? Ms { get; init; }

    /// <summary>Bytes of vectors and codes that it looked at, estimated from what it scored; null where it was not run.</summary>
    public long? Bytes { get; init; }

    /// <summary>Distances computed; null where it was not run.</summary>
    public long? Scored { get; init; }

    /// <summary>Results; null where it was not run.</summary>
    public long? Rows { get; init; }

    /// <summary>What it is predicted to cost; null where that is not known.</summary>
    public QueryCost? Predicted { get; init; }
}
