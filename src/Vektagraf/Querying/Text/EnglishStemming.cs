using System.Collections.Concurrent;
using Lucene.Net.Tartarus.Snowball.Ext;
using Vektagraf.Index;

namespace Vektagraf.Querying.Text;

/// <summary>
/// English stems by Snowball's stemmer (Porter 2, in the implementation of Lucene.NET), which takes half a microsecond for a word: those met
/// are remembered. Words with anything but a to z in them stay as they are. Thread-safe.
/// </summary>
internal sealed class EnglishStemming : IWordStemmer
{
    // Some 10 MB; the vocabulary of what comes later is mostly the same, and what is new is computed.
    private const int MostRemembered = 100_000;
    private const int ShortestInflected = 3;

    [ThreadStatic]
    private static EnglishStemmer? _stemmer;

    private readonly ConcurrentDictionary<string, string> _stems = new(StringComparer.Ordinal);
    private int _remembered;

    private EnglishStemming()
    {
    }

    /// <summary>The one that the process shares.</summary>
    public static EnglishStemming Instance { get; } = new();

    /// <inheritdoc/>
    public string Stem(string word)
    {
        if (word.Length < ShortestInflected || word.AsSpan().ContainsAnyExceptInRange('a', 'z'))
        {
            return word;
        }

        return _stems.TryGetValue(word, out var known) ? known : Remember(word);
    }

    private string Remember(string word)
    {
        var stemmer = _stemmer ??= new EnglishStemmer();
        stemmer.SetCurrent(word);
        stemmer.Stem();
        var stem = stemmer.Current is { Length: > 0 } current && !string.Equals(current, word, StringComparison.Ordinal) ? current : word;
        if (Interlocked.Increment(ref _remembered) <= MostRemembered)
        {
            _stems.TryAdd(word, stem);
        }

        return stem;
    }
}
