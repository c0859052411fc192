namespace Vektagraf.Index;

/// <summary>
/// Approximate search by walking a hierarchical navigable small world graph (Malkov and Yashunin 2018), on the vectors themselves or on
/// codes a fraction of their size, with exact ranking of what is found. Exact, filtered and range searches are the same call.
/// </summary>
/// <remarks>
/// <para>One writer may append and delete while many threads search, without locks. What a search returns lies within its row limit and was
/// not deleted when it began. Memory belongs to the garbage collector; there is nothing to dispose.</para>
/// <para>Over vectors that someone else appends, rows that are not linked yet are pending: searches scan them, so they are found from the
/// moment they are appended, and exactly. One thread appends, another links.</para>
/// <para>Deleting marks a row and links its neighbours with each other; its vector stays until the index is rebuilt.</para>
/// </remarks>
public sealed partial class HnswIndex : IPendingIndex
{
    private readonly HnswGraph _graph;
    private readonly FlatIndex _vectors;
    private readonly GraphScratch _scratch = new();
    private VectorTables _tables;
    private CodedRows? _codes;
    private int _indexed;
    private int _coded;

    /// <summary>Makes an empty index.</summary>
    /// <param name="dimensions">Components of each vector, 1 to <see cref="FlatIndex.MaxDimensions"/>.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="options">How to build and search; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public HnswIndex(int dimensions, DistanceMetric metric, HnswOptions? options = null)
        : this(new FlatIndex(dimensions, metric), options ?? new HnswOptions(), DefaultChunkBytes)
    {
    }

    /// <summary>Makes an index over vectors that someone else appends; all of them are pending.</summary>
    /// <param name="vectors">The vectors, now and to come.</param>
    /// <param name="options">How to build and search; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public HnswIndex(FlatIndex vectors, HnswOptions? options = null)
        : this(RequireVectors(vectors), options ?? new HnswOptions(), DefaultChunkBytes)
    {
    }

    /// <summary>Makes an empty index whose chunks are of a given size.</summary>
    internal HnswIndex(FlatIndex vectors, HnswOptions options, int chunkBytes)
    {
        options.Validate();
        Options = options;
        _vectors = vectors;
        _chunkBytes = chunkBytes;
        _graph = new HnswGraph(options.M, options.Seed, chunkBytes);
        _tables = new VectorTables(vectors);
    }

    private const int DefaultChunkBytes = 16 << 20;

    private readonly int _chunkBytes;

    /// <summary>How the index is built and searched.</summary>
    public HnswOptions Options { get; }

    /// <inheritdoc/>
    public int Dimensions => _vectors.Dimensions;

    /// <inheritdoc/>
    public DistanceMetric Metric => _vectors.Metric;

    /// <inheritdoc/>
    public int Count => _vectors.Count;

    /// <inheritdoc/>
    public int IndexedCount => Volatile.Read(ref _indexed);

    /// <summary>Rows that were deleted; they still count.</summary>
    public int DeletedCount => _graph.DeletedCount;

    /// <summary>What walks read now: the quantization asked for once there are enough rows to train it, none before.</summary>
    public VectorQuantization ActiveQuantization => Volatile.Read(ref _codes)?.Codec.Kind ?? VectorQuantization.None;

    /// <inheritdoc/>
    public long MemoryBytes => GraphBytes + CodeBytes + _vectors.MemoryBytes;

    /// <summary>Bytes of the links.</summary>
    public long GraphBytes => _graph.MemoryBytes;

    /// <summary>Bytes of the codes.</summary>
    public long CodeBytes => Volatile.Read(ref _codes)?.Rows.MemoryBytes ?? 0;

    /// <summary>Adds a vector. One thread at a time may append or delete.</summary>
    /// <returns>Its ordinal: the count before.</returns>
    /// <exception cref="ArgumentException">The vector has the wrong length.</exception>
    public int Append(ReadOnlySpan<float> vector)
    {
        RequireLength(vector.Length, nameof(vector));
        return AppendRange(vector);
    }

    /// <summary>Adds vectors laid end to end; readers see all of them at once. One thread at a time may append or delete.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="degreeOfParallelism">Threads to link with. On one thread the graph depends on vectors, order and seed alone.</param>
    /// <returns>The ordinal of the first: the count before.</returns>
    /// <exception cref="ArgumentException">The length is no multiple of <see cref="Dimensions"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The degree of parallelism is below 1.</exception>
    public int AppendRange(ReadOnlySpan<float> vectors, int degreeOfParallelism = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        int first = _vectors.AppendRange(vectors);
        IndexPending(int.MaxValue, degreeOfParallelism);
        return first;
    }

    /// <inheritdoc/>
    public int IndexPending(int most, int degreeOfParallelism = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        int first = _indexed;
        int count = _vectors.Count;
        int end = first + Math.Min(most, count - first);
        if (end == first)
        {
            return 0;
        }

        // The count was read first: these chunks hold all rows below it.
        if (!ReferenceEquals(_tables.Source, _vectors.Chunks))
        {
            Volatile.Write(ref _tables, new VectorTables(_vectors));
        }

        // All that is there: what waits to be linked is scanned by codes meanwhile.
        Encode(_coded, count, degreeOfParallelism);
        Volatile.Write(ref _coded, count);
        _graph.Reserve(end);
        Link(first, end, degreeOfParallelism);
        Volatile.Write(ref _indexed, end);
        return end - first;
    }

    /// <inheritdoc/>
    public void GetVector(int ordinal, Span<float> destination) => _vectors.GetVector(ordinal, destination);

    /// <summary>Whether a row was deleted.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public bool IsDeleted(int ordinal)
    {
        RequireRow(ordinal);
        return _graph.IsDeleted(ordinal);
    }

    private static FlatIndex RequireVectors(FlatIndex vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        return vectors;
    }

    private void RequireRow(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ordinal, Count);
    }

    private void RequireLength(int length, string parameter)
    {
        if (length != Dimensions)
        {
            throw new ArgumentException($"The vector has {length} components; the index holds vectors of {Dimensions}.", parameter);
        }
    }
}

/// <summary>Where the vectors of a flat index are at some moment.</summary>
internal sealed class VectorTables
{
    /// <summary>Looks them up.</summary>
    public VectorTables(FlatIndex vectors)
    {
        Source = vectors.Chunks;
        FlatLayout layout = vectors.Layout;
        Rows = new RowTable<float>(Array.ConvertAll(Source, chunk => chunk.Rows), layout.ChunkShift, layout.Stride);
        Norms = vectors.Metric == DistanceMetric.Cosine
            ? new RowTable<float>(Array.ConvertAll(Source, chunk => chunk.InverseNorms!), layout.ChunkShift, 1)
            : RowTable<float>.Empty;
    }

    /// <summary>The chunks looked at.</summary>
    public FlatChunk[] Source { get; }

    /// <summary>The vectors, padded to the layout's stride.</summary>
    public RowTable<float> Rows { get; }

    /// <summary>Their inverse norms; empty where the metric does not ask for them.</summary>
    public RowTable<float> Norms { get; }
}
