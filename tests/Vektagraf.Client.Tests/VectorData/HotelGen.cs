using System.Linq.Expressions;
using CsCheck;
using Filter = System.Linq.Expressions.Expression<System.Func<Vektagraf.Client.Tests.VectorData.Hotel, bool>>;

namespace Vektagraf.Client.Tests.VectorData;

/// <summary>Hotels from small ranges, so that conditions meet, and filters over them.</summary>
internal static class HotelGen
{
    private static readonly Gen<string> Text = Gen.OneOf("", "a", "ab", "abc", "b", "O'Hara", "Ö\"x\"", "and", "100%", "日本");
    private static readonly Gen<string[]> Texts = Text.Array[0, 3];
    private static readonly Gen<int> Small = Gen.Int[-2, 3];
    private static readonly Gen<double> Real = Gen.OneOf(-1.5, 0d, 0.1, 0.1f, 1 / 3d, 2d, 1e20);
    private static readonly Gen<float> Single = Gen.OneOf(-1.5f, 0f, 0.1f, 1 / 3f, 2f);
    private static readonly Gen<decimal> Money = Gen.OneOf(-1.5m, 0m, 0.1m, 9.99m, 10.00m);
    private static readonly Gen<long> Long = Gen.OneOf(0L, 1L, -5L, 1L << 52);
    private static readonly Gen<Guid> Owners = Gen.Int[0, 2].Select(i => new Guid(i, 0, 0, new byte[8]));
    private static readonly Gen<DateTime> Times = Gen.Int[0, 3].Select(i => new DateTime(2024, 1, 31, 23, 59, 59, DateTimeKind.Utc).AddTicks(i * 3));
    private static readonly Gen<DateTimeOffset> Moments = Gen.Select(Times, Gen.Int[-3, 3], (t, hours) => new DateTimeOffset(t).ToOffset(TimeSpan.FromHours(hours)));
    private static readonly Gen<DateOnly> Days = Gen.Int[0, 3].Select(i => new DateOnly(1999, 12, 30).AddDays(i));

    private static readonly Gen<Hotel> WithoutDates = Gen.Select(
        Gen.Select(Text, Text.Null(), Small, Small.Nullable(), Long, Single),
        Gen.Select(Real.Nullable(), Money, Gen.Bool, Gen.Bool.Nullable(), Owners),
        (a, b) => new Hotel
        {
            Name = a.Item1,
            City = a.Item2,
            Stars = a.Item3,
            Rooms = a.Item4,
            Revenue = a.Item5,
            Rating = a.Item6,
            Distance = b.Item1,
            Price = b.Item2,
            Open = b.Item3,
            Renovated = b.Item4,
            Owner = b.Item5,
        });

    /// <summary>A hotel without its key.</summary>
    public static readonly Gen<Hotel> Hotels = Gen.Select(WithoutDates, Moments, Times.Nullable(), Days, Texts, Texts.Null(), (hotel, listed, updated, founded, tags, languages) =>
    {
        (hotel.Listed, hotel.Updated, hotel.Founded, hotel.Tags, hotel.Languages) = (listed, updated, founded, tags, languages?.ToList());
        return hotel;
    });

    /// <summary>A filter of up to a dozen conditions.</summary>
    public static readonly Gen<Filter> Filters = Gen.Recursive<Filter>((depth, inner) => depth > 3
        ? Gen.OneOf(Leaves)
        : Gen.Frequency(
            (3, Gen.OneOf(Leaves)),
            (2, Gen.Select(inner, inner, (a, b) => Combine(a, b, Expression.AndAlso))),
            (2, Gen.Select(inner, inner, (a, b) => Combine(a, b, Expression.OrElse))),
            (1, inner.Select(a => Expression.Lambda<Func<Hotel, bool>>(Expression.Not(a.Body), a.Parameters)))));

