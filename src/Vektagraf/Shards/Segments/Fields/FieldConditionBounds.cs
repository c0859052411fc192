using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Shards.Segments;

/// <summary>Conditions as sets of keys, and what blocks have in common with them.</summary>
internal static class FieldConditionBounds
{
    /// <summary>Bounds the values that fulfil a condition.</summary>
    /// <param name="condition">A condition on one field, or on an element of it.</param>
    /// <param name="type">The field's type.</param>
    /// <returns>Keys whose values all fulfil it, and keys that have all that do.</returns>
    public static (KeyIntervals Inner, KeyIntervals Outer) Of(FilterExpression condition, FieldType type)
    {
        var min = FieldIndexKey.Min(type);
        switch (condition)
        {
            case FilterNot not:
                var (inner, outer) = Of(not.Operand, type);
                return (outer.Complement(min), inner.Complement(min));
            case FilterAnd and:
                return and.Operands.Select(o => Of(o, type)).Aggregate((a, b) => (a.Inner.Intersect(b.Inner, min), a.Outer.Intersect(b.Outer, min)));
            case FilterOr or:
                return or.Operands.Select(o => Of(o, type)).Aggregate((a, b) => (a.Inner.Union(b.Inner), a.Outer.Union(b.Outer)));
            case FilterConstant constant:
                return Exactly(constant.Value ? KeyIntervals.From(min) : KeyIntervals.None);
            case FilterComparison comparison:
                return OfComparison(comparison, type);
            case FilterIn list when list.Literals.All(l => l.Kind == FieldValueKind.Null || l.Kind == FieldIndexKey.KindOf(type)):
                var keys = list.Literals.Where(l => l.Kind != FieldValueKind.Null).Select(l => FieldIndexKey.Of(l));
                return Exactly(KeyIntervals.Of(keys.Select(k => (k, k.Successor))));
            case FilterStringMatch { Match: FilterStringMatchKind.StartsWith } match when FieldIndexKey.IsText(type):
                return Exactly(KeyIntervals.From(new FieldIndexKey(0, match.Pattern), AfterPrefix(match.Pattern)));
            case FilterGeoDistance distance when type == FieldType.Geo:
                var circle = CircleCover.Of(distance.Center, distance.Kilometres);
                return distance.Operator is FilterOperator.LessThan or FilterOperator.LessOrEqual
                    ? circle
                    : (circle.Outer.Complement(min), circle.Inner.Complement(min));
            default:
                return (KeyIntervals.None, KeyIntervals.From(min));
        }
    }

    /// <summary>How many rows of a block fulfil a condition.</summary>
    public static FieldEstimate Estimate(FieldIndexSection index, int block, KeyIntervals inner, KeyIntervals outer)
    {
        var of = index.Blocks[block];
        var (low, high) = index.BoundsOf(block);
        if (!outer.Overlaps(low, high))
        {
            return default;
        }

        // A block of one value that is known has nothing else.
        if (inner.Covers(low, high) || (of is { Values: 1, BoundIsValue: true } && index.Type != FieldType.Geo && inner.Contains(of.Bound)))
        {
            return new FieldEstimate(of.Rows, of.Rows, of.Rows);
        }

        var least = of.BoundIsValue && index.Type != FieldType.Geo && inner.Contains(of.Bound) ? 1 : 0;
        var parts = outer.Within(low, high).ToList();
        var average = (double)of.Rows / of.Values;
        if (index.Type != FieldType.Geo && parts.TrueForAll(p => p.High == p.Low.Successor))
        {
            return FieldEstimate.Of(least, average * parts.Count, (long)of.MostRows * parts.Count, of.Rows);
        }

        // What is uncertain counts half.
        var share = (parts.Sum(p => Share(index.Type, p, low, high)) + inner.Within(low, high).Sum(p => Share(index.Type, p, low, high))) / 2;
        return FieldEstimate.Of(least, of.Rows * share, of.Rows, of.Rows);
    }

    private static (KeyIntervals Inner, KeyIntervals Outer) OfComparison(FilterComparison comparison, FieldType type)
    {
        var min = FieldIndexKey.Min(type);
        if (comparison.Literal.Kind == FieldValueKind.Null)
        {
            return Exactly(comparison.Operator == FilterOperator.NotEqual ? KeyIntervals.From(min) : KeyIntervals.None);
        }

        if (comparison.Literal.Kind != FieldIndexKey.KindOf(type))
        {
            return (KeyIntervals.None, KeyIntervals.From(min));
        }

        var key = FieldIndexKey.Of(comparison.Literal);
        return Exactly(comparison.Operator switch
        {
            FilterOperator.Equal => KeyIntervals.Point(key),
            FilterOperator.NotEqual => KeyIntervals.Point(key).Complement(min),
            FilterOperator.LessThan => KeyIntervals.From(min, key),
            FilterOperator.LessOrEqual => KeyIntervals.From(min, key.Successor),
            FilterOperator.GreaterOrEqual => KeyIntervals.From(key),
            _ => key.Successor is { } next ? KeyIntervals.From(next) : KeyIntervals.None,
        });
    }

    private static (KeyIntervals Inner, KeyIntervals Outer) Exactly(KeyIntervals keys) => (keys, keys);

    /// <summary>The smallest text above all that start with a prefix: its last character that can be raised, raised.</summary>
    private static FieldIndexKey? AfterPrefix(string prefix)
    {
        var kept = prefix.AsSpan().TrimEnd('\uFFFF');
        return kept.IsEmpty ? null : new FieldIndexKey(0, string.Concat(kept[..^1], [(char)(kept[^1] + 1)]));
    }

    /// <summary>The share of a block that a part of its interval has, if its values lie evenly.</summary>
    private static double Share(FieldType type, (FieldIndexKey Low, FieldIndexKey? High) part, FieldIndexKey low, FieldIndexKey? high)
    {
        if (part.Low == low && part.High == high)
        {
            return 1;
        }

        var (from, to) = (Place(type, low), Place(type, high));
        var (start, end) = (Place(type, part.Low), Place(type, part.High));
        if (low.Text is not null && high?.Text is { } last)
        {
            var digits = TextDigits.Between(low.Text, last);
            (from, to, start, end) = (digits.Place(low.Text), digits.Place(last), digits.Place(part.Low.Text!), digits.Place(part.High?.Text ?? last));
        }

        return to > from ? Math.Clamp((end - start) / (to - from), 0, 1) : 0.5;
    }

    // A text without an upper bound has no place.
    private static double Place(FieldType type, FieldIndexKey? key) =>
        type == FieldType.Number ? Math.Clamp(key?.ToNumber() ?? double.MaxValue, double.MinValue, double.MaxValue) / 4 : key?.Bits ?? ulong.MaxValue;
}
