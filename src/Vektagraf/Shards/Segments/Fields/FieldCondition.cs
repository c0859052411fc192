using Vektagraf.Collections;
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

    private FieldCondition(FilterPath path, FieldType type, FilterProgram? program, (KeyIntervals Inner, KeyIntervals Outer) bounds, bool matchesMissing, bool isNegated)
    {
        Path = path;
        Type = type;
        _program = program;
        (Inner, Outer) = bounds;
        IsExact = Inner.HasSameKeys(Outer);
        MatchesMissing = matchesMissing;
        IsNegated = isNegated;
    }

    /// <summary>The field.</summary>
    public FilterPath Path { get; }

    /// <summary>What the field is indexed as.</summary>
    public FieldType Type { get; }

    /// <summary>All values within fulfil the condition.</summary>
    public KeyIntervals Inner { get; }

    /// <summary>No value outside fulfils the condition.</summary>
    public KeyIntervals Outer { get; }

    /// <summary>Whether both are the same, so that no value needs to be tested.</summary>
    public bool IsExact { get; }

    /// <summary>Whether the condition names its values one by one.</summary>
    public bool IsOfPoints => IsExact && Outer.IsOfPoints;

    /// <summary>Whether a row may have several values, or none and yet not be missing.</summary>
    public bool IsMultiValued => Type == FieldType.StringArray;

    /// <summary>Whether rows without a value are found.</summary>
    public bool MatchesMissing { get; }

    /// <summary>Whether what is found are the rows that do not fulfil the condition, because they take less to read.</summary>
    public bool IsNegated { get; }

    /// <summary>A condition on a field that has one value or none.</summary>
    public static FieldCondition OnValue(FilterPath path, FieldType type, FilterExpression condition)
    {
        var program = FilterProgram.Compile(condition, _ => 0);
        return new FieldCondition(path, type, program, FieldConditionBounds.Of(condition, type), program.Matches(new OneValue(FieldValue.Null)), false);
    }

    /// <summary>The condition that some element of an array fulfils another one.</summary>
    /// <param name="path">The array.</param>
    /// <param name="condition">The other one; null for any element.</param>
    public static FieldCondition OnAnyElement(FilterPath path, FilterExpression? condition)
    {
        condition ??= new FilterConstant(true);
        return new FieldCondition(path, FieldType.StringArray, FilterProgram.Compile(condition, _ => 0), FieldConditionBounds.Of(condition, FieldType.StringArray), false, false);
    }

    /// <summary>The condition that an array is missing.</summary>
    public static FieldCondition OnMissing(FilterPath path) => new(path, FieldType.StringArray, null, (KeyIntervals.None, KeyIntervals.None), true, false);

    /// <summary>The same condition, to be answered by what does not fulfil it; only where a row has at most one value.</summary>
    public FieldCondition Negate()
    {
        var min = FieldIndexKey.Min(Type);
        return new FieldCondition(Path, Type, _program, (Outer.Complement(min), Inner.Complement(min)), !MatchesMissing, !IsNegated);
    }

    /// <summary>Whether a value is among those looked for.</summary>
    public bool IsWanted(FieldValue value) => _program is not null && _program.Matches(new OneValue(value)) != IsNegated;

    /// <summary>Kind and number of each block of an index to read.</summary>
    public IEnumerable<(ushort Kind, int Number)> Blocks(FieldIndexSection index)
    {
        for (var i = 0; i < index.Blocks.Count; i++)
        {
            var (low, high) = index.BoundsOf(i);
            if (Outer.Overlaps(low, high))
            {
                var isWhole = index.Blocks[i].Values > 1 && Inner.Covers(low, high);
                yield return (isWhole ? SegmentLayout.IndexRows : SegmentLayout.IndexEntries, SegmentLayout.Number(index.Number, i));
            }
        }
    }

    /// <summary>How many rows fulfil the condition.</summary>
    /// <param name="index">The field's index.</param>
    /// <param name="liveRows">Rows that count.</param>
    public FieldEstimate Estimate(IFieldIndex index, int liveRows)
    {
        var found = index.Estimate(this, liveRows);
        return IsNegated ? found.Not(liveRows) : found;
    }

    private readonly struct OneValue(FieldValue value) : IFieldReader
    {
        public FieldValue Read(int fieldIndex) => value;
    }
}
