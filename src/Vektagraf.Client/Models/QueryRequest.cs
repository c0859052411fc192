namespace Vektagraf.Client;

/// <summary>A query for the objects that fulfil a filter.</summary>
public sealed record QueryRequest
{
    /// <summary>The filter; null for all objects.</summary>
    public string? Filter { get; init; }

    /// <summary>Order of the results, the most significant key first, such as <c>price desc</c>; ties and no order at all go by id.</summary>
    public IReadOnlyList<string>? OrderBy { get; init; }

    /// <summary>Page size, 1 to 10,000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>The cursor of the page before; null for the first page.</summary>
    public string? Cursor { get; init; }

    /// <summary>Properties wanted; null for all.</summary>
    public IReadOnlyList<string>? Select { get; init; }

    /// <summary>Whether results carry their vectors.</summary>
    public bool IncludeVectors { get; init; }

    /// <summary>How fresh the first page must be; later pages read the same snapshot. Null for strong.</summary>
    public ReadConsistency? Consistency { get; init; }
}

/// <summary>One page of a query's answer.</summary>
public sealed record QueryPage
{
    /// <summary>The objects in order.</summary>
    public IReadOnlyList<VektagrafObject> Results { get; init => field = value ?? []; } = [];

    /// <summary>For the next page; null on the last.</summary>
    public string? Cursor { get; init; }

    /// <summary>Time the server took, in milliseconds.</summary>
    public double TookMs { get; init; }

    /// <summary>Token of the data queried.</summary>
    public string Session { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>What is legal in the request but probably not meant.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = value ?? []; } = [];
}
