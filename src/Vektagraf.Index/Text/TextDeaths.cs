using System.Collections.Concurrent;

namespace Vektagraf.Index;

/// <summary>
/// What dead texts take off the statistics of the live ones: for each term when texts with it died, and for each field how many and how long.
/// With it, scores are those of the texts that are alive, as of any moment, though postings stay. One writer; readers do not lock.
/// </summary>
public sealed class TextDeaths
{
    private readonly ConcurrentDictionary<string, Moments>[] _terms;
    private readonly Moments[] _texts;

    /// <summary>Creates an empty log.</summary>
    /// <param name="fields">Count of fields.</param>
    public TextDeaths(int fields)
    {
        _terms = [.. Enumerable.Range(0, fields).Select(_ => new ConcurrentDictionary<string, Moments>(StringComparer.Ordinal))];
        _texts = [.. Enumerable.Range(0, fields).Select(_ => new Moments())];
    }

    /// <summary>Notes that a text died.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="terms">Its terms, each once.</param>
    /// <param name="length">Its words.</param>
    /// <param name="moment">When; not before any noted so far.</param>
    public void Add(int field, IReadOnlyCollection<string> terms, int length, ulong moment)
    {
        foreach (string term in terms)
        {
            _terms[field].GetOrAdd(term, static _ => new Moments()).Add(moment, 0);
        }

        _texts[field].Add(moment, Math.Min(length, TextRunField.MaxLength));
    }

    /// <summary>Texts with a term that died.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="term">The term.</param>
    /// <param name="moment">Until when, inclusive.</param>
    public int Count(int field, string term, ulong moment) => _terms[field].TryGetValue(term, out Moments? moments) ? moments.Until(moment).Count : 0;

    /// <summary>Texts that died, and their words.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="moment">Until when, inclusive.</param>
    public (int Texts, long Words) Count(int field, ulong moment) => _texts[field].Until(moment);

    /// <summary>Ascending moments, with a running sum.</summary>
    private sealed class Moments
    {
        private (ulong Moment, long Sum)[] _moments = new (ulong, long)[2];
        private int _count;

        public void Add(ulong moment, int amount)
        {
            (ulong, long)[] moments = _moments;
            int count = _count;
            if (count == moments.Length)
            {
                Array.Resize(ref moments, count * 2);
            }

            moments[count] = (moment, amount + (count == 0 ? 0 : moments[count - 1].Item2));
            Volatile.Write(ref _moments, moments);
            Volatile.Write(ref _count, count + 1);
        }

        public (int Count, long Sum) Until(ulong moment)
        {
            int high = Volatile.Read(ref _count);
            (ulong Moment, long Sum)[] moments = Volatile.Read(ref _moments);
            int low = 0;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                (low, high) = moments[middle].Moment <= moment ? (middle + 1, high) : (low, middle);
            }

            return (low, low == 0 ? 0 : moments[low - 1].Sum);
        }
    }
}