    // C# throws where a method is called on null; hence the guards, which the filters have to take along.
    private static Gen<Filter>[] Leaves =>
    [
        .. Comparisons(h => h.Stars, Small),
        .. Comparisons(h => h.Rooms, Small.Nullable()),
        .. Comparisons(h => h.Revenue, Long),
        .. Comparisons(h => h.Rating, Single),
        .. Comparisons(h => h.Distance, Gen.OneOf(Real, Gen.OneOf(double.NaN, double.PositiveInfinity, double.NegativeInfinity)).Nullable()),
        .. Comparisons(h => h.Price, Money),
        .. Comparisons(h => h.Listed, Moments),
        .. Comparisons(h => h.Updated, Times.Nullable()),
        .. Comparisons(h => h.Founded, Days),
        .. Equalities(h => h.Name, Text),
        .. Equalities(h => h.City, Text.Null()),
        .. Equalities(h => h.Owner, Owners),
        .. Equalities(h => h.Open, Gen.Bool),
        .. Equalities(h => h.Renovated, Gen.Bool.Nullable()),
        .. Equalities(h => h.Key, Gen.Int[0, 5].Select(i => "h" + i)),
        Gen.Const<Filter>(h => h.Open),
        Gen.Const<Filter>(h => !h.Open),
        Gen.Const<Filter>(h => h.Rooms.HasValue && h.Rooms.Value > 0),
        Gen.Const<Filter>(h => h.Languages == null),
        Gen.Bool.Select(b => (Filter)(h => b)),
        Gen.Bool.Select(b => (Filter)(h => h.Stars > 1 == b)),
        Text.Select(t => (Filter)(h => h.Name.Contains(t))),
        Text.Select(t => (Filter)(h => h.Name.StartsWith(t, StringComparison.Ordinal))),
        Text.Select(t => (Filter)(h => h.Name.EndsWith(t, StringComparison.Ordinal))),
        Gen.OneOf('a', '\'').Select(c => (Filter)(h => h.Name.Contains(c) || h.Name.StartsWith(c) || h.Name.EndsWith(c))),
        Text.Select(t => (Filter)(h => h.Name.Equals(t))),
        Text.Select(t => (Filter)(h => h.City != null && h.City.Contains(t))),
        Text.Select(t => (Filter)(h => h.Tags.Contains(t))),
        Text.Select(t => (Filter)(h => h.Languages != null && h.Languages.Contains(t))),
        Text.Select(t => (Filter)(h => h.Tags.Any(e => e.StartsWith(t, StringComparison.Ordinal) || e == "b"))),
        Text.Select(t => (Filter)(h => h.Tags.All(e => e != t))),
        Gen.Const<Filter>(h => h.Tags.Any()),
        Texts.Select(list => (Filter)(h => h.Tags.Any(e => list.Contains(e)))),
        Texts.Select(list => (Filter)(h => list.Contains(h.Name))),
        Text.Null().List[0, 3].Select(list => (Filter)(h => list.Contains(h.City))),
        Small.Array[0, 3].Select(list => (Filter)(h => list.Contains(h.Stars))),
        Small.Nullable().List[0, 3].Select(list => (Filter)(h => list.Contains(h.Rooms))),
        Gen.Const<Filter>(h => new[] { "a", "b" }.Contains(h.Name)),
    ];

    private static IEnumerable<Gen<Filter>> Comparisons<T>(Expression<Func<Hotel, T>> property, Gen<T> values) =>
    [
        .. Equalities(property, values),
        Compare(property, values, Expression.LessThan),
        Compare(property, values, Expression.LessThanOrEqual),
        Compare(property, values, Expression.GreaterThan),
        Compare(property, values, Expression.GreaterThanOrEqual),
    ];

    private static IEnumerable<Gen<Filter>> Equalities<T>(Expression<Func<Hotel, T>> property, Gen<T> values) =>
    [
        Compare(property, values, Expression.Equal),
        Compare(property, values, Expression.NotEqual),
    ];

    /// <summary>property op value or, as often, value op property.</summary>
    private static Gen<Filter> Compare<T>(Expression<Func<Hotel, T>> property, Gen<T> values, Func<Expression, Expression, BinaryExpression> op) =>
        Gen.Select(values, Gen.Bool, (value, mirrored) =>
        {
            var constant = Expression.Constant(value, typeof(T));
            var body = mirrored ? op(constant, property.Body) : op(property.Body, constant);
            return Expression.Lambda<Func<Hotel, bool>>(body, property.Parameters);
        });

    private static Filter Combine(Filter left, Filter right, Func<Expression, Expression, BinaryExpression> op) =>
        Expression.Lambda<Func<Hotel, bool>>(op(left.Body, new Renaming(right.Parameters[0], left.Parameters[0]).Visit(right.Body)), left.Parameters);

    private sealed class Renaming(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }
}
