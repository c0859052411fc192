using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <summary>
/// The vectors of one field, an index over them, and the two mappings between their ordinals and the rows of the memtable. Objects without
/// a vector in the field take no space here.
/// </summary>
internal sealed partial class VectorColumn
{
    private const int None = -1;

    private readonly SearchObjective _objective;
    private readonly VectorHosting _hosting;

    private readonly ChunkedList<int> _rowOf = new();
    private readonly ChunkedList<byte> _generatedBy = new();
    private readonly ChunkedList<int> _ordinalOf = new();
    private readonly int[] _liveByVersion = new int[byte.MaxValue + 1];
    private readonly float[] _scratch;
    private readonly ChunkedList<Death> _deaths = new();
    private ulong[] _dead = [];
    private int _deathCount;
    private int _deadCount;

    /// <summary>Makes a column without vectors.</summary>
    /// <param name="field">The field.</param>
    /// <param name="definition">What it holds.</param>
    /// <param name="objective">What its searches must reach.</param>
    /// <param name="hosting">What its vectors may take.</param>
    public VectorColumn(string field, VectorFieldDefinition definition, SearchObjective objective, VectorHosting hosting)
    {
        _objective = objective;
        _hosting = hosting;
        _scratch = new float[definition.Dimensions];
        Field = field;
        Definition = definition;
        Vectors = new FlatIndex(definition.Dimensions, definition.Metric, hosting.Memory);
        _index = Vectors;
    }

    public string Field { get; }

    public VectorFieldDefinition Definition { get; }

    /// <summary>The vectors as they were given.</summary>
    public FlatIndex Vectors { get; }

    /// <summary>Vectors appended so far.</summary>
    public int Count => _rowOf.Count;

    /// <summary>Vectors of rows that died, and places without a vector.</summary>
    public int DeadCount => Volatile.Read(ref _deadCount);

    /// <summary>Whether the row of a vector may have died. Who knows a snapshot knows all that died before it was published.</summary>
    public bool MayBeDead(int ordinal)
    {
        var words = Volatile.Read(ref _dead);
        return ordinal >> 6 < words.Length && ((words[ordinal >> 6] >> (ordinal & 63)) & 1) != 0;
    }

    /// <summary>Filters that came again.</summary>
    public FilterBitmaps Filters { get; } = new();

    /// <summary>Takes the dead out of a bitmap of vectors.</summary>
    /// <param name="words">The bitmap.</param>
    /// <param name="sequence">The state that they count as dead in: the newest when a snapshot was taken.</param>
    /// <returns>A bitmap of those that lived then; the same one where none is dead.</returns>
    public ulong[] WithoutDead(ulong[] words, ulong sequence)
    {
        if (DeadCount == 0)
        {
            return words;
        }

        var dead = Volatile.Read(ref _dead);
        var live = new ulong[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            live[i] = words[i] & ~(i < dead.Length ? Volatile.Read(ref dead[i]) : 0);
        }

        // Deaths are listed before they are marked, in the order of their entries: those that came after the state are the last ones.
        for (var i = Volatile.Read(ref _deathCount) - 1; i >= 0 && _deaths[i] is var death && death.Sequence > sequence; i--)
        {
            if (death.Ordinal >> 6 < words.Length)
            {
                live[death.Ordinal >> 6] |= words[death.Ordinal >> 6] & (1UL << (death.Ordinal & 63));
            }
        }

        return live;
    }

    /// <summary>Live rows that have no vector.</summary>
    public int LiveWithout { get; private set; }

    /// <summary>Live rows whose vector an embedding model of another version made.</summary>
    /// <param name="version">The version in force.</param>
    public int LiveOfOtherVersions(byte version)
    {
        var count = 0;
        for (var v = 1; v < _liveByVersion.Length; v++)
        {
            count += v == version ? 0 : Volatile.Read(ref _liveByVersion[v]);
        }

        return count;
    }

    /// <summary>Takes note that a row died.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sequence">The entry that it died by.</param>
    public void Died(int row, ulong sequence)
    {
        if (_ordinalOf[row] is var ordinal && ordinal == None)
        {
            LiveWithout--;
        }
        else
        {
            _liveByVersion[_generatedBy[ordinal]]--;
            _deaths.Add(new Death(ordinal, sequence));
            Volatile.Write(ref _deathCount, _deaths.Count);
            MarkDead(ordinal);
        }
    }

