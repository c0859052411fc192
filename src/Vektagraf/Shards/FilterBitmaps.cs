using Vektagraf.Querying.Filters;

namespace Vektagraf.Shards;

/// <summary>
/// Which vectors of a column a filter accepts, kept for filters that come again. Rows never change, so a bitmap stays right and only grows;
/// whether a row is still alive is asked apart from it. A filter's first search asks row by row instead: most filters never come again, and a
/// graph asks about few rows.
/// </summary>
internal sealed class FilterBitmaps
{
    // For a million vectors an eighth of a megabyte each.
    private const int MostFilters = 64;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _clock;

    /// <summary>A bit for each vector that a filter accepts.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="count">Vectors to know about; bits beyond may be set, too.</param>
    /// <param name="accepts">Asks the filter about a vector.</param>
    /// <returns>Null when the filter was not seen lately.</returns>
    public ulong[]? Find(FilterBinding filter, int count, Func<int, bool> accepts)
    {
        var text = filter.Expression.ToString()!;
        Entry? entry;
        lock (_entries)
        {
            if (!_entries.TryGetValue(text, out entry))
            {
                Forget();
                _entries.Add(text, new Entry { UsedAt = ++_clock });
                return null;
            }

            entry.UsedAt = ++_clock;
        }

        return entry.UpTo(count, accepts);
    }

    private void Forget()
    {
        if (_entries.Count >= MostFilters)
        {
            _entries.Remove(_entries.MinBy(e => e.Value.UsedAt).Key);
        }
    }

    private sealed class Entry
    {
        private readonly Lock _lock = new();
        private ulong[] _words = [];
        private int _covered;

        public long UsedAt { get; set; }

        public ulong[] UpTo(int count, Func<int, bool> accepts)
        {
            if (Volatile.Read(ref _covered) >= count)
            {
                return Volatile.Read(ref _words);
            }

            lock (_lock)
            {
                if (_covered >= count)
                {
                    return _words;
                }

                // A copy: whoever reads the last word does not see it change.
                var words = new ulong[Math.Max((count + 63) / 64, Math.Min(_words.Length * 5 / 4, _words.Length + 4096))];
                _words.CopyTo(words, 0);
                for (var ordinal = _covered; ordinal < count; ordinal++)
                {
                    words[ordinal >> 6] |= accepts(ordinal) ? 1UL << (ordinal & 63) : 0;
                }

                Volatile.Write(ref _words, words);
                Volatile.Write(ref _covered, count);
                return words;
            }
        }
    }
}
