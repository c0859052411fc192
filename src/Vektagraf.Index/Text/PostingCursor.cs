using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// Walks over one list of postings, block by block. Until a block is decoded the cursor knows only that its rows are not below
/// <see cref="Row"/>, which is all that skipping needs. Reused from list to list; not thread-safe.
/// </summary>
internal sealed class PostingCursor
{
    /// <summary>The row behind the last one.</summary>
    public const int End = int.MaxValue;

    private const int Near = 8;

    private readonly int[] _rows = new int[PostingWriter.BlockLength];
    private byte[] _bytes = [];
    private int _listStart;
    private int _table;
    private int _blocks;
    private int _block;
    private int _postings;
    private int _inBlock;
    private int _index;
    private int _frequencies;
    private int _frequencyWidth;
    private int _positions;
    private int _positionIndex;

    /// <summary>The present row, or one that none of the rows left is below; <see cref="End"/> where none is left.</summary>
    public int Row { get; private set; }

    /// <summary>Whether <see cref="Row"/> is a row of the list.</summary>
    public bool IsDecoded { get; private set; }

    /// <summary>Last row of the present block.</summary>
    public int BlockLast { get; private set; }

    /// <summary>How often the word occurs in the present row.</summary>
    public int Frequency
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => FrequencyAt(_index);
    }

    /// <summary>Begins a list.</summary>
    public void Open(in PostingList list)
    {
        (Row, IsDecoded, BlockLast) = (End, true, End);
        (_postings, _inBlock, _index, _table) = (list.Count, 0, 0, -1);
        if (list.IsEmpty)
        {
            return;
        }

        _bytes = list.Bytes;
        _listStart = list.ListStart;
        _blocks = (_postings + PostingWriter.BlockLength - 1) / PostingWriter.BlockLength;
        if (_blocks == 1)
        {
            _block = 0;
            Decode(list.Start, -1);
            BlockLast = _rows[_inBlock - 1];
        }
        else
        {
            _table = list.Start + Impacts.Bytes;
            BeginBlock(0, 0);
        }
    }

    /// <summary>The greatest score that any posting of the list has.</summary>
    public float ListBound(in TermWeight weight, ushort[] lengths) =>
        _postings == 0 ? 0
        : _table >= 0 ? Impacts.Bound(_bytes.AsSpan(_table - Impacts.Bytes), weight)
        : ExactBound(weight, lengths);

    /// <summary>The greatest score that a posting of the present block can have.</summary>
    /// <param name="weight">The weight of the word.</param>
    /// <param name="listBound">The greatest score of the list.</param>
    public float BlockBound(in TermWeight weight, float listBound) =>
        _table < 0 ? listBound : Impacts.Bound(_bytes.AsSpan(EntryOf(_block) + (2 * sizeof(int))), weight);

    /// <summary>Goes on to the first block that has rows from a row on; looks at none of its rows.</summary>
    public void SkipTo(int target)
    {
        if (target <= Row)
        {
            return;
        }

        if (target > BlockLast)
        {
            FindBlock(target);
        }

        if (Row != End && target > Row)
        {
            if (IsDecoded)
            {
                Seek(target);
            }
            else
            {
                Row = target;
            }
        }
    }

    /// <summary>Goes on to the first row from a row on.</summary>
    /// <returns>It.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Advance(int target)
    {
        if (IsDecoded && target <= Row)
        {
            return Row;
        }

        return AdvanceFar(target);
    }

    /// <summary>Goes on to the next row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next()
    {
        int next = _index + 1;
        if (next < _inBlock)
        {
            _index = next;
            return Row = _rows[next];
        }

        return AdvanceFar(BlockLast + 1);
    }

    /// <summary>Postings whose row is below one.</summary>
    public int CountBelow(int row)
    {
        Advance(row);
        return Row == End ? _postings : (_block * PostingWriter.BlockLength) + _index;
    }

    /// <summary>Reads the positions of the present row.</summary>
    public void ReadPositions(List<int> positions)
    {
        for (; _positionIndex < _index; _positionIndex++)
        {
            for (int left = FrequencyAt(_positionIndex); left > 0; left--)
            {
                while (_bytes[_positions++] >= 0x80)
                {
                }
            }
        }

        positions.Clear();
        int at = _positions;
        int position = 0;
        for (int left = Frequency; left > 0; left--)
        {
            position += (int)Varint.Read(_bytes, ref at);
            positions.Add(position);
        }
    }

    private int AdvanceFar(int target)
    {
        SkipTo(target);
        if (!IsDecoded)
        {
            int wanted = Row;
            Decode(_listStart + BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(EntryOf(_block) + sizeof(int))), _block == 0 ? -1 : LastRowOf(_block - 1));
            if (wanted > Row)
            {
                Seek(wanted);
            }
        }

        return Row;
    }

    private void FindBlock(int target)
    {
        if (_table < 0)
        {
            Finish();
            return;
        }

        // Mostly the next one; else by ever longer steps.
        int low = _block + 1;
        int step = 1;
        while (low + step < _blocks && LastRowOf(low + step - 1) < target)
        {
            low += step;
            step *= 2;
        }

        int high = Math.Min(_blocks, low + step);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (LastRowOf(middle) < target)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        if (low == _blocks)
        {
            Finish();
        }
        else
        {
            BeginBlock(low, LastRowOf(low - 1) + 1);
        }
    }

    private void Finish() => (Row, IsDecoded, BlockLast, _index) = (End, true, End, _inBlock);

    private void BeginBlock(int block, int leastRow)
    {
        _block = block;
        IsDecoded = false;
        Row = leastRow;
        BlockLast = LastRowOf(block);
    }

    /// <summary>Within the decoded block, whose last row is not below the target.</summary>
    private void Seek(int target)
    {
        int i = _index;
        int near = Math.Min(_inBlock - 1, i + Near);
        while (i < near && _rows[i] < target)
        {
            i++;
        }

        if (_rows[i] < target)
        {
            int at = _rows.AsSpan(i, _inBlock - i).BinarySearch(target);
            i += at < 0 ? ~at : at;
        }

        _index = i;
        Row = _rows[i];
    }

    private void Decode(int at, int before)
    {
        _inBlock = Math.Min(PostingWriter.BlockLength, _postings - (_block * PostingWriter.BlockLength));
        int widths = _bytes[at++];
        int width = widths & 0xF;
        _frequencyWidth = widths >> 4;
        ReadOnlySpan<byte> deltas = _bytes.AsSpan(at, _inBlock * width);
        Span<int> rows = _rows.AsSpan(0, _inBlock);
        switch (width)
        {
            case 1:
                for (int i = 0; i < rows.Length; i++)
                {
                    rows[i] = before += deltas[i] + 1;
                }

                break;
            case 2:
                ReadOnlySpan<ushort> shorts = MemoryMarshal.Cast<byte, ushort>(deltas);
                for (int i = 0; i < rows.Length; i++)
                {
                    rows[i] = before += (BitConverter.IsLittleEndian ? shorts[i] : BinaryPrimitives.ReverseEndianness(shorts[i])) + 1;
                }

                break;
            default:
                for (int i = 0; i < rows.Length; i++)
                {
                    rows[i] = before += BinaryPrimitives.ReadInt32LittleEndian(deltas[(i * sizeof(int))..]) + 1;
                }

                break;
        }

        _frequencies = at + deltas.Length;
        _positions = _frequencies + (_inBlock * _frequencyWidth);
        (_positionIndex, _index, IsDecoded, Row) = (0, 0, true, rows[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FrequencyAt(int index) => _frequencyWidth switch
    {
        0 => 1,
        1 => _bytes[_frequencies + index] + 1,
        2 => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(_frequencies + (index * 2))) + 1,
        _ => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(_frequencies + (index * sizeof(int)))) + 1,
    };

    private float ExactBound(in TermWeight weight, ushort[] lengths)
    {
        float bound = 0;
        for (int i = 0; i < _inBlock; i++)
        {
            bound = Math.Max(bound, weight.Score(FrequencyAt(i), lengths[_rows[i]]));
        }

        return bound;
    }

    private int EntryOf(int block) => _table + (block * PostingWriter.BlockEntryBytes);

    private int LastRowOf(int block) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(EntryOf(block)));
}
