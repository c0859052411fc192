namespace Vektagraf.Shards.Segments;

/// <summary>A set of keys as half-open intervals, ascending, with gaps between. Immutable.</summary>
internal sealed class KeyIntervals
{
    private readonly (FieldIndexKey Low, FieldIndexKey? High)[] _intervals;

    private KeyIntervals((FieldIndexKey Low, FieldIndexKey? High)[] intervals) => _intervals = intervals;

    public static KeyIntervals None { get; } = new([]);

    public bool IsEmpty => _intervals.Length == 0;

    /// <summary>Whether each interval is a single key.</summary>
    public bool IsOfPoints => Array.TrueForAll(_intervals, i => i.High is not null && i.High == i.Low.Successor);

    /// <summary>The intervals, ascending.</summary>
    public ReadOnlySpan<(FieldIndexKey Low, FieldIndexKey? High)> AsSpan() => _intervals;

    /// <summary>Whether another set has the same keys.</summary>
    public bool HasSameKeys(KeyIntervals other) => ReferenceEquals(this, other) || _intervals.AsSpan().SequenceEqual(other._intervals);

    /// <summary>The keys from one on.</summary>
    public static KeyIntervals From(FieldIndexKey low, FieldIndexKey? high = null) => Of([(low, high)]);

    public static KeyIntervals Point(FieldIndexKey key) => From(key, key.Successor);

    /// <summary>The keys of some intervals; a high end is outside, none means no end.</summary>
    public static KeyIntervals Of(IEnumerable<(FieldIndexKey Low, FieldIndexKey? High)> intervals)
    {
        var result = new List<(FieldIndexKey Low, FieldIndexKey? High)>();
        foreach (var next in intervals.Where(i => i.High is not { } high || i.Low.CompareTo(high) < 0).OrderBy(i => i.Low))
        {
            if (result.Count == 0 || (result[^1].High is { } end && end.CompareTo(next.Low) < 0))
            {
                result.Add(next);
            }
            else if (CompareEnds(result[^1].High, next.High) < 0)
            {
                result[^1] = (result[^1].Low, next.High);
            }
        }

        return result.Count == 0 ? None : new KeyIntervals([.. result]);
    }

    public KeyIntervals Union(KeyIntervals other) => Of(_intervals.Concat(other._intervals));

    /// <summary>The keys of both.</summary>
    public KeyIntervals Intersect(KeyIntervals other, FieldIndexKey min) => Complement(min).Union(other.Complement(min)).Complement(min);

    /// <summary>All other keys.</summary>
    /// <param name="min">The smallest key there is.</param>
    public KeyIntervals Complement(FieldIndexKey min)
    {
        var gaps = new List<(FieldIndexKey Low, FieldIndexKey? High)>();
        FieldIndexKey? low = min;
        foreach (var interval in _intervals)
        {
            gaps.Add((low!.Value, interval.Low));
            low = interval.High;
        }

        if (low is { } rest)
        {
            gaps.Add((rest, null));
        }

        return Of(gaps);
    }

    /// <summary>Whether any key of an interval is in the set.</summary>
    public bool Overlaps(FieldIndexKey low, FieldIndexKey? high) =>
        FirstEndingAfter(low) is var i && i < _intervals.Length && (high is not { } end || _intervals[i].Low.CompareTo(end) < 0);

    /// <summary>Whether every key of an interval is in the set.</summary>
    public bool Covers(FieldIndexKey low, FieldIndexKey? high) =>
        FirstEndingAfter(low) is var i && i < _intervals.Length && _intervals[i].Low.CompareTo(low) <= 0 && CompareEnds(_intervals[i].High, high) >= 0;

    public bool Contains(FieldIndexKey key) => FirstEndingAfter(key) is var i && i < _intervals.Length && _intervals[i].Low.CompareTo(key) <= 0;

    /// <summary>The parts of the set that lie in an interval.</summary>
    public IEnumerable<(FieldIndexKey Low, FieldIndexKey? High)> Within(FieldIndexKey low, FieldIndexKey? high)
    {
        for (var i = FirstEndingAfter(low); i < _intervals.Length && (high is not { } end || _intervals[i].Low.CompareTo(end) < 0); i++)
        {
            var interval = _intervals[i];
            yield return (interval.Low.CompareTo(low) < 0 ? low : interval.Low, CompareEnds(interval.High, high) < 0 ? interval.High : high);
        }
    }

    private static int CompareEnds(FieldIndexKey? left, FieldIndexKey? right) =>
        left is { } l ? right is { } r ? l.CompareTo(r) : -1 : right is null ? 0 : 1;

    private int FirstEndingAfter(FieldIndexKey key)
    {
        int low = 0, high = _intervals.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _intervals[middle].High is { } end && end.CompareTo(key) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
