using System.Collections.Concurrent;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>
/// What the un-folded tail of the log says, in memory: one row for each version of each object, in the order of the log.
/// One writer (the log's gate) appends; any number of readers read snapshots without locks. Rows are never changed but for the mark
/// when they died, so a snapshot is two numbers, and every sequence number since the start of the tail can be read as of.
/// </summary>
internal sealed partial class Memtable
{
    /// <summary>No row.</summary>
    public const int NoRow = -1;

    private const ulong Alive = ulong.MaxValue;

    private readonly ConcurrentDictionary<string, int> _latest = new(StringComparer.Ordinal);
    private readonly ChunkedList<Row> _rows = new();
    private readonly ChunkedList<ulong> _diedAt = new();
    private readonly ByteArena _properties = new();
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly (byte[] Name, FieldDefinition Definition, FieldColumn Column)[] _columns;
    private readonly Dictionary<string, FieldColumn> _columnsByName;
    private readonly FieldValue[] _rowValues;
    private readonly VectorColumn[] _vectors;
    private readonly SparseColumn[] _sparse;

    private MemtableSnapshot _published;
    private long _liveObjects;

    /// <summary>Creates an empty memtable.</summary>
    /// <param name="definition">The collection's definition.</param>
    /// <param name="sequence">The entry the tail begins after.</param>
    /// <param name="needs">What other shards have to be through at that position, <see cref="TransactionProgress.Needs"/>; null for nothing.</param>
    /// <param name="hosting">What its vectors may take; null for no limits.</param>
    public Memtable(CollectionDefinition definition, ulong sequence, IReadOnlyList<ulong>? needs = null, VectorHosting? hosting = null)
    {
        _columns =
        [
            .. definition.Fields
                .Select(f => (Name: System.Text.Encoding.UTF8.GetBytes(f.Key), Definition: f.Value, Column: FieldColumn.For(f.Value.Type)!))
                .Where(c => c.Column is not null),
        ];
        _columnsByName = _columns.ToDictionary(c => System.Text.Encoding.UTF8.GetString(c.Name), c => c.Column, StringComparer.Ordinal);
        _indexes = IndexesOf(_columns);
        _typeIndex = new RowIndex(FieldType.String, ReadType);
        Definition = definition;
        _rowValues = new FieldValue[_columns.Length];
        _vectors = [.. definition.Vectors.Select(v => new VectorColumn(v.Key, v.Value, definition.Objective, hosting ?? VectorHosting.Unlimited))];
        _published = new MemtableSnapshot(this, 0, sequence, new int[_vectors.Length], needs is null ? TransactionProgress.None : new TransactionProgress([], needs), isNewest: true);
        BaseSequence = sequence;
        Text = CreateTextIndex(definition);
        _sparse = [.. definition.SparseNames.Select(name => new SparseColumn(name))];
    }

    /// <summary>The definition it was made for.</summary>
    public CollectionDefinition Definition { get; }

    /// <summary>The oldest position that can be read as of.</summary>
    public ulong BaseSequence { get; }

    /// <summary>The newest state: everything applied, nothing in between.</summary>
    public MemtableSnapshot Snapshot => Volatile.Read(ref _published);

    /// <summary>Live objects in the newest state.</summary>
    public long LiveObjects => Volatile.Read(ref _liveObjects);

    /// <summary>Bytes of properties held, dead rows included.</summary>
    public long PropertyBytes => _properties.AllocatedBytes;

    public IReadOnlyList<VectorColumn> Vectors => _vectors;

    public IReadOnlyList<SparseColumn> Sparse => _sparse;

    public IReadOnlyDictionary<string, FieldColumn> Columns => _columnsByName;

    /// <summary>The live version of an object, for the log's preconditions.</summary>
    public ObjectVersion? Find(string id) =>
        _latest.TryGetValue(id, out var row) && _diedAt[row] == Alive ? _rows[row].Version : null;

    /// <summary>Applies an entry and publishes it as a whole.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="progress">How far transactions across shards are with it.</param>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>: an object is not readable; nothing was applied.</exception>
    public void Apply(WalEntry entry, TransactionProgress progress)
    {
        // First all of them: an entry that fails halfway would be applied twice when it is read again.
        Verify(entry);
        var ordinal = 0;
        foreach (var transaction in entry.Transactions)
        {
            foreach (var operation in transaction.Applied)
            {
                var version = new ObjectVersion(entry.Sequence, ordinal++);
                var previous = Bury(operation.Id, entry.Sequence);
                if (operation.Kind == WalOperationKind.Put)
                {
                    Append(operation, version, previous);
                }
            }
        }

        Publish(entry.Sequence, progress);
    }

    private void Publish(ulong sequence, TransactionProgress progress)
    {
        var vectorCounts = new int[_vectors.Length];
        for (var i = 0; i < vectorCounts.Length; i++)
        {
            vectorCounts[i] = _vectors[i].Count;
        }

        Volatile.Write(ref _published, new MemtableSnapshot(this, _rows.Count, sequence, vectorCounts, progress, isNewest: true));
    }

