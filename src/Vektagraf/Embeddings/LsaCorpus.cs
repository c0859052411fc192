namespace Vektagraf.Embeddings;

/// <summary>Documents as weighted rows of a sparse matrix, and the vocabulary that names its columns.</summary>
/// <param name="Terms">Words in ordinal order: the columns.</param>
/// <param name="Idf">Inverse document frequency of each word.</param>
/// <param name="RowStarts">Where each document's entries begin, and at the end where the last one ends.</param>
/// <param name="Columns">Column of each entry.</param>
/// <param name="Values">Weight of each entry; every row has length 1.</param>
/// <param name="UnknownIdf">The weight of a word that no document holds.</param>
internal sealed record LsaCorpus(string[] Terms, float[] Idf, int[] RowStarts, int[] Columns, float[] Values, float UnknownIdf)
{
    internal int DocumentCount => RowStarts.Length - 1;
}

/// <summary>Counts words document by document.</summary>
internal sealed class LsaCorpusBuilder(LsaOptions options)
{
    /// <summary>Distinct words counted at most; beyond it new words are passed over, as they would hardly reach the vocabulary.</summary>
    private const int MaxDistinctWords = 2_000_000;

    /// <summary>From this many documents on, a word must occur in two: what one document alone says relates it to nothing.</summary>
    private const int ManyDocuments = 1_000;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];
    private readonly List<int> _rowEnds = [];
    private readonly List<int> _columns = [];
    private readonly List<float> _counts = [];
    private readonly List<int> _touched = [];
    private float[] _scratch = new float[1024];
    private long _seen;
    private int _stride = 1;

    /// <summary>Counts one document's words.</summary>
    internal void Add(string document)
    {
        if (_seen++ % _stride != 0)
        {
            return;
        }

        Sink sink = new(this, options.TitleWeight);
        _ = LsaTokenizer.Tokenize(document, ref sink);
        if (_touched.Count == 0)
        {
            return;
        }

        _touched.Sort();
        foreach (int id in _touched)
        {
            _columns.Add(id);
            _counts.Add(_scratch[id]);
            _scratch[id] = 0;
        }

        _touched.Clear();
        _rowEnds.Add(_columns.Count);
        if (_columns.Count > options.MaxPostings)
        {
            Thin();
        }
    }

    /// <summary>Chooses the vocabulary and weighs the entries.</summary>
    internal LsaCorpus Build()
    {
        int[] frequencies = new int[_words.Count];
        foreach (int column in _columns)
        {
            frequencies[column]++;
        }

        int documents = _rowEnds.Count;
        int least = documents >= ManyDocuments ? 2 : 1;
        int[] kept = [.. Enumerable.Range(0, _words.Count)
            .Where(id => frequencies[id] >= least)
            .OrderByDescending(id => frequencies[id]).ThenBy(id => _words[id], StringComparer.Ordinal)
            .Take(options.MaxVocabulary)
            .OrderBy(id => _words[id], StringComparer.Ordinal)];
        int[] columnOf = new int[_words.Count];
        Array.Fill(columnOf, -1);
        float[] idf = new float[kept.Length];
        for (int i = 0; i < kept.Length; i++)
        {
            columnOf[kept[i]] = i;
            idf[i] = IdfOf(documents, frequencies[kept[i]]);
        }

        return WeighRows([.. kept.Select(id => _words[id])], idf, columnOf, IdfOf(documents, 0));
    }

    /// <summary>Smoothed, so that it stays positive for a word in every document and finite for one in none.</summary>
    private static float IdfOf(int documents, int frequency) => (float)Math.Log((documents + 1.0) / (frequency + 0.5));

    private LsaCorpus WeighRows(string[] terms, float[] idf, int[] columnOf, float unknownIdf)
    {
        int size = 0;
        foreach (int id in _columns)
        {
            size += columnOf[id] >= 0 ? 1 : 0;
        }

        int[] starts = new int[_rowEnds.Count + 1];
        int[] columns = new int[size];
        float[] values = new float[size];
        int from = 0;
        for (int row = 0; row < _rowEnds.Count; row++)
        {
            int write = starts[row];
            for (int i = from; i < _rowEnds[row]; i++)
            {
                int column = columnOf[_columns[i]];
                if (column >= 0)
                {
                    columns[write] = column;
                    values[write++] = LsaModel.Dampened(_counts[i]) * idf[column];
                }
            }

            from = _rowEnds[row];
            starts[row + 1] = write;
            LsaModel.Normalize(values.AsSpan(starts[row]..write));
        }

        return new LsaCorpus(terms, idf, starts, columns, values, unknownIdf);
    }

    /// <summary>Drops every second document and takes half as many of those to come.</summary>
    private void Thin()
    {
        _stride *= 2;
        int write = 0;
        int rows = 0;
        for (int row = 0; row < _rowEnds.Count; row += 2)
        {
            int from = row == 0 ? 0 : _rowEnds[row - 1];
            for (int i = from; i < _rowEnds[row]; i++, write++)
            {
                _columns[write] = _columns[i];
                _counts[write] = _counts[i];
            }

            _rowEnds[rows++] = write;
        }

        _rowEnds.RemoveRange(rows, _rowEnds.Count - rows);
        _columns.RemoveRange(write, _columns.Count - write);
        _counts.RemoveRange(write, _counts.Count - write);
    }

    private void Count(ReadOnlySpan<char> word, float weight)
    {
        var lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(word, out int id))
        {
            if (_words.Count >= MaxDistinctWords)
            {
                return;
            }

            id = _words.Count;
            _words.Add(word.ToString());
            _ids.Add(_words[id], id);
            if (id >= _scratch.Length)
            {
                Array.Resize(ref _scratch, id * 2);
            }
        }

        if (_scratch[id] == 0)
        {
            _touched.Add(id);
        }

        _scratch[id] += weight;
    }

    private readonly struct Sink(LsaCorpusBuilder builder, float titleWeight) : ILsaTokenSink
    {
        public void Add(ReadOnlySpan<char> token, bool inTitle) => builder.Count(token, inTitle ? titleWeight : 1);
    }
}
