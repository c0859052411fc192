using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <summary>
/// The vectors of one field: an exact index, and the two mappings between its ordinals and the rows of the memtable. Objects without
/// a vector in the field take no space in the index.
/// </summary>
internal sealed class VectorColumn(string field, VectorFieldDefinition definition)
{
    private const int None = -1;

    private readonly ChunkedList<int> _rowOf = new();
    private readonly ChunkedList<byte> _generatedBy = new();
    private readonly ChunkedList<int> _ordinalOf = new();
    private readonly int[] _liveByVersion = new int[byte.MaxValue + 1];
    private readonly float[] _scratch = new float[definition.Dimensions];

    public string Field { get; } = field;

    public VectorFieldDefinition Definition { get; } = definition;

    public FlatIndex Index { get; } = new(definition.Dimensions, definition.Metric);

    /// <summary>Vectors appended so far.</summary>
    public int Count => _rowOf.Count;

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
    public void Died(int row)
    {
        if (_ordinalOf[row] is var ordinal && ordinal == None)
        {
            LiveWithout--;
        }
        else
        {
            _liveByVersion[_generatedBy[ordinal]]--;
        }
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
        _ordinalOf.Add(Index.Append(_scratch));
        _rowOf.Add(row);
        _generatedBy.Add(generatedBy);
        _liveByVersion[generatedBy]++;
    }

    /// <summary>The row of a vector.</summary>
    public int RowOf(int ordinal) => _rowOf[ordinal];

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
        Index.GetVector(ordinal, values);
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
}