    private static void Verify(WalEntry entry)
    {
        foreach (var transaction in entry.Transactions)
        {
            foreach (var operation in transaction.Operations)
            {
                if (operation.Kind == WalOperationKind.Put)
                {
                    ObjectCodec.Verify(operation.Payload.Span, operation.Id);
                }
            }
        }
    }

    internal bool IsVisible(int row, ulong sequence) =>
        row >= 0 && Volatile.Read(ref _diedAt[row]) > sequence && _rows[row].Version.Sequence <= sequence;

    internal int FindRow(string id, int rowCount, ulong sequence)
    {
        var row = _latest.GetValueOrDefault(id, NoRow);
        while (row != NoRow)
        {
            ref var candidate = ref _rows[row];
            if (row < rowCount && candidate.Version.Sequence <= sequence)
            {
                return Volatile.Read(ref _diedAt[row]) > sequence ? row : NoRow;
            }

            row = candidate.Previous;
        }

        return NoRow;
    }

    internal string IdOf(int row) => _rows[row].Id;

    internal string? TypeOf(int row) => _rows[row].Type;

    internal ReadOnlyMemory<byte> PropertiesOf(int row) => _properties.Read(_rows[row].Properties);

    internal ObjectVersion VersionOf(int row) => _rows[row].Version;

    private int Bury(string id, ulong sequence)
    {
        if (!_latest.TryGetValue(id, out var row))
        {
            return NoRow;
        }

        if (_diedAt[row] == Alive)
        {
            Volatile.Write(ref _diedAt[row], sequence);
            Volatile.Write(ref _liveObjects, _liveObjects - 1);
            NoteDeath(row, sequence);
            foreach (var vectors in _vectors)
            {
                vectors.Died(row, sequence);
            }

            Text?.Died(row);
        }

        return row;
    }

    private void Append(in WalOperation operation, ObjectVersion version, int previous)
    {
        var decoded = ObjectCodec.Decode(operation.Payload.Span, operation.Id);
        // The id string of an earlier version serves again.
        var id = previous == NoRow ? operation.Id : _rows[previous].Id;
        var row = AppendRow(id, decoded.Type, version, previous, decoded.Properties);
        AppendVectors(row, decoded.Vectors);
        AppendSparse(decoded.Sparse());
        Reveal(id, row);
    }

    private int AppendRow(string id, string? type, ObjectVersion version, int previous, ReadOnlySpan<byte> properties)
    {
        var row = AppendBareRow(id, type, version, previous, properties);
        AppendColumns(properties, _columns);
        return row;
    }

    private int AppendBareRow(string id, string? type, ObjectVersion version, int previous, ReadOnlySpan<byte> properties)
    {
        var row = _rows.Add(new Row(id, Intern(type), version, previous, _properties.Add(properties)));
        _diedAt.Add(Alive);
        return row;
    }

    private void Reveal(string id, int row)
    {
        _latest[id] = row;
        Volatile.Write(ref _liveObjects, _liveObjects + 1);
    }

    private void AppendColumns(ReadOnlySpan<byte> properties, (byte[] Name, FieldDefinition Definition, FieldColumn Column)[] columns)
    {
        if (columns.Length == 0)
        {
            return;
        }

        Array.Clear(_rowValues);
        var reader = new Utf8JsonReader(properties);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var column = FindColumn(ref reader, columns);
            reader.Read();
            if (column == NoRow)
            {
                reader.Skip();
            }
            else if (!JsonFieldValue.TryRead(columns[column].Definition.Type, ref reader, out _rowValues[column], out _))
            {
                // Saved before the field was declared, with another type: for filters it has no value.
                _rowValues[column] = FieldValue.Null;
            }
        }

        for (var i = 0; i < columns.Length; i++)
        {
            columns[i].Column.Append(_rowValues[i]);
        }
    }

    private static int FindColumn(ref Utf8JsonReader reader, (byte[] Name, FieldDefinition Definition, FieldColumn Column)[] columns)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            if (reader.ValueTextEquals(columns[i].Name))
            {
                return i;
            }
        }

        return NoRow;
    }

    private void AppendVectors(int row, ObjectCodec.VectorReader vectors)
    {
        Span<bool> seen = stackalloc bool[_vectors.Length];
        while (vectors.TryRead(out var field, out var generatedBy, out var values))
        {
            for (var i = 0; i < _vectors.Length; i++)
            {
                if (!seen[i] && string.Equals(_vectors[i].Field, field, StringComparison.Ordinal))
                {
                    _vectors[i].Append(row, values, generatedBy);
                    seen[i] = true;
                }
            }
        }

        for (var i = 0; i < _vectors.Length; i++)
        {
            if (!seen[i])
            {
                _vectors[i].Append(row, default, generatedBy: 0);
            }
        }
    }

    private void AppendSparse(IReadOnlyList<NamedSparseVector> vectors)
    {
        foreach (var column in _sparse)
        {
            column.Append(vectors);
        }
    }

    private string? Intern(string? type)
    {
        if (type is null)
        {
            return null;
        }

        if (!_types.TryGetValue(type, out var interned))
        {
            _types.Add(type, type);
            interned = type;
        }

        return interned;
    }

    private readonly record struct Row(string Id, string? Type, ObjectVersion Version, int Previous, ArenaSlice Properties);
}
