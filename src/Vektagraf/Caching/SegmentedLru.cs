using System.Diagnostics.CodeAnalysis;

namespace Vektagraf.Caching;

/// <summary>
/// Keeps values up to a budget of bytes and drops the least recently used: of those used once before those used again, so that one
/// scan over everything does not wash out what is in use (segmented LRU; Karedla, Love and Wherry, IEEE Computer 27(3), 1994).
/// </summary>
/// <remarks>Not thread-safe. A value enters on probation; its next use moves it to the protected part, which holds four fifths of the
/// budget at most and hands its oldest back to probation. All operations take constant time.</remarks>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
public sealed class SegmentedLru<TKey, TValue>
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries;
    private readonly Action<TKey, TValue>? _evicted;
    private readonly LinkedList<Entry> _probation = new();
    private readonly LinkedList<Entry> _protected = new();
    private readonly long _protectedBudget;
    private long _protectedBytes;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="budget">Most bytes of all values together; at least 1.</param>
    /// <param name="evicted">Called with each entry that is dropped to make room, after it is gone; not for those removed or replaced.
    /// It must not change the cache.</param>
    /// <param name="comparer">Compares keys; null for the default.</param>
    public SegmentedLru(long budget, Action<TKey, TValue>? evicted = null, IEqualityComparer<TKey>? comparer = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, 1);
        Budget = budget;
        _protectedBudget = budget / 5 * 4;
        _evicted = evicted;
        _entries = new Dictionary<TKey, LinkedListNode<Entry>>(comparer);
    }

    /// <summary>Most bytes of all values together.</summary>
    public long Budget { get; }

    /// <summary>Bytes of all values together; never more than the budget.</summary>
    public long Bytes { get; private set; }

    /// <summary>Count of values.</summary>
    public int Count => _entries.Count;

    /// <summary>Finds a value, and counts that as a use.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, if there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
        {
            value = default;
            return false;
        }

        Promote(node);
        value = node.Value.Value;
        return true;
    }

    /// <summary>Adds a value, or replaces the one there is, and makes room for it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="size">Its size in bytes, at least 0.</param>
    /// <returns>False where it is larger than the budget: then nothing is added, and a value replaced is gone.</returns>
    public bool Set(TKey key, TValue value, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        Remove(key);
        if (size > Budget)
        {
            return false;
        }

        while (Bytes > Budget - size)
        {
            Evict();
        }

        var node = new LinkedListNode<Entry>(new Entry(key, value, size));
        _entries.Add(key, node);
        _probation.AddFirst(node);
        Bytes += size;
        return true;
    }

    /// <summary>Removes a value.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether there was one.</returns>
    public bool Remove(TKey key)
    {
        if (!_entries.Remove(key, out LinkedListNode<Entry>? node))
        {
            return false;
        }

        Unlink(node);
        Bytes -= node.Value.Size;
        return true;
    }

    /// <summary>What would be dropped to make room, first what would be dropped first.</summary>
    /// <returns>All keys with their sizes.</returns>
    public IEnumerable<(TKey Key, long Size)> Victims()
    {
        for (LinkedListNode<Entry>? node = _probation.Last; node is not null; node = node.Previous)
        {
            yield return (node.Value.Key, node.Value.Size);
        }

        for (LinkedListNode<Entry>? node = _protected.Last; node is not null; node = node.Previous)
        {
            yield return (node.Value.Key, node.Value.Size);
        }
    }

    /// <summary>Finds a value, without counting that as a use.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, if there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryPeek(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        bool isThere = _entries.TryGetValue(key, out LinkedListNode<Entry>? node);
        value = isThere ? node!.Value.Value : default;
        return isThere;
    }

    private void Promote(LinkedListNode<Entry> node)
    {
        Unlink(node);
        _protected.AddFirst(node);
        _protectedBytes += node.Value.Size;
        while (_protectedBytes > _protectedBudget)
        {
            LinkedListNode<Entry> oldest = _protected.Last!;
            Unlink(oldest);
            _probation.AddFirst(oldest);
        }
    }

    private void Evict()
    {
        Entry oldest = (_probation.Last ?? _protected.Last)!.Value;
        Remove(oldest.Key);
        _evicted?.Invoke(oldest.Key, oldest.Value);
    }

    private void Unlink(LinkedListNode<Entry> node)
    {
        if (node.List == _protected)
        {
            _protectedBytes -= node.Value.Size;
        }

        node.List!.Remove(node);
    }

    private readonly record struct Entry(TKey Key, TValue Value, long Size);
}
