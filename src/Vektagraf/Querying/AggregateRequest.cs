namespace Vektagraf.Querying;

/// <summary>What to compute over all objects that fulfil a query's filter, whatever page is asked for.</summary>
public sealed record AggregateRequest
{
    /// <summary>Groups and facet values that are returned unless said otherwise.</summary>
    public const int DefaultLimit = 10;

    /// <summary>Most metrics, and most facets, of one request.</summary>
    public const int MaxFields = 64;

    /// <summary>Whether to count the objects.</summary>
    public bool Count { get; init; }

    /// <summary>Fields whose least value is wanted.</summary>
    public IReadOnlyList<string> Min { get; init; } = [];

    /// <summary>Fields whose greatest value is wanted.</summary>
    public IReadOnlyList<string> Max { get; init; } = [];

    /// <summary>Fields whose mean is wanted; what is not a number does not count.</summary>
    public IReadOnlyList<string> Avg { get; init; } = [];

    /// <summary>Fields whose sum is wanted; what is not a number does not count.</summary>
    public IReadOnlyList<string> Sum { get; init; } = [];

    /// <summary>Fields whose values are counted.</summary>
    public IReadOnlyList<FacetRequest> Facets { get; init; } = [];

    /// <summary>The field by whose values the objects are grouped; each group has the metrics asked for. Null for no groups.</summary>
    public FacetRequest? GroupBy { get; init; }
}

/// <summary>The values of a field, those that come most often first.</summary>
/// <param name="Field">The field.</param>
/// <param name="Limit">Most values, 1 to <see cref="Limits.MaxK"/>.</param>
public sealed record FacetRequest(string Field, int Limit = AggregateRequest.DefaultLimit);

/// <summary>What was computed.</summary>
public sealed record AggregateResult
{
    /// <summary>Count of objects; null unless asked for.</summary>
    public long? Count { get; init; }

    /// <summary>The metrics.</summary>
    public required AggregateMetrics Metrics { get; init; }

    /// <summary>Values and how many objects have each, by field.</summary>
    public IReadOnlyList<FacetResult> Facets { get; init; } = [];

    /// <summary>The groups; null unless asked for.</summary>
    public IReadOnlyList<AggregateGroup>? Groups { get; init; }
}

/// <summary>Metrics by field; <see cref="FieldValue.Null"/>, and null, where no object has a value.</summary>
public sealed record AggregateMetrics
{
    /// <summary>Least values.</summary>
    public IReadOnlyList<KeyValuePair<string, FieldValue>> Min { get; init; } = [];

    /// <summary>Greatest values.</summary>
    public IReadOnlyList<KeyValuePair<string, FieldValue>> Max { get; init; } = [];

    /// <summary>Means.</summary>
    public IReadOnlyList<KeyValuePair<string, double?>> Avg { get; init; } = [];

    /// <summary>Sums.</summary>
    public IReadOnlyList<KeyValuePair<string, double?>> Sum { get; init; } = [];
}

/// <summary>The values of one field.</summary>
/// <param name="Field">The field.</param>
/// <param name="Values">The values, most frequent first, then in order.</param>
public sealed record FacetResult(string Field, IReadOnlyList<FacetValue> Values);

/// <summary>One value of a facet.</summary>
/// <param name="Value">The value; of an array, one of its elements.</param>
/// <param name="Count">Objects that have it.</param>
public readonly record struct FacetValue(FieldValue Value, long Count);

/// <summary>The objects that share a value.</summary>
/// <param name="Value">The value; <see cref="FieldValue.Null"/> for objects without one.</param>
/// <param name="Count">How many.</param>
/// <param name="Metrics">Their metrics.</param>
public sealed record AggregateGroup(FieldValue Value, long Count, AggregateMetrics Metrics);
