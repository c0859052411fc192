namespace Vektagraf.Index;

/// <summary>
/// Exact search by scanning every vector. Rows are kept as given, in order, beside their inverse norms for cosine.
/// </summary>
/// <remarks>
/// <para>One writer may append while many threads search, without locks: a row is written first and counted after, and nobody reads rows that
/// are not counted. Memory belongs to the garbage collector (pinned arrays, or blocks of a <see cref="VectorMemory"/> that it releases), so a
/// search in flight keeps what it reads; there is nothing to dispose.</para>
/// <para>Vectors should have finite components below about 10¹⁸ in magnitude: beyond that a dot product may overflow, its distance become
/// infinite or NaN, and a NaN distance is never found.</para>
/// </remarks>
public sealed partial class FlatIndex : IVectorIndex
{
    /// <summary>The most components a vector may have.</summary>
    public const int MaxDimensions = 16_384;

    private const int InitialRows = 16;

    private readonly FlatLayout _layout;
    private readonly VectorMemory? _memory;
    private FlatChunk[] _chunks = [];
    private int _count;

    /// <summary>Makes an empty index.</summary>
    /// <param name="dimensions">Components of each vector, 1 to <see cref="MaxDimensions"/>.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="capacity">Rows to make room for at once, when known; the index grows beyond as needed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public FlatIndex(int dimensions, DistanceMetric metric, int capacity = 0)
        : this(new FlatLayout(RequireDimensions(dimensions)), metric, capacity)
    {
    }

    /// <summary>Makes an empty index whose vectors are kept in a given memory.</summary>
    /// <param name="dimensions">Components of each vector, 1 to <see cref="MaxDimensions"/>.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="memory">Where vectors are kept; null for the heap.</param>
    /// <param name="capacity">Rows to make room for at once, when known; the index grows beyond as needed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public FlatIndex(int dimensions, DistanceMetric metric, VectorMemory? memory, int capacity = 0)
        : this(new FlatLayout(RequireDimensions(dimensions)), metric, capacity, memory)
    {
    }

    /// <summary>Makes an empty index of a given layout.</summary>
    internal FlatIndex(FlatLayout layout, DistanceMetric metric, int capacity = 0, VectorMemory? memory = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        if (!Enum.IsDefined(metric))
        {
            throw new ArgumentOutOfRangeException(nameof(metric), metric, "Unknown distance metric.");
        }

        _layout = layout;
        _memory = memory;
        Metric = metric;
        if (capacity > 0)
        {
            _chunks = [NewChunk(Math.Min(capacity, _layout.ChunkRows))];
        }
    }

    /// <inheritdoc/>
    public int Dimensions => _layout.Dimensions;

    /// <inheritdoc/>
    public DistanceMetric Metric { get; }

    /// <inheritdoc/>
    public int Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    /// <remarks>What lies in a <see cref="VectorMemory"/> is not counted here but in <see cref="MappedBytes"/>.</remarks>
    public long MemoryBytes => Chunks.Sum(chunk => chunk.MemoryBytes);

    /// <summary>Bytes in blocks of the <see cref="VectorMemory"/>: resident as far as they were read lately, if at all.</summary>
    public long MappedBytes => Chunks.Sum(chunk => chunk.MappedBytes);

    /// <summary>How rows lie in memory.</summary>
    internal FlatLayout Layout => _layout;

    /// <summary>Where they are: at least as many as the count read before says.</summary>
    internal FlatChunk[] Chunks => Volatile.Read(ref _chunks);

    /// <summary>Adds a vector. One thread at a time may append.</summary>
    /// <returns>Its ordinal: the count before.</returns>
    /// <exception cref="ArgumentException">The vector has the wrong length.</exception>
    public int Append(ReadOnlySpan<float> vector)
    {
        RequireLength(vector.Length, nameof(vector));
        int ordinal = _count;
        Write(ordinal, vector);
        Volatile.Write(ref _count, ordinal + 1);
        return ordinal;
    }

