using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// Sparse vectors as they were given, row after row: each the dimensions it has, ascending, and a weight for each. One thread appends while
/// others read rows they learned of after they were appended.
/// </summary>
public sealed class SparseRows
{
    private const int BlockLength = 1 << 16;
    private const int ChunkBits = 12;
    private const int ChunkRows = 1 << ChunkBits;

    private uint[][] _blocks = new uint[4][];
    private Place[][] _places = new Place[4][];
    private int _blockCount;
    private int _count;
    private int _used;
    private int _length;
    private long _entries;
    private long _words;

    /// <summary>Rows appended so far, those without a vector included.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Weights of all rows.</summary>
    public long Entries => Volatile.Read(ref _entries);

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => (Volatile.Read(ref _words) * sizeof(uint)) + ((Count + ChunkRows - 1L) / ChunkRows * ChunkRows * 3 * sizeof(int));

    /// <summary>The vector of a row.</summary>
    public SparseVector this[int row]
    {
        get
        {
            Place place = Volatile.Read(ref _places)[row >> ChunkBits][row & (ChunkRows - 1)];
            if (place.Count == 0)
            {
                return default;
            }

            ReadOnlySpan<uint> words = Volatile.Read(ref _blocks)[place.Block].AsSpan(place.Start, 2 * place.Count);
            return new SparseVector(words[..place.Count], MemoryMarshal.Cast<uint, float>(words[place.Count..]));
        }
    }

    /// <summary>Appends the vector of the next row.</summary>
    /// <param name="vector">The vector; an empty one where the row has none.</param>
    /// <returns>The row.</returns>
    public int Append(SparseVector vector)
    {
        Place place = vector.IsEmpty ? default : Store(vector);
        int row = _count;
        int chunk = row >> ChunkBits;
        Place[][] places = _places;
        if (chunk == places.Length)
        {
            Array.Resize(ref places, chunk * 2);
        }

        places[chunk] ??= new Place[ChunkRows];
        places[chunk][row & (ChunkRows - 1)] = place;
        Volatile.Write(ref _places, places);
        Volatile.Write(ref _count, row + 1);
        return row;
    }

    private Place Store(SparseVector vector)
    {
        int words = 2 * vector.Count;
        if (_used + words > _length)
        {
            // The first block is a short one, so that few vectors take little.
            AddBlock(Math.Max(words, _blockCount == 0 ? ChunkRows : BlockLength));
        }

        uint[] block = _blocks[_blockCount - 1];
        Place place = new(_blockCount - 1, _used, vector.Count);
        vector.Indices.CopyTo(block.AsSpan(_used));
        MemoryMarshal.Cast<float, uint>(vector.Values).CopyTo(block.AsSpan(_used + vector.Count));
        _used += words;
        Volatile.Write(ref _entries, _entries + vector.Count);
        return place;
    }

    private void AddBlock(int length)
    {
        uint[][] blocks = _blocks;
        if (_blockCount == blocks.Length)
        {
            Array.Resize(ref blocks, _blockCount * 2);
        }

        blocks[_blockCount++] = GC.AllocateUninitializedArray<uint>(length);
        Volatile.Write(ref _blocks, blocks);
        Volatile.Write(ref _words, _words + length);
        (_used, _length) = (0, length);
    }

    private readonly record struct Place(int Block, int Start, int Count);
}
