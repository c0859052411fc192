using System.Diagnostics.CodeAnalysis;

namespace Vektagraf.Optimisation;

/// <summary>
/// Decisions that are dear to make and hold for a while: for a time, and as long as the statistics that they were made by are the same. Bounded; the one
/// used longest ago makes room. Thread-safe.
/// </summary>
/// <typeparam name="TKey">What is decided about.</typeparam>
/// <typeparam name="TValue">The decision.</typeparam>
public sealed class PlanCache<TKey, TValue>
    where TKey : notnull
{
    /// <summary>How long plans hold unless stated.</summary>
    public static readonly TimeSpan DefaultTimeToLive = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private readonly int _capacity;
    private readonly TimeSpan _timeToLive;
    private readonly TimeProvider _time;
    private PlanCacheCounts _counts;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="capacity">Most entries, at least 1.</param>
    /// <param name="timeToLive">How long an entry holds after it was set, above zero.</param>
    /// <param name="time">The clock.</param>
    public PlanCache(int capacity, TimeSpan timeToLive, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        _capacity = capacity;
        _timeToLive = timeToLive;
        _time = time;
    }

    /// <summary>Finds what was decided.</summary>
    /// <param name="key">About what.</param>
    /// <param name="statisticsVersion">The version in force; an entry made by another one is dropped.</param>
    /// <param name="value">The decision.</param>
    /// <returns>Whether there is one that holds.</returns>
    public bool TryGet(TKey key, long statisticsVersion, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var node))
            {
                var isOld = _time.GetElapsedTime(node.Value.SetAt) >= _timeToLive;
                if (!isOld && node.Value.StatisticsVersion == statisticsVersion)
                {
                    _byUse.Remove(node);
                    _byUse.AddFirst(node);
                    _counts = _counts with { Hits = _counts.Hits + 1 };
                    value = node.Value.Value;
                    return true;
                }

                Remove(node);
                _counts = isOld ? _counts with { Expired = _counts.Expired + 1 } : _counts with { Invalidated = _counts.Invalidated + 1 };
            }

            _counts = _counts with { Misses = _counts.Misses + 1 };
            value = default;
            return false;
        }
    }

    /// <summary>Keeps a decision, in place of an earlier one about the same.</summary>
    /// <param name="key">About what.</param>
    /// <param name="statisticsVersion">The version that it was made by.</param>
    /// <param name="value">The decision.</param>
    public void Set(TKey key, long statisticsVersion, TValue value)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var known))
            {
                Remove(known);
            }
            else if (_entries.Count >= _capacity)
            {
                Remove(_byUse.Last!);
                _counts = _counts with { Evicted = _counts.Evicted + 1 };
            }

            _entries[key] = _byUse.AddFirst(new Entry(key, value, statisticsVersion, _time.GetTimestamp()));
        }
    }

    /// <summary>Forgets all decisions.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _entries.Clear();
            _byUse.Clear();
        }
    }

    /// <summary>How the cache did so far.</summary>
    /// <returns>The counts.</returns>
    public PlanCacheCounts Snapshot()
    {
        lock (_lock)
        {
            return _counts with { Entries = _entries.Count };
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Key);
        _byUse.Remove(node);
    }

    private sealed record Entry(TKey Key, TValue Value, long StatisticsVersion, long SetAt);
}

/// <summary>How a plan cache did.</summary>
public readonly record struct PlanCacheCounts
{
    /// <summary>Look-ups that found a plan that holds.</summary>
    public long Hits { get; init; }

    /// <summary>Look-ups that did not.</summary>
    public long Misses { get; init; }

    /// <summary>Misses because the plan was too old.</summary>
    public long Expired { get; init; }

    /// <summary>Misses because the plan was made by other statistics.</summary>
    public long Invalidated { get; init; }

    /// <summary>Plans that made room for others.</summary>
    public long Evicted { get; init; }

    /// <summary>Plans kept now.</summary>
    public int Entries { get; init; }
}
