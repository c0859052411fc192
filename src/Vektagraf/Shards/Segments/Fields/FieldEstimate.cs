namespace Vektagraf.Shards.Segments;

/// <summary>How many rows of a segment fulfil a condition, as far as the metadata tells.</summary>
/// <param name="Min">Not fewer.</param>
/// <param name="Expected">The likeliest count, between both.</param>
/// <param name="Max">Not more.</param>
public readonly record struct FieldEstimate(int Min, int Expected, int Max)
{
    /// <summary>An estimate in whole rows that keeps its order.</summary>
    internal static FieldEstimate Of(long min, double expected, long max, int rows)
    {
        var most = (int)Math.Clamp(max, 0, rows);
        var least = (int)Math.Clamp(min, 0, most);
        return new FieldEstimate(least, (int)Math.Clamp(Math.Round(expected), least, most), most);
    }

    /// <summary>Of the rows that do not fulfil it.</summary>
    internal FieldEstimate Not(int rows) => new(rows - Max, rows - Expected, rows - Min);

    /// <summary>Of rows that fulfil all conditions, taken as independent where nothing is known.</summary>
    internal static FieldEstimate And(IReadOnlyList<FieldEstimate> all, int rows)
    {
        var least = all.Sum(e => (long)e.Min) - ((all.Count - 1L) * rows);
        var expected = all.Aggregate((double)rows, (product, e) => rows == 0 ? 0 : product * e.Expected / rows);
        return Of(least, expected, all.Min(e => e.Max), rows);
    }

    /// <summary>Of rows that fulfil any condition.</summary>
    internal static FieldEstimate Or(IReadOnlyList<FieldEstimate> any, int rows) =>
        And([.. any.Select(e => e.Not(rows))], rows).Not(rows);
}
