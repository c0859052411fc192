using System.Globalization;
using System.Text;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Optimisation;

/// <summary>Kinds of requests that are planned.</summary>
public enum RequestKind
{
    /// <summary>A search: results are ranked.</summary>
    Search,

    /// <summary>A query: results fulfil a filter.</summary>
    Query,
}

/// <summary>How a search gives its query vector.</summary>
public enum VectorSource
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>By value.</summary>
    Value,

    /// <summary>As a text to be embedded.</summary>
    Text,

    /// <summary>As the id of an object.</summary>
    Id,
}

/// <summary>
/// What decides how a request is run, apart from its literals: filter, order, vector field, text fields, sparse field, bands of k and of the wanted recall. What is
/// selected and how fresh the data must be is not part of it. Requests of one shape share a plan and its statistics.
/// </summary>
public readonly record struct RequestShape
{
    // Recalls up to the first, up to the second and so on are planned alike.
    private static ReadOnlySpan<double> RecallBands => [0.9, 0.95, 0.99, 0.999];

    /// <summary>Search or query.</summary>
    public required RequestKind Kind { get; init; }

    /// <summary>The filter, bound to the collection; null for none.</summary>
    public FilterExpression? Filter { get; init; }

    /// <summary>The order of a query.</summary>
    public IReadOnlyList<OrderByTerm>? Order { get; init; }

    /// <summary>The vector field; null without one.</summary>
    public string? VectorField { get; init; }

    /// <summary>How the query vector is given.</summary>
    public VectorSource Vector { get; init; }

    /// <summary>The text fields searched; null for no text.</summary>
    public IReadOnlyList<string>? TextFields { get; init; }

    /// <summary>The sparse field searched; null without one.</summary>
    public string? SparseField { get; init; }

    /// <summary>Results wanted, with those skipped: offset + k, or the limit.</summary>
    public int Depth { get; init; }

    /// <summary>The recall wanted; 1 for an exact search.</summary>
    public double Recall { get; init; }

    /// <summary>Whether the request states search parameters.</summary>
    public bool HasParameters { get; init; }

    /// <summary>Whether there is a least score.</summary>
    public bool HasMinScore { get; init; }

    /// <summary>Whether results are to be unlike each other.</summary>
    public bool IsDiverse { get; init; }

    /// <summary>Whether aggregates are computed.</summary>
    public bool HasAggregates { get; init; }

    /// <summary>The field grouped by; null for none.</summary>
    public string? GroupBy { get; init; }

    /// <summary>The band that a depth is in: 0 for 1, 1 up to 10, 2 up to 100 and so on.</summary>
    /// <param name="depth">Results wanted.</param>
    /// <returns>The band.</returns>
    public static int DepthBand(int depth) => depth switch { <= 1 => 0, <= 10 => 1, <= 100 => 2, <= 1_000 => 3, _ => 4 };

    /// <summary>The signature. Allocates nothing.</summary>
    /// <returns>Equal for requests of one shape.</returns>
    public QuerySignature Signature()
    {
        var hash = new ShapeHash();
        hash.Add((int)Kind);
        hash.Add(Filter is null ? UInt128.Zero : FilterShape.Hash(Filter));
        hash.Add(Order?.Count ?? 0);
        for (var i = 0; i < Order?.Count; i++)
        {
            FilterShape.Add(ref hash, Order[i].Path);
            hash.Add(Order[i].Descending ? 1 : 0);
        }

        hash.Add(VectorField);
        hash.Add((int)Vector);
        hash.Add(TextFields?.Count ?? -1);
        var fields = UInt128.Zero;
        for (var i = 0; i < TextFields?.Count; i++)
        {
            fields += HashOf(TextFields[i]);
        }

        hash.Add(fields);
        if (SparseField is not null)
        {
            // Only then, so that shapes without one keep the signatures they were recorded by.
            hash.Add("sparse");
            hash.Add(SparseField);
        }

        hash.Add(DepthBand(Depth));
        hash.Add(RecallBand);
        hash.Add((HasParameters ? 1 : 0) + (HasMinScore ? 2 : 0) + (IsDiverse ? 4 : 0) + (HasAggregates ? 8 : 0));
        hash.Add(GroupBy);
        return new QuerySignature(hash.Finish());
    }

    /// <summary>The shape for people.</summary>
    /// <returns>Such as <c>search embedding ≤10 recall 0.95 where price lt ?number</c>; equal for requests of one shape.</returns>
    public string Text()
    {
        var text = new StringBuilder(Kind == RequestKind.Search ? "search" : "query");
        if (VectorField is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $" {Quote(VectorField)} by {Vector.ToString().ToLowerInvariant()}");
        }

        if (TextFields is not null)
        {
            text.Append(" text (").AppendJoin(", ", TextFields.Select(Quote).Order(StringComparer.Ordinal)).Append(')');
        }

        if (SparseField is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $" sparse {Quote(SparseField)}");
        }

        text.Append(CultureInfo.InvariantCulture, $" top {DepthBand(Depth) switch { 0 => "1", 1 => "10", 2 => "100", 3 => "1000", _ => ">1000" }}");
        if (Kind == RequestKind.Search)
        {
            text.Append(HasParameters ? " with parameters" : string.Empty).Append(CultureInfo.InvariantCulture, $" recall {RecallText}");
        }

        text.Append(HasMinScore ? " minScore ?" : string.Empty).Append(IsDiverse ? " diverse" : string.Empty).Append(HasAggregates ? " aggregates" : string.Empty);
        text.Append(GroupBy is null ? string.Empty : " group by " + Quote(GroupBy));
        text.Append(Filter is null ? string.Empty : " where " + FilterShape.Text(Filter));
        if (Order is { Count: > 0 })
        {
            text.Append(" order by ").AppendJoin(", ", Order);
        }

        return text.ToString();
    }

    private int RecallBand
    {
        get
        {
            var band = Recall >= 1 ? RecallBands.Length + 1 : 0;
            while (band < RecallBands.Length && Recall > RecallBands[band])
            {
                band++;
            }

            return Kind == RequestKind.Query ? -1 : band;
        }
    }

    private string RecallText => RecallBand switch
    {
        var band when band < RecallBands.Length => "≤" + RecallBands[band].ToString(CultureInfo.InvariantCulture),
        var band when band == RecallBands.Length => ">" + RecallBands[^1].ToString(CultureInfo.InvariantCulture),
        _ => "1",
    };

    private static UInt128 HashOf(string text)
    {
        var hash = new ShapeHash();
        hash.Add(text);
        return hash.Finish();
    }

    private static string Quote(string name) => FilterLexer.IsPlainName(name) ? name : "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
