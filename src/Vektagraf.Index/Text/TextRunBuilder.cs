using System.Runtime.InteropServices;
using System.Text;

namespace Vektagraf.Index;

/// <summary>From a word to what it is found by.</summary>
public interface IWordStemmer
{
    /// <summary>The term of a word: the same for all forms of it.</summary>
    /// <param name="word">The word, folded.</param>
    string Stem(string word);
}

/// <summary>Inverts the texts of consecutive rows. Reused from run to run; not thread-safe.</summary>
public sealed class TextRunBuilder
{
    private readonly InvertedField[] _fields;
    private readonly PostingWriter _writer = new();
    private int _rowCount;

    /// <summary>Creates a builder.</summary>
    /// <param name="fields">Count of fields.</param>
    /// <param name="stemmer">Makes terms of words.</param>
    public TextRunBuilder(int fields, IWordStemmer stemmer) => _fields = [.. Enumerable.Range(0, fields).Select(_ => new InvertedField(stemmer))];

    /// <summary>Occurrences taken since the last run.</summary>
    public int Occurrences => _fields.Sum(f => f.Occurrences);

    /// <summary>Takes a word of the present row.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="word">The word, folded.</param>
    /// <param name="position">Its place in the text; places do not descend.</param>
    public void Add(int field, ReadOnlySpan<char> word, int position) => _fields[field].Add(word, _rowCount, position);

    /// <summary>Says how many words the present row's text has.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="words">The count; 0 where there is no text.</param>
    public void SetLength(int field, int words) => _fields[field].SetLength(_rowCount, words);

    /// <summary>Goes on to the next row.</summary>
    public void EndRow()
    {
        foreach (InvertedField field in _fields)
        {
            field.SetLength(_rowCount, 0);
        }

        _rowCount++;
    }

    /// <summary>The run of the rows taken; then begins anew.</summary>
    /// <param name="firstRow">The first of them.</param>
    public TextRun Build(int firstRow)
    {
        TextRun run = new(firstRow, _rowCount, Array.ConvertAll(_fields, f => f.Build(_writer)));
        _rowCount = 0;
        return run;
    }

    private readonly record struct Occurrence(int Term, int Row, int Position);

    private sealed class InvertedField(IWordStemmer stemmer)
    {
        private readonly Dictionary<string, int> _termOfWord = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int> _terms = new(StringComparer.Ordinal);
        private readonly List<int> _counts = [];
        private readonly List<Occurrence> _occurrences = [];
        private readonly List<ushort> _lengths = [];

        public int Occurrences => _occurrences.Count;

        public void Add(ReadOnlySpan<char> word, int row, int position)
        {
            if (!_termOfWord.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out int term))
            {
                string text = word.ToString();
                string stem = stemmer.Stem(text);
                ref int known = ref CollectionsMarshal.GetValueRefOrAddDefault(_terms, stem, out bool isKnown);
                if (!isKnown)
                {
                    known = _counts.Count;
                    _counts.Add(0);
                }

                term = known;
                _termOfWord.Add(text, term);
            }

            CollectionsMarshal.AsSpan(_counts)[term]++;
            _occurrences.Add(new Occurrence(term, row, position));
        }

        /// <summary>The first call for a row counts.</summary>
        public void SetLength(int row, int words)
        {
            if (_lengths.Count == row)
            {
                _lengths.Add((ushort)Math.Min(words, TextRunField.MaxLength));
            }
        }

        public TextRunField Build(PostingWriter writer)
        {
            (WordTable terms, int[] rankOfTerm) = SortWords(_terms);
            int[] lists = WriteLists(writer, rankOfTerm);
            (WordTable words, int[] rankOfWord) = SortWords([.. _termOfWord.Keys]);
            int[] termOfWord = new int[rankOfWord.Length];
            foreach ((int i, int term) in _termOfWord.Values.Index())
            {
                termOfWord[rankOfWord[i]] = rankOfTerm[term];
            }

            TextRunField field = new([.. _lengths], terms, lists, writer.Written.ToArray(), words, termOfWord);
            _termOfWord.Clear();
            _terms.Clear();
            _counts.Clear();
            _occurrences.Clear();
            _lengths.Clear();
            return field;
        }

        /// <summary>Postings of each term, terms in the order of the table: a counting sort, which keeps rows and positions in their order.</summary>
        private int[] WriteLists(PostingWriter writer, int[] rankOfTerm)
        {
            int[] ends = new int[_counts.Count];
            for (int term = 0; term < ends.Length; term++)
            {
                ends[rankOfTerm[term]] = _counts[term];
            }

            for (int rank = 1; rank < ends.Length; rank++)
            {
                ends[rank] += ends[rank - 1];
            }

            ReadOnlySpan<Occurrence> taken = CollectionsMarshal.AsSpan(_occurrences);
            Occurrence[] sorted = new Occurrence[taken.Length];
            int[] next = [.. ends];
            for (int i = taken.Length - 1; i >= 0; i--)
            {
                sorted[--next[rankOfTerm[taken[i].Term]]] = taken[i];
            }

            writer.Clear();
            int[] lists = new int[ends.Length];
            for (int rank = 0; rank < lists.Length; rank++)
            {
                int row = -1;
                foreach (Occurrence occurrence in sorted.AsSpan(next[rank]..ends[rank]))
                {
                    if (occurrence.Row != row)
                    {
                        row = occurrence.Row;
                        writer.BeginPosting(row, _lengths[row]);
                    }

                    writer.AddPosition(occurrence.Position);
                }

                lists[rank] = writer.EndList();
            }

            return lists;
        }

        private static (WordTable Table, int[] Ranks) SortWords(Dictionary<string, int> numbered)
        {
            string[] words = new string[numbered.Count];
            foreach ((string word, int number) in numbered)
            {
                words[number] = word;
            }

            return SortWords(words);
        }

        private static (WordTable Table, int[] Ranks) SortWords(string[] words)
        {
            int[] order = [.. Enumerable.Range(0, words.Length)];
            if (Array.Exists(words, static w => w.AsSpan().ContainsAnyInRange('\uD800', '\uFFFF')))
            {
                Array.Sort(Array.ConvertAll(words, Encoding.UTF8.GetBytes), order, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
            }
            else
            {
                // Below the surrogates, UTF-16 is in the order of UTF-8.
                Array.Sort((string[])words.Clone(), order, StringComparer.Ordinal);
            }

            WordTable.Builder table = new();
            int[] ranks = new int[order.Length];
            for (int rank = 0; rank < order.Length; rank++)
            {
                table.Add(words[order[rank]]);
                ranks[order[rank]] = rank;
            }

            return (table.Build(), ranks);
        }
    }
}
