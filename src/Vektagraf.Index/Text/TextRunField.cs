namespace Vektagraf.Index;

/// <summary>One field of a run: its terms with their postings, the words that stand for terms, and the lengths of its texts. Immutable.</summary>
internal sealed class TextRunField
{
    private readonly WordTable _terms;
    private readonly int[] _lists;
    private readonly byte[] _postings;
    private readonly WordTable _words;
    private readonly int[] _termOfWord;

    /// <summary>Creates a field.</summary>
    /// <param name="lengths">Words of each row's text; 0 where there is none.</param>
    /// <param name="terms">Its terms: what words become by stemming.</param>
    /// <param name="lists">Of each term, where its postings begin.</param>
    /// <param name="postings">As <see cref="PostingWriter"/> wrote them.</param>
    /// <param name="words">The words as the texts have them.</param>
    /// <param name="termOfWord">Of each word, the index of its term.</param>
    public TextRunField(ushort[] lengths, WordTable terms, int[] lists, byte[] postings, WordTable words, int[] termOfWord)
    {
        (Lengths, _terms, _lists, _postings, _words, _termOfWord) = (lengths, terms, lists, postings, words, termOfWord);
        (Texts, Words) = Count(lengths.Length);
    }

    /// <summary>Longest text that is told from longer ones; those count as so long.</summary>
    public const int MaxLength = ushort.MaxValue;

    public ushort[] Lengths { get; }

    /// <summary>Rows that have a text.</summary>
    public int Texts { get; }

    /// <summary>Words of all texts.</summary>
    public long Words { get; }

    public WordTable Terms => _terms;

    public WordTable Surfaces => _words;

    public long MemoryBytes =>
        ((long)Lengths.Length * sizeof(ushort)) + _terms.MemoryBytes + ((long)_lists.Length * sizeof(int)) + _postings.Length + _words.MemoryBytes + ((long)_termOfWord.Length * sizeof(int));

    public int TermOfSurface(int word) => _termOfWord[word];

    public PostingList ListOf(int term) => new(_postings, _lists[term], this);

    public PostingList Find(ReadOnlySpan<byte> term) => _terms.Find(term) is >= 0 and var index ? ListOf(index) : default;

    /// <summary>Texts and words of the first rows.</summary>
    public (int Texts, long Words) Count(int rows)
    {
        int texts = 0;
        long words = 0;
        foreach (ushort length in Lengths.AsSpan(0, rows))
        {
            texts += length == 0 ? 0 : 1;
            words += length;
        }

        return (texts, words);
    }
}
