using System.Diagnostics.CodeAnalysis;

namespace Vektagraf.Caching;

/// <summary>
/// Keeps values up to a budget of bytes: W-TinyLFU (Einziger, Friedman and Manes, ACM Trans. Storage 13(4), 2017). New values pass through a small window,
/// and stay behind it only if they were asked for more often than those, together, that would have to go: the admission by the sum of the victims'
/// frequencies, for values of different sizes, is that of Einziger, Eytan, Friedman and Manes ("Lightweight robust size aware cache management", 2022).
/// </summary>
/// <remarks>Not thread-safe.</remarks>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
public sealed class TinyLfuCache<TKey, TValue>
    where TKey : notnull
{
    // The window's share of the budget, and about how large values are: both only tune.
    private const int WindowShare = 100;
    private const int UsualSize = 4_096;
    private const int FewestColumns = 1_024;
    private const int MostColumns = 256 * 1024;

    private readonly FrequencySketch _frequencies;
    private readonly Func<TKey, ulong> _hash;
    private readonly Action<TKey, TValue>? _evicted;
    private readonly SegmentedLru<TKey, Sized>? _window;
    private readonly SegmentedLru<TKey, Sized> _main;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="budget">Most bytes of all values together; at least 1.</param>
    /// <param name="hash">Hashes keys, all 64 bits well.</param>
    /// <param name="evicted">Called with each value that has to go, be it to make room or for not being let in; not for those removed or replaced.
    /// It must not change the cache.</param>
    public TinyLfuCache(long budget, Func<TKey, ulong> hash, Action<TKey, TValue>? evicted = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, 1);
        Budget = budget;
        _hash = hash;
        _evicted = evicted;
        _frequencies = new FrequencySketch((int)Math.Clamp(budget / UsualSize, FewestColumns, MostColumns));
        var window = budget / WindowShare;
        _window = window > 0 ? new SegmentedLru<TKey, Sized>(window, Offer) : null;
        _main = new SegmentedLru<TKey, Sized>(budget - window, (key, sized) => _evicted?.Invoke(key, sized.Value));
    }

    /// <summary>Most bytes of all values together.</summary>
    public long Budget { get; }

    /// <summary>Bytes of all values together; never more than the budget.</summary>
    public long Bytes => _main.Bytes + (_window?.Bytes ?? 0);

    /// <summary>Count of values.</summary>
    public int Count => _main.Count + (_window?.Count ?? 0);

    /// <summary>Finds a value; found or not, that counts as a use of the key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, if there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        _frequencies.Add(_hash(key));
        var isThere = _main.TryGet(key, out var sized) || (_window is not null && _window.TryGet(key, out sized));
        value = isThere ? sized.Value : default;
        return isThere;
    }

    /// <summary>Finds a value, without counting that as a use.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, if there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryPeek(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var isThere = _main.TryPeek(key, out var sized) || (_window is not null && _window.TryPeek(key, out sized));
        value = isThere ? sized.Value : default;
        return isThere;
    }

    /// <summary>Adds a value, or replaces the one there is. It may be evicted at once.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="size">Its size in bytes, at least 0.</param>
    public void Set(TKey key, TValue value, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        Remove(key);
        var sized = new Sized(value, size);
        if (_window is null || !_window.Set(key, sized, size))
        {
            Offer(key, sized);
        }
    }

    /// <summary>Removes a value.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether there was one.</returns>
    public bool Remove(TKey key) => _main.Remove(key) || (_window is not null && _window.Remove(key));

    /// <summary>A value has left the window: takes it in or lets it go.</summary>
    private void Offer(TKey key, Sized candidate)
    {
        if (!IsWorthIt(key, candidate.Size) || !_main.Set(key, candidate, candidate.Size))
        {
            _evicted?.Invoke(key, candidate.Value);
        }
    }

    private bool IsWorthIt(TKey key, long size)
    {
        var room = _main.Budget - _main.Bytes;
        if (size <= room)
        {
            return true;
        }

        var frequency = _frequencies.Estimate(_hash(key));
        foreach (var victim in _main.Victims())
        {
            frequency -= _frequencies.Estimate(_hash(victim.Key));
            room += victim.Size;
            if (frequency <= 0 || room >= size)
            {
                break;
            }
        }

        return frequency > 0 && room >= size;
    }

    private readonly record struct Sized(TValue Value, long Size);
}
