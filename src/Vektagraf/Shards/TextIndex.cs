using System.Buffers;
using System.Text;
using System.Text.Json;
using Vektagraf.Index;
using Vektagraf.Querying.Text;

namespace Vektagraf.Shards;

/// <summary>
/// The full-text index of a memtable: runs of consecutive rows, and what died. It runs behind the rows: the engine's indexing thread takes
/// them in by the thousand, and a search whatever is left of its snapshot, so that writes never wait for it and searches never miss anything.
/// Whoever takes rows in holds a lock; readers work on runs, which are immutable, without one.
/// </summary>
internal sealed class TextIndex
{
    // What one step takes in, so that a search that wants to do the rest does not wait long.
    private const int StepRows = 16_384;
    private const int StepOccurrences = 1 << 18;

    // Fewer rows wait for a search or for more of them.
    private const int WorthwhileRows = 2048;

    // A search merges runs up to so many rows by itself, in a few milliseconds; larger ones are left to the indexing thread.
    private const int MostRowsInSearch = 16_384;

    private readonly Memtable _table;
    private readonly byte[][] _names;
    private readonly Lock _gate = new();
    private readonly TextRunBuilder _builder;
    private readonly ChunkedList<int> _dead = new();
    private TextRun[] _runs = [];
    private int _takenRows;
    private int _takenDeaths;
    private int _noted;

    /// <summary>Creates an empty index.</summary>
    /// <param name="table">The memtable.</param>
    /// <param name="fields">Its text fields.</param>
    public TextIndex(Memtable table, IReadOnlyList<string> fields)
    {
        (_table, Fields) = (table, fields);
        _names = [.. fields.Select(Encoding.UTF8.GetBytes)];
        _builder = new TextRunBuilder(fields.Count, EnglishStemming.Instance);
        Deaths = new TextDeaths(fields.Count);
    }

    /// <summary>Names of the fields.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>What dead texts take off the statistics.</summary>
    public TextDeaths Deaths { get; }

    /// <summary>Bytes of the runs.</summary>
    public long MemoryBytes => Volatile.Read(ref _runs).Sum(r => r.MemoryBytes);

    /// <summary>Rows taken in.</summary>
    public int TakenRows => Volatile.Read(ref _takenRows);

    /// <summary>Rows not taken in, and those of runs that wait to be merged.</summary>
    public long Pending => _table.Snapshot.RowCount - TakenRows + (FindMerge(Volatile.Read(ref _runs), long.MaxValue)?.Sum(r => (long)r.RowCount) ?? 0);

    /// <summary>Whether taking rows in, or merging, is worthwhile.</summary>
    public bool NeedsWork =>
        _table.Snapshot.RowCount - TakenRows >= WorthwhileRows
        || Volatile.Read(ref _noted) - Volatile.Read(ref _takenDeaths) >= WorthwhileRows
        || FindMerge(Volatile.Read(ref _runs), long.MaxValue) is not null;

    /// <summary>Notes that a row died; called by the memtable's writer.</summary>
    public void Died(int row) => Volatile.Write(ref _noted, _dead.Add(row) + 1);

    /// <summary>The runs that have all rows of a snapshot, and maybe later ones.</summary>
    public TextRun[] RunsOf(MemtableSnapshot snapshot, CancellationToken cancellationToken)
    {
        // The deaths of a snapshot were noted before it was published.
        var deaths = Volatile.Read(ref _noted);
        if (TakenRows < snapshot.RowCount || Volatile.Read(ref _takenDeaths) < deaths)
        {
            lock (_gate)
            {
                while (_takenRows < snapshot.RowCount)
                {
                    TakeRows(snapshot.RowCount, cancellationToken);
                }

                TakeDeaths(deaths, cancellationToken);
            }
        }

        return Volatile.Read(ref _runs);
    }

    /// <summary>Takes some rows in, or merges.</summary>
    /// <returns>Whether more is worthwhile.</returns>
    public bool Advance(CancellationToken cancellationToken)
    {
        var snapshot = _table.Snapshot;
        var deaths = Volatile.Read(ref _noted);
        if (snapshot.RowCount > TakenRows || deaths > Volatile.Read(ref _takenDeaths))
        {
            lock (_gate)
            {
                if (_takenRows < snapshot.RowCount)
                {
                    TakeRows(snapshot.RowCount, cancellationToken);
                }

                TakeDeaths(Math.Min(deaths, _takenDeaths + StepRows), cancellationToken);
            }
        }
        else if (FindMerge(Volatile.Read(ref _runs), long.MaxValue) is { } merge)
        {
            // Outside of the lock: runs are immutable, and only their order could be changed meanwhile.
            var merged = TextRunMerge.Merge(merge, cancellationToken);
            lock (_gate)
            {
                Replace(merge, merged);
            }
        }

        return NeedsWork;
    }