    /// <summary>Makes places for the vectors that an index numbers, in its order.</summary>
    public void AppendPlaces(int count)
    {
        Vectors.AppendUnset(count);
        for (var ordinal = 0; ordinal < count; ordinal++)
        {
            _rowOf.Add(None);
            _generatedBy.Add(0);
            MarkDead(ordinal);
        }
    }

    /// <summary>Puts the vector of the next row in its place. Only while nobody searches.</summary>
    /// <param name="row">The row.</param>
    /// <param name="ordinal">The place.</param>
    /// <param name="littleEndian">Its components.</param>
    /// <param name="generatedBy">Version of the model that made it; 0 for none.</param>
    public void Place(int row, int ordinal, ReadOnlySpan<byte> littleEndian, byte generatedBy)
    {
        LittleEndianFloats.Read(littleEndian, _scratch);
        Vectors.Place(ordinal, _scratch);
        _ordinalOf.Add(ordinal);
        _rowOf[ordinal] = row;
        _generatedBy[ordinal] = generatedBy;
        _liveByVersion[generatedBy]++;
        _dead[ordinal >> 6] &= ~(1UL << (ordinal & 63));
        _deadCount--;
    }

    private void MarkDead(int ordinal)
    {
        var words = _dead;
        if (ordinal >> 6 >= words.Length)
        {
            Array.Resize(ref words, Math.Max((ordinal >> 6) + 1, 2 * words.Length));
        }

        Volatile.Write(ref words[ordinal >> 6], words[ordinal >> 6] | (1UL << (ordinal & 63)));
        Volatile.Write(ref _dead, words);
        Volatile.Write(ref _deadCount, _deadCount + 1);
    }

    /// <summary>Appends the vector of the next row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="littleEndian">Its components; empty where it has none.</param>
    /// <param name="generatedBy">Version of the model that made it; 0 for none.</param>
    public void Append(int row, ReadOnlySpan<byte> littleEndian, byte generatedBy)
    {
        // A field that was dropped and declared anew may meet vectors of the old length in the log: they are no longer its own.
        if (littleEndian.Length != Definition.Dimensions * sizeof(float))
        {
            _ordinalOf.Add(None);
            LiveWithout++;
            return;
        }

        LittleEndianFloats.Read(littleEndian, _scratch);
        _rowOf.Add(row);
        _generatedBy.Add(generatedBy);
        // Last: whoever indexes meets a vector as soon as it is there.
        _ordinalOf.Add(Vectors.Append(_scratch));
        _liveByVersion[generatedBy]++;
    }

    /// <summary>The row of a vector; negative where there is none any more.</summary>
    public int RowOf(int ordinal) => _rowOf[ordinal];

    /// <summary>The vector of a row; negative where it has none.</summary>
    public int OrdinalOf(int row) => _ordinalOf[row];

    /// <summary>Copies the vector of a row.</summary>
    /// <returns>The vector as it was given; null where the row has none.</returns>
    public NamedVector? Read(int row)
    {
        var ordinal = _ordinalOf[row];
        if (ordinal == None)
        {
            return null;
        }

        var values = new float[Definition.Dimensions];
        Vectors.GetVector(ordinal, values);
        return new NamedVector(Field, values, _generatedBy[ordinal]);
    }

    /// <summary>Copies the vector of a row as segments keep it.</summary>
    /// <returns>Null where the row has none.</returns>
    public SegmentVector? ReadBytes(int row)
    {
        if (Read(row) is not { } vector)
        {
            return null;
        }

        var bytes = new byte[vector.Values.Length * sizeof(float)];
        for (var i = 0; i < vector.Values.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector.Values.Span[i]);
        }

        return new SegmentVector(Field, bytes, vector.GeneratedBy);
    }

    /// <summary>Version of the model that made the vector of a row; 0 for a client's vector, null where the row has none.</summary>
    public byte? GeneratedBy(int row) => _ordinalOf[row] is var ordinal && ordinal == None ? null : _generatedBy[ordinal];

    private readonly record struct Death(int Ordinal, ulong Sequence);
}
