using System.Globalization;
using CsCheck;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

/// <summary>The evaluator against a naive reading of docs/filters.md that shares no code with it.</summary>
public class FilterModelTests
{
    [Fact]
    public void Matches_OnRandomObjects_AgreesWithTheModel()
    {
        int matched = 0;
        int total = 0;
        Gen.Select(FilterWorld.Filters, FilterWorld.Objects.Array[1, 8]).Sample(
            (filter, objects) =>
            {
                FilterBinding binding = FilterBinder.Bind(filter, FilterWorld.Collection);
                foreach (FilterObject o in objects)
                {
                    bool expected = Holds(filter, o, element: null);
                    Assert.True(expected == o.Matches(binding), $"{filter} on {o} should be {expected}");
                    Interlocked.Add(ref matched, expected ? 1 : 0);
                    Interlocked.Increment(ref total);
                }
            },
            iter: 8_000,
            print: pair => $"{pair.Item1} on {string.Join("; ", pair.Item2.Select(o => o.ToString()))}");

        // A generator whose filters nearly always agree trivially would test nothing.
        Assert.InRange((double)matched / total, 0.2, 0.8);
    }

    [Fact]
    public void Matches_AfterCanonicalText_IsTheSame() =>
        Gen.Select(FilterWorld.Filters, FilterWorld.Objects).Sample(
            (filter, o) =>
            {
                FilterBinding direct = FilterBinder.Bind(filter, FilterWorld.Collection);
                FilterBinding parsed = FilterBinder.Bind(FilterParser.Parse(direct.Expression.ToString()), FilterWorld.Collection);
                Assert.Equal(o.Matches(direct), o.Matches(parsed));
            },
            iter: 2_000,
            print: pair => $"{pair.Item1} on {pair.Item2}");

    private static bool Holds(FilterExpression filter, FilterObject o, string? element) => filter switch
    {
        FilterConstant constant => constant.Value,
        FilterNot not => !Holds(not.Operand, o, element),
        FilterAnd and => and.Operands.All(operand => Holds(operand, o, element)),
        FilterOr or => or.Operands.Any(operand => Holds(operand, o, element)),
        FilterComparison { Operator: FilterOperator.Equal } c => Same(Fetch(c.Operand, o, element), c.Literal),
        FilterComparison { Operator: FilterOperator.NotEqual } c => !Same(Fetch(c.Operand, o, element), c.Literal),
        FilterComparison c => Ordered(Order(Fetch(c.Operand, o, element), c.Literal), c.Operator),
        FilterIn list => list.Literals.Any(literal => Same(Fetch(list.Operand, o, element), literal)),
        FilterStringMatch m => Fetch(m.Operand, o, element) is string text && m.Match switch
        {
            FilterStringMatchKind.StartsWith => text.Length >= m.Pattern.Length && text[..m.Pattern.Length] == m.Pattern,
            FilterStringMatchKind.EndsWith => text.Length >= m.Pattern.Length && text[(text.Length - m.Pattern.Length)..] == m.Pattern,
            _ => text.Contains(m.Pattern, StringComparison.Ordinal),
        },
        FilterGeoDistance d => Fetch(d.Path, o, element) is (double longitude, double latitude) &&
            Ordered(Chord(longitude, latitude, d.Center).CompareTo(d.Kilometres), d.Operator),
        FilterQuantifier q => HoldsForElements(q, Fetch(q.Path, o, element) as string[] ?? [], o),
        _ => throw new InvalidOperationException(filter.ToString()),
    };

    private static bool HoldsForElements(FilterQuantifier quantifier, string[] elements, FilterObject o) => quantifier switch
    {
        { Condition: null } => elements.Length > 0,
        { Kind: FilterQuantifierKind.Any } => elements.Any(element => Holds(quantifier.Condition, o, element)),
        _ => elements.All(element => Holds(quantifier.Condition, o, element)),
    };

    /// <summary>null, string, double, bool, DateTimeOffset, string[] or (longitude, latitude); anything else as it is.</summary>
    private static object? Fetch(FilterOperand operand, FilterObject o, string? element)
    {
        if (operand is not FilterPath path)
        {
            return element;
        }

        if (path.Kind != FilterPathKind.Property)
        {
            return path.Kind == FilterPathKind.Id ? o.Id : o.Type;
        }

        object? value = o.Properties;
        foreach (string name in path.Segments)
        {
            value = value is Dictionary<string, object?> parent && parent.TryGetValue(name, out object? child) ? child : null;
        }

        return value switch
        {
            string text when path.Segments[0] == "released" => Moment(text),
            object?[] array when array.All(item => item is string) => array.Cast<string>().ToArray(),
            Dictionary<string, object?> point when point.TryGetValue("type", out object? type) && type is "Point" =>
                ((double)((object?[])point["coordinates"]!)[0]!, (double)((object?[])point["coordinates"]!)[1]!),
            _ => value,
        };
    }

    private static DateTimeOffset? Moment(string text) =>
        text.Length >= 10 &&
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment)
            ? moment
            : null;

    private static bool Same(object? value, FieldValue literal) =>
        literal.Kind == FieldValueKind.Null ? value is null : value is not null && Order(value, literal) == 0;

    /// <summary>How a value compares with a literal; null when it does not.</summary>
    private static int? Order(object? value, FieldValue literal) => (value, literal.Kind) switch
    {
        (string text, FieldValueKind.String) => string.CompareOrdinal(text, literal.AsString),
        (double number, FieldValueKind.Number) => number.CompareTo(literal.AsNumber),
        (bool truth, FieldValueKind.Boolean) => truth == literal.AsBoolean ? 0 : 1,
        (DateTimeOffset moment, FieldValueKind.DateTime) => moment.UtcTicks.CompareTo(literal.AsUtcTicks),
        (DateTimeOffset moment, FieldValueKind.String) => Moment(literal.AsString) is { } other ? moment.CompareTo(other) : null,
        (string text, FieldValueKind.DateTime) => Moment(text) is { } moment ? moment.UtcTicks.CompareTo(literal.AsUtcTicks) : null,
        _ => null,
    };

    private static bool Ordered(int? order, FilterOperator operation) => operation switch
    {
        FilterOperator.GreaterThan => order > 0,
        FilterOperator.GreaterOrEqual => order >= 0,
        FilterOperator.LessThan => order < 0,
        _ => order <= 0,
    };

    /// <summary>The distance by the angle between two vectors, not by haversine.</summary>
    private static double Chord(double longitude, double latitude, FieldValue center)
    {
        (double x1, double y1, double z1) = Vector(longitude, latitude);
        (double x2, double y2, double z2) = Vector(center.Longitude, center.Latitude);
        double half = Math.Sqrt(((x1 - x2) * (x1 - x2)) + ((y1 - y2) * (y1 - y2)) + ((z1 - z2) * (z1 - z2))) / 2;
        return 2 * 6371.0088 * Math.Asin(Math.Min(1, half));
    }

    private static (double X, double Y, double Z) Vector(double longitude, double latitude)
    {
        (double sinLongitude, double cosLongitude) = Math.SinCos(longitude * Math.PI / 180);
        (double sinLatitude, double cosLatitude) = Math.SinCos(latitude * Math.PI / 180);
        return (cosLatitude * cosLongitude, cosLatitude * sinLongitude, sinLatitude);
    }
}