    /// <summary>Adds vectors laid end to end; readers see all of them at once. One thread at a time may append.</summary>
    /// <returns>The ordinal of the first: the count before.</returns>
    /// <exception cref="ArgumentException">The length is no multiple of <see cref="Dimensions"/>.</exception>
    public int AppendRange(ReadOnlySpan<float> vectors)
    {
        if (vectors.Length % Dimensions != 0)
        {
            throw new ArgumentException($"{vectors.Length} components are no whole number of vectors of {Dimensions}.", nameof(vectors));
        }

        int first = _count;
        int end = checked(first + (vectors.Length / Dimensions));
        for (int ordinal = first; ordinal < end; ordinal++)
        {
            Write(ordinal, vectors.Slice((ordinal - first) * Dimensions, Dimensions));
        }

        Volatile.Write(ref _count, end);
        return first;
    }

    /// <summary>Forgets all vectors and keeps their memory, for whoever scans one batch after the other. No search may be under way.</summary>
    public void Clear() => Volatile.Write(ref _count, 0);

    /// <summary>
    /// Says that a bulk of rows was written and read for the time being: their pages may leave the resident set until they are read again. Worth
    /// a call after loading or building; with vectors on the heap it does nothing. Any thread may, at any time.
    /// </summary>
    public void Settle()
    {
        foreach (FlatChunk chunk in Chunks)
        {
            if (chunk.Rows.Block is { } block)
            {
                _memory?.Settle(block);
            }
        }
    }

    /// <summary>
    /// The original vector: where it is stored if the collector owns that, else a copy, so that the span always keeps what it shows.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public ReadOnlySpan<float> RowAt(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ordinal, Count);
        FlatChunk chunk = Volatile.Read(ref _chunks)[ordinal >> _layout.ChunkShift];
        ReadOnlySpan<float> row = chunk.Rows.Slice((ordinal & (_layout.ChunkRows - 1)) * _layout.Stride, Dimensions);
        if (chunk.Rows.Block is null)
        {
            return row;
        }

        float[] copy = row.ToArray();
        GC.KeepAlive(chunk);
        return copy;
    }

    /// <inheritdoc/>
    public void GetVector(int ordinal, Span<float> destination)
    {
        RequireLength(destination.Length, nameof(destination));
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ordinal, Count);
        FlatChunk chunk = Chunks[ordinal >> _layout.ChunkShift];
        chunk.Rows.Slice((ordinal & (_layout.ChunkRows - 1)) * _layout.Stride, Dimensions).CopyTo(destination);
        GC.KeepAlive(chunk);
    }

    private static int RequireDimensions(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, MaxDimensions);
        return dimensions;
    }

    private void Write(int ordinal, ReadOnlySpan<float> vector)
    {
        int chunk = ordinal >> _layout.ChunkShift;
        int row = ordinal & (_layout.ChunkRows - 1);
        if (chunk == _chunks.Length)
        {
            AddChunk();
        }
        else if (row == _chunks[chunk].Capacity)
        {
            GrowFirstChunk();
        }

        _chunks[chunk].Write(row, vector);
    }

    private void AddChunk()
    {
        FlatChunk added = NewChunk(_chunks.Length == 0 ? Math.Min(InitialRows, _layout.ChunkRows) : _layout.ChunkRows);
        Volatile.Write(ref _chunks, [.. _chunks, added]);
    }

    /// <summary>Only the first chunk starts small, so that small indexes stay small. Readers of the smaller one keep it.</summary>
    private void GrowFirstChunk()
    {
        FlatChunk grown = NewChunk((int)Math.Min(_chunks[0].Capacity * 2L, _layout.ChunkRows));
        grown.CopyFrom(_chunks[0]);
        Volatile.Write(ref _chunks, [grown]);
    }

    private FlatChunk NewChunk(int capacity) => new(_layout, capacity, withNorms: Metric == DistanceMetric.Cosine, _memory);

    private void RequireLength(int length, string parameter)
    {
        if (length != Dimensions)
        {
            throw new ArgumentException($"The vector has {length} components; the index holds vectors of {Dimensions}.", parameter);
        }
    }
}
