using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Shards.Segments;

/// <summary>
/// A condition on one indexed field. Two sets of keys bound the values that fulfil it: all within the inner one do, none outside the outer
/// one does. Whole blocks are taken or left by them, and only the values of the others are tested, by the filter itself.
/// </summary>
internal sealed class FieldCondition
{
    private readonly FilterProgram? _program;
    private readonly KeyIntervals _inner;
    private readonly KeyIntervals _outer;

    private FieldCondition(FieldIndexSection index, FilterProgram? program, (KeyIntervals Inner, KeyIntervals Outer) bounds, bool matchesMissing, bool isNegated)
    {
        Index = index;
        _program = program;
        (_inner, _outer) = bounds;
        MatchesMissing = matchesMissing;
        IsNegated = isNegated;
    }

    /// <summary>The index asked.</summary>
    public FieldIndexSection Index { get; }

    /// <summary>Whether rows without a value are found.</summary>
    public bool MatchesMissing { get; }

    /// <summary>Whether what is found are the rows that do not fulfil the condition, because they take less to read.</summary>
    public bool IsNegated { get; }

    /// <summary>A condition on a field that has one value or none.</summary>
    public static FieldCondition OnValue(FieldIndexSection index, FilterExpression condition)
    {
        var program = FilterProgram.Compile(condition, _ => 0);
        return new FieldCondition(index, program, FieldConditionBounds.Of(condition, index.Type), program.Matches(new OneValue(FieldValue.Null)), false);
    }

    /// <summary>The condition that some element of an array fulfils another one.</summary>
    /// <param name="index">The array's index.</param>
    /// <param name="condition">The other one; null for any element.</param>
    public static FieldCondition OnAnyElement(FieldIndexSection index, FilterExpression? condition)
    {
        condition ??= new FilterConstant(true);
        return new FieldCondition(index, FilterProgram.Compile(condition, _ => 0), FieldConditionBounds.Of(condition, index.Type), false, false);
    }

    /// <summary>The condition that the field has no value.</summary>
    public static FieldCondition OnMissing(FieldIndexSection index) => new(index, null, (KeyIntervals.None, KeyIntervals.None), true, false);

    /// <summary>The same condition, to be answered by what does not fulfil it; only where a row has at most one value.</summary>
    public FieldCondition Negate()
    {
        var min = FieldIndexKey.Min(Index.Type);
        return new FieldCondition(Index, _program, (_outer.Complement(min), _inner.Complement(min)), !MatchesMissing, !IsNegated);
    }

    /// <summary>Whether a value is among those looked for.</summary>
    public bool IsWanted(FieldValue value) => _program is not null && _program.Matches(new OneValue(value)) != IsNegated;

    /// <summary>Kind and number of each block to read.</summary>
    public IEnumerable<(ushort Kind, int Number)> Blocks()
    {
        for (var i = 0; i < Index.Blocks.Count; i++)
        {
            var (low, high) = Index.BoundsOf(i);
            if (_outer.Overlaps(low, high))
            {
                var isWhole = Index.Blocks[i].Values > 1 && _inner.Covers(low, high);
                yield return (isWhole ? SegmentLayout.IndexRows : SegmentLayout.IndexEntries, SegmentLayout.Number(Index.Number, i));
            }
        }
    }

    /// <summary>How many rows fulfil the condition.</summary>
    /// <param name="liveRows">Rows of the segment that are no tombstones.</param>
    public FieldEstimate Estimate(int liveRows)
    {
        long min = 0, max = 0;
        var (expected, without) = (0.0, 1.0);
        for (var i = 0; i < Index.Blocks.Count; i++)
        {
            var block = FieldConditionBounds.Estimate(Index, i, _inner, _outer);
            min = Index.IsMultiValued ? Math.Max(min, block.Min) : min + block.Min;
            max += block.Max;
            expected += block.Expected;
            without *= 1 - (Index.ValuedRows == 0 ? 0 : (double)block.Expected / Index.ValuedRows);
        }

        // A row of several values may be in several blocks.
        expected = Index.IsMultiValued ? Index.ValuedRows * (1 - without) : expected;
        var missing = MatchesMissing ? liveRows - Index.ValuedRows : 0;
        var found = FieldEstimate.Of(min + missing, expected + missing, Math.Min(max, Index.ValuedRows) + missing, liveRows);
        return IsNegated ? found.Not(liveRows) : found;
    }

    private readonly struct OneValue(FieldValue value) : IFieldReader
    {
        public FieldValue Read(int fieldIndex) => value;
    }
}
