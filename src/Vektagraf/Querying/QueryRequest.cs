using Vektagraf.Collections;
using Vektagraf.Shards;

namespace Vektagraf.Querying;

/// <summary>A query for the objects that fulfil a filter.</summary>
public sealed record QueryRequest
{
    /// <summary>Default page size.</summary>
    public const int DefaultLimit = 100;

    /// <summary>The filter; null for all objects.</summary>
    public string? Filter { get; init; }

    /// <summary>Order of the results, such as <c>price desc</c>; ties and no order at all go by id.</summary>
    public IReadOnlyList<string> OrderBy { get; init; } = [];

    /// <summary>Page size, 1 to <see cref="Limits.MaxK"/>; with <see cref="Aggregate"/> also 0, for no results.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>The cursor of the page before; null for the first page.</summary>
    public string? Cursor { get; init; }

    /// <summary>Whether results carry their vectors.</summary>
    public bool IncludeVectors { get; init; }

    /// <summary>What to compute over all objects that fulfil the filter; null for nothing.</summary>
    public AggregateRequest? Aggregate { get; init; }

    /// <summary>How fresh the first page must be; later pages read the same snapshot.</summary>
    public ReadConsistency Consistency { get; init; }
}

/// <summary>One page of a query's answer.</summary>
/// <param name="Results">The objects in order.</param>
/// <param name="Cursor">For the next page; null on the last.</param>
/// <param name="Session">Token of the data queried.</param>
/// <param name="Warnings">What is legal in the request but probably not meant.</param>
public sealed record QueryResponse(IReadOnlyList<StoredObject> Results, string? Cursor, string Session, IReadOnlyList<string> Warnings)
{
    /// <summary>What was computed over all objects that fulfil the filter; null unless asked for.</summary>
    public AggregateResult? Aggregates { get; init; }

    /// <summary>Rows looked at.</summary>
    internal long Considered { get; init; }
}
