namespace Vektagraf.Querying;

/// <summary>
/// The total order of orderings. Ascending: false before true, then numbers, datetimes, strings (ordinal, by UTF-16 code units),
/// arrays of strings (element by element, a prefix first), points (longitude, then latitude), what cannot be compared, and missing
/// values last. Descending is the exact reverse, so missing values come first.
/// </summary>
public sealed class FieldValueComparer : IComparer<FieldValue>
{
    private readonly int _sign;

    private FieldValueComparer(int sign) => _sign = sign;

    /// <summary>Least first, missing values last.</summary>
    public static FieldValueComparer Ascending { get; } = new(1);

    /// <summary>Missing values first, then greatest first.</summary>
    public static FieldValueComparer Descending { get; } = new(-1);

    /// <inheritdoc/>
    public int Compare(FieldValue x, FieldValue y) => _sign * CompareAscending(in x, in y);

    private static int CompareAscending(in FieldValue x, in FieldValue y)
    {
        if (x.Kind != y.Kind)
        {
            return Rank(x.Kind).CompareTo(Rank(y.Kind));
        }

        return x.Kind switch
        {
            FieldValueKind.Boolean => x.AsBoolean.CompareTo(y.AsBoolean),
            FieldValueKind.Number => x.AsNumber.CompareTo(y.AsNumber),
            FieldValueKind.DateTime => x.AsUtcTicks.CompareTo(y.AsUtcTicks),
            // Only the sign: ordinal comparison answers with a difference, whose negation could overflow.
            FieldValueKind.String => Math.Sign(string.CompareOrdinal(x.AsString, y.AsString)),
            FieldValueKind.StringArray => CompareArrays(x.AsStringArray, y.AsStringArray),
            FieldValueKind.Geo when x.Longitude.Equals(y.Longitude) => x.Latitude.CompareTo(y.Latitude),
            FieldValueKind.Geo => x.Longitude.CompareTo(y.Longitude),
            _ => 0,
        };
    }

    private static int CompareArrays(IReadOnlyList<string> x, IReadOnlyList<string> y)
    {
        for (int i = 0; i < x.Count && i < y.Count; i++)
        {
            int order = Math.Sign(string.CompareOrdinal(x[i], y[i]));
            if (order != 0)
            {
                return order;
            }
        }

        return x.Count.CompareTo(y.Count);
    }

    private static int Rank(FieldValueKind kind) => kind switch
    {
        FieldValueKind.Boolean => 0,
        FieldValueKind.Number => 1,
        FieldValueKind.DateTime => 2,
        FieldValueKind.String => 3,
        FieldValueKind.StringArray => 4,
        FieldValueKind.Geo => 5,
        FieldValueKind.Other => 6,
        _ => 7,
    };
}
