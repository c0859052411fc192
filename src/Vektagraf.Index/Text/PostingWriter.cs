using System.Buffers.Binary;
using System.Numerics;

namespace Vektagraf.Index;

/// <summary>
/// Writes lists of postings, one after the other, into one run of bytes. A list of up to <see cref="BlockLength"/> postings is its count and
/// one block:
/// <code>
/// list   = count:varint block                                                        up to 128 postings
///        | count:varint impacts (lastRow:i32 offset:i32 impacts)… block…             more: of each block its last row, its place, its impacts
/// block  = widths:u8 rowDelta… frequency… position…
/// </code>
/// Rows are stored as differences less one, in 1, 2 or 4 bytes each as the block needs, frequencies in 0 (all are one), 1, 2 or 4, so that
/// the frequency of a posting is found without decoding those before it. Positions within a text are varints of their differences. Integers are
/// little-endian. Not thread-safe.
/// </summary>
internal sealed class PostingWriter
{
    /// <summary>Postings of a block.</summary>
    public const int BlockLength = 128;

    /// <summary>Bytes that the table of blocks has for each.</summary>
    public const int BlockEntryBytes = (2 * sizeof(int)) + Impacts.Bytes;

    private byte[] _bytes = new byte[4096];
    private byte[] _positions = new byte[1024];
    private int[] _rows = new int[BlockLength];
    private int[] _frequencies = new int[BlockLength];
    private int[] _lengths = new int[BlockLength];
    private int[] _positionEnds = new int[BlockLength];
    private int _count;
    private int _positionBytes;
    private int _lastPosition;

    /// <summary>Bytes written, those of the list under way not among them.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Forgets everything, and keeps the room.</summary>
    public void Clear() => Length = 0;

    /// <summary>Begins a posting: rows ascend within a list.</summary>
    /// <param name="row">The row.</param>
    /// <param name="length">Words of its text.</param>
    public void BeginPosting(int row, int length)
    {
        if (_count == _rows.Length)
        {
            int room = _count * 2;
            Array.Resize(ref _rows, room);
            Array.Resize(ref _frequencies, room);
            Array.Resize(ref _lengths, room);
            Array.Resize(ref _positionEnds, room);
        }

        _rows[_count] = row;
        _lengths[_count] = length;
        _frequencies[_count] = 0;
        _positionEnds[_count] = _positionBytes;
        _lastPosition = 0;
        _count++;
    }

    /// <summary>Adds an occurrence to the posting begun last; positions do not descend within a posting.</summary>
    public void AddPosition(int position)
    {
        EnsureRoom(ref _positions, _positionBytes + 5);
        _positionBytes += WriteVarint(_positions.AsSpan(_positionBytes), (uint)(position - _lastPosition));
        _lastPosition = position;
        _frequencies[_count - 1]++;
        _positionEnds[_count - 1] = _positionBytes;
    }

    /// <summary>Says how often the posting begun last occurs, where positions do not matter.</summary>
    public void SetFrequency(int frequency) => _frequencies[_count - 1] = frequency;

    /// <summary>Ends the list.</summary>
    /// <returns>Where it begins.</returns>
    public int EndList()
    {
        int start = Length;
        EnsureRoom(ref _bytes, Length + 5);
        Length += WriteVarint(_bytes.AsSpan(Length), (uint)_count);
        if (_count <= BlockLength)
        {
            WriteBlock(0, _count, baseRow: -1);
        }
        else
        {
            WriteBlocks(start);
        }

        (_count, _positionBytes) = (0, 0);
        return start;
    }

    private void WriteBlocks(int start)
    {
        int blocks = (_count + BlockLength - 1) / BlockLength;
        int table = Length;
        EnsureRoom(ref _bytes, table + Impacts.Bytes + (blocks * BlockEntryBytes));
        WriteImpacts(0, _count, table);
        int entry = table + Impacts.Bytes;
        Length = entry + (blocks * BlockEntryBytes);
        int baseRow = -1;
        for (int from = 0; from < _count; from += BlockLength)
        {
            int to = Math.Min(_count, from + BlockLength);
            BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(entry), _rows[to - 1]);
            BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(entry + sizeof(int)), Length - start);
            WriteImpacts(from, to, entry + (2 * sizeof(int)));
            WriteBlock(from, to, baseRow);
            entry += BlockEntryBytes;
            baseRow = _rows[to - 1];
        }
    }

    private void WriteImpacts(int from, int to, int at)
    {
        Impacts impacts = new(stackalloc (int, int)[Impacts.Collected]);
        for (int i = from; i < to; i++)
        {
            impacts.Add(_frequencies[i], _lengths[i]);
        }

        impacts.Write(_bytes.AsSpan(at));
    }

    private void WriteBlock(int from, int to, int baseRow)
    {
        int rowBits = 0;
        int frequencyBits = 0;
        for (int i = from, before = baseRow; i < to; before = _rows[i++])
        {
            rowBits |= _rows[i] - before - 1;
            frequencyBits |= _frequencies[i] - 1;
        }

        int rowWidth = WidthOf(rowBits);
        int frequencyWidth = frequencyBits == 0 ? 0 : WidthOf(frequencyBits);
        int positionStart = from == 0 ? 0 : _positionEnds[from - 1];
        int positionBytes = to == from ? 0 : _positionEnds[to - 1] - positionStart;
        EnsureRoom(ref _bytes, Length + 1 + ((to - from) * (rowWidth + frequencyWidth)) + positionBytes);
        _bytes[Length++] = (byte)(rowWidth | (frequencyWidth << 4));
        for (int i = from, before = baseRow; i < to; before = _rows[i++])
        {
            WriteFixed(_rows[i] - before - 1, rowWidth);
        }

        for (int i = from; i < to && frequencyWidth > 0; i++)
        {
            WriteFixed(_frequencies[i] - 1, frequencyWidth);
        }

        _positions.AsSpan(positionStart, positionBytes).CopyTo(_bytes.AsSpan(Length));
        Length += positionBytes;
    }

    private void WriteFixed(int value, int width)
    {
        Span<byte> target = _bytes.AsSpan(Length);
        switch (width)
        {
            case 1:
                target[0] = (byte)value;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)value);
                break;
            default:
                BinaryPrimitives.WriteInt32LittleEndian(target, value);
                break;
        }

        Length += width;
    }

    private static int WidthOf(int bits) => (32 - BitOperations.LeadingZeroCount((uint)bits)) switch { <= 8 => 1, <= 16 => 2, _ => 4 };

    private static int WriteVarint(Span<byte> target, uint value)
    {
        int length = 0;
        while (value >= 0x80)
        {
            target[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[length++] = (byte)value;
        return length;
    }

    private static void EnsureRoom(ref byte[] bytes, int length)
    {
        if (length > bytes.Length)
        {
            Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max(length, bytes.Length * 2L)));
        }
    }
}