    private void TakeRows(int end, CancellationToken cancellationToken)
    {
        var first = _takenRows;
        var stop = Math.Min(end, first + StepRows);
        var row = first;
        var sink = new RunSink(_builder);
        while (row < stop && _builder.Occurrences < StepOccurrences)
        {
            Read(_table.PropertiesOf(row++).Span, ref sink);
            _builder.EndRow();
        }

        var runs = Volatile.Read(ref _runs);
        Volatile.Write(ref _runs, [.. runs, _builder.Build(first)]);
        Volatile.Write(ref _takenRows, row);
        while (FindMerge(_runs, MostRowsInSearch) is { } merge)
        {
            Replace(merge, TextRunMerge.Merge(merge, CancellationToken.None));
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private void TakeDeaths(int end, CancellationToken cancellationToken)
    {
        var sink = new TermSink([], Deaths);
        for (var i = _takenDeaths; i < end; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var row = _dead[i];
            var died = _table.DiedAt(row);
            sink.Died(died);
            Read(_table.PropertiesOf(row).Span, ref sink);
            Volatile.Write(ref _takenDeaths, i + 1);
        }
    }

    /// <summary>The last runs that are together worth merging: each is no larger than all behind it.</summary>
    private static TextRun[]? FindMerge(TextRun[] runs, long mostRows)
    {
        for (var last = runs.Length - 1; last > 0; last--)
        {
            var (first, rows, bytes) = (last, (long)runs[last].RowCount, runs[last].MemoryBytes);
            while (first > 0 && runs[first - 1].RowCount <= rows && rows + runs[first - 1].RowCount <= mostRows && bytes + runs[first - 1].MemoryBytes <= TextRunMerge.MaxRunBytes)
            {
                first--;
                rows += runs[first].RowCount;
                bytes += runs[first].MemoryBytes;
            }

            if (first < last)
            {
                return runs[first..(last + 1)];
            }
        }

        return null;
    }

    private void Replace(TextRun[] parts, TextRun merged)
    {
        var runs = _runs;
        var at = Array.IndexOf(runs, parts[0]);
        if (at >= 0 && runs.AsSpan(at).StartsWith(parts))
        {
            Volatile.Write(ref _runs, [.. runs[..at], merged, .. runs[(at + parts.Length)..]]);
        }
    }

    /// <summary>Tokenizes the text fields of a row's properties.</summary>
    private void Read<TSink>(ReadOnlySpan<byte> properties, ref TSink sink)
        where TSink : struct, IFieldSink
    {
        var reader = new Utf8JsonReader(properties);
        reader.Read();
        var seen = 0;
        while (seen < _names.Length && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = 0;
            while (field < _names.Length && !reader.ValueTextEquals(_names[field]))
            {
                field++;
            }

            reader.Read();
            if (field == _names.Length)
            {
                reader.Skip();
                continue;
            }

            seen++;
            if (reader.TokenType == JsonTokenType.String)
            {
                Tokenize(ref reader, field, ref sink);
            }
            else
            {
                // Saved before the field was declared.
                reader.Skip();
            }
        }
    }

    private static void Tokenize<TSink>(ref Utf8JsonReader reader, int field, ref TSink sink)
        where TSink : struct, IFieldSink
    {
        var text = ArrayPool<char>.Shared.Rent(reader.ValueSpan.Length);
        var length = reader.CopyString(text);
        sink.Begin(field);
        sink.End(TextTokenizer.Tokenize(text.AsSpan(0, length), ref sink));
        ArrayPool<char>.Shared.Return(text);
    }

    private interface IFieldSink : ITextTokenSink
    {
        void Begin(int field);

        void End(int words);
    }

    private struct RunSink(TextRunBuilder builder) : IFieldSink
    {
        private int _field;

        public void Begin(int field) => _field = field;

        public readonly void Add(ReadOnlySpan<char> word, int position, int start, int end) => builder.Add(_field, word, position);

        public readonly void End(int words) => builder.SetLength(_field, words);
    }

    private struct TermSink(HashSet<string> terms, TextDeaths deaths) : IFieldSink
    {
        private ulong _moment;
        private int _field;

        public void Died(ulong moment) => _moment = moment;

        public void Begin(int field)
        {
            _field = field;
            terms.Clear();
        }

        public readonly void Add(ReadOnlySpan<char> word, int position, int start, int end) => terms.Add(EnglishStemming.Instance.Stem(word.ToString()));

        public readonly void End(int words)
        {
            if (words > 0)
            {
                deaths.Add(_field, terms, words, _moment);
            }
        }
    }
}
