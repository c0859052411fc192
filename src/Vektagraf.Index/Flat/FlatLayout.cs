using System.Numerics;

namespace Vektagraf.Index;

/// <summary>How rows of one length lie in memory.</summary>
internal sealed record FlatLayout
{
    /// <summary>
    /// Bytes of a full chunk. Large enough to lie on huge pages and for the loop over chunks to cost nothing; what a new chunk does not use
    /// yet is address space, not memory.
    /// </summary>
    private const int ChunkBytes = 16 << 20;

    /// <summary>Bytes scanned between two looks at the cancellation token, and handed to a thread at once.</summary>
    private const int BlockBytes = 512 << 10;

    /// <summary>The most rows in a block: the numbers of those that a filter accepts stay in a first-level cache.</summary>
    private const int MaxBlockRows = 4096;

    /// <summary>Bytes of rows that a batch of queries shares: they stay in a second-level cache (256 KiB and more) while every query reads them.</summary>
    private const int BatchBlockBytes = 128 << 10;

    private const int FloatsPerLine = PinnedBuffer<float>.Alignment / sizeof(float);

    /// <summary>Padding is taken when it adds at most one part in this many.</summary>
    private const int LargestPadding = 16;

    /// <summary>Chooses the layout.</summary>
    /// <param name="dimensions">Components of each row.</param>
    /// <param name="chunkBytes">Bytes of a full chunk; tests make it small to reach many chunks.</param>
    public FlatLayout(int dimensions, int chunkBytes = ChunkBytes)
    {
        Dimensions = dimensions;
        Stride = ChooseStride(dimensions);
        ChunkShift = LogRows(chunkBytes);
        BlockRows = Math.Min(MaxBlockRows, 1 << Math.Min(ChunkShift, LogRows(BlockBytes)));
        BatchBlockRows = Math.Min(BlockRows, 1 << LogRows(BatchBlockBytes));
    }

    public int Dimensions { get; }

    /// <summary>Floats from one row to the next; those beyond the dimensions are zero.</summary>
    public int Stride { get; }

    /// <summary>Base-2 logarithm of the rows in a full chunk.</summary>
    public int ChunkShift { get; }

    /// <summary>Rows in a full chunk: a power of two, at least 4, so that the four-row kernel always starts at a multiple of 4.</summary>
    public int ChunkRows => 1 << ChunkShift;

    /// <summary>Rows scanned at once.</summary>
    public int BlockRows { get; }

    /// <summary>Rows that a batch of queries shares.</summary>
    public int BatchBlockRows { get; }

    /// <summary>
    /// Rows are padded to whole cache lines when that is nearly free. Aligned rows spare every AVX-512 load, and every other AVX2 load, from
    /// straddling two lines, and spare the kernel its masked tail: a gain while rows are in cache. From memory only bytes count, so 100
    /// dimensions stay 100: padding them to 112 would read 12% more.
    /// </summary>
    private static int ChooseStride(int dimensions)
    {
        int padded = (dimensions + FloatsPerLine - 1) / FloatsPerLine * FloatsPerLine;
        return padded - dimensions <= dimensions / LargestPadding ? padded : dimensions;
    }

    private int LogRows(int bytes) => Math.Max(2, BitOperations.Log2((uint)Math.Max(1, bytes / (Stride * sizeof(float)))));
}

/// <summary>Consecutive rows and, for cosine, their inverse norms. Row r of chunk c has ordinal c · rows per chunk + r.</summary>
internal sealed class FlatChunk(FlatLayout layout, int capacity, bool withNorms, VectorMemory? memory)
{
    /// <summary>Rows that fit.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>The original vectors, padded with zeros to the stride.</summary>
    public PinnedBuffer<float> Rows { get; } = VectorMemory.Allocate(memory, checked(capacity * layout.Stride));

    /// <summary>1/‖row‖ for each row; null where the metric does not ask for it.</summary>
    public PinnedBuffer<float>? InverseNorms { get; } = withNorms ? new PinnedBuffer<float>(capacity) : null;

    /// <summary>Floats from one row to the next.</summary>
    public int Stride => layout.Stride;

    /// <summary>The first inverse norm, or null; valid while the chunk is reachable.</summary>
    public unsafe float* Norms => InverseNorms is null ? null : InverseNorms.Pointer;

    /// <summary>Bytes that the collector owns.</summary>
    public long MemoryBytes => (Rows.Block is null ? Rows.MemoryBytes : 0) + (InverseNorms?.MemoryBytes ?? 0);

    /// <summary>Bytes in a block of a <see cref="VectorMemory"/>.</summary>
    public long MappedBytes => Rows.Block is null ? 0 : Rows.MemoryBytes;

    /// <summary>Stores a row; readers must not look at it before the index has published it.</summary>
    public void Write(int row, ReadOnlySpan<float> vector)
    {
        Span<float> destination = Rows.Slice(row * layout.Stride, layout.Stride);
        vector.CopyTo(destination);
        destination[vector.Length..].Clear();
        if (InverseNorms is not null)
        {
            InverseNorms.Slice(row, 1)[0] = VectorMath.InverseNorm(vector);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Copies the first rows of a smaller chunk that this one takes the place of.</summary>
    public void CopyFrom(FlatChunk smaller)
    {
        smaller.Rows.Slice(0, smaller.Rows.Length).CopyTo(Rows.Slice(0, smaller.Rows.Length));
        smaller.InverseNorms?.Slice(0, smaller.Capacity).CopyTo(InverseNorms!.Slice(0, smaller.Capacity));
        GC.KeepAlive(smaller);
        GC.KeepAlive(this);
    }
}
