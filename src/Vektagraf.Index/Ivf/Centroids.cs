using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

/// <summary>The centres of inverted lists. Immutable once trained or read.</summary>
/// <remarks>
/// Vectors belong to the nearest centre: by angle for cosine, whose centres have unit length, else by Euclidean distance, also for the dot
/// product. By dot product a long centre would attract vectors of every direction. A query ranks lists by its distance to their centres in
/// the collection's metric.
/// </remarks>
public sealed unsafe class Centroids
{
    private const int FloatsPerLine = PinnedBuffer<float>.Alignment / sizeof(float);

    private readonly PinnedBuffer<float> _rows;
    private readonly int _stride;

    /// <summary>Makes centres at the origin.</summary>
    internal Centroids(DistanceMetric metric, int dimensions, int count)
    {
        Metric = metric;
        Dimensions = dimensions;
        Count = count;
        _stride = (dimensions + FloatsPerLine - 1) / FloatsPerLine * FloatsPerLine;
        _rows = new PinnedBuffer<float>(checked(count * _stride));
        _rows.Slice(0, _rows.Length).Clear();
    }

    /// <summary>Takes centres that were trained before.</summary>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="dimensions">Components of each, 1 to <see cref="FlatIndex.MaxDimensions"/>.</param>
    /// <param name="components">The centres, end to end, at least one.</param>
    /// <exception cref="ArgumentException">The components are no whole number of centres.</exception>
    public Centroids(DistanceMetric metric, int dimensions, ReadOnlySpan<float> components)
        : this(metric, RequireWhole(dimensions, components.Length), components.Length / dimensions)
    {
        for (int i = 0; i < Count; i++)
        {
            components.Slice(i * dimensions, dimensions).CopyTo(this[i]);
        }
    }

    /// <summary>How vectors are compared.</summary>
    public DistanceMetric Metric { get; }

    /// <summary>Components of each.</summary>
    public int Dimensions { get; }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => _rows.MemoryBytes;

    /// <summary>One of them.</summary>
    internal Span<float> this[int index] => _rows.Slice(index * _stride, Dimensions);

    /// <summary>The components of one.</summary>
    /// <param name="index">Below <see cref="Count"/>.</param>
    public ReadOnlySpan<float> At(int index) => this[index];

    /// <summary>How far a query is from each: smaller is nearer.</summary>
    /// <param name="query">As many components as <see cref="Dimensions"/>.</param>
    /// <param name="distances">Room for <see cref="Count"/> numbers that order the centres; no distances for cosine.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public void Rank(ReadOnlySpan<float> query, Span<float> distances)
    {
        RequireWhole(Dimensions, query.Length);
        if (distances.Length != Count)
        {
            throw new ArgumentException($"There are {Count} centres, and room for {distances.Length} distances.", nameof(distances));
        }

        fixed (float* vector = query)
        {
            if (Metric == DistanceMetric.Euclidean)
            {
                Score<EuclideanMetric>(vector, distances);
            }
            else
            {
                Score<DotMetric>(vector, distances);
            }
        }
    }

    /// <summary>How far a vector that is to be put into a list is from each.</summary>
    internal void Measure(float* vector, Span<float> distances)
    {
        if (Metric == DistanceMetric.Cosine)
        {
            Score<DotMetric>(vector, distances);
        }
        else
        {
            Score<EuclideanMetric>(vector, distances);
        }
    }

    /// <summary>The product of a vector with each.</summary>
    internal void Multiply(float* vector, Span<float> products)
    {
        Score<DotMetric>(vector, products);
        foreach (ref float product in products)
        {
            product = -product;
        }
    }

    /// <summary>The nearest centres of four vectors; the first of equal ones, and the first of all where distances are NaN.</summary>
    internal Vector128<int> Nearest4(float* vector0, float* vector1, float* vector2, float* vector3, out Vector128<float> distances) =>
        Metric == DistanceMetric.Cosine
            ? Nearest4<DotMetric>(vector0, vector1, vector2, vector3, out distances)
            : Nearest4<EuclideanMetric>(vector0, vector1, vector2, vector3, out distances);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Vector128<int> Nearest4<TMetric>(float* vector0, float* vector1, float* vector2, float* vector3, out Vector128<float> distances)
        where TMetric : struct, IMetric
    {
        Vector128<float> least = Vector128.Create(float.PositiveInfinity);
        Vector128<int> nearest = Vector128<int>.Zero;
        float* row = _rows.Pointer;
        for (int i = 0; i < Count; i++, row += _stride)
        {
            Vector128<float> reduced = TMetric.Reduce4(row, vector0, vector1, vector2, vector3, Dimensions);
            Vector128<float> distance = TMetric.Distance(reduced, Vector128<float>.One, Vector128<float>.One);
            Vector128<float> nearer = Vector128.LessThan(distance, least);
            least = Vector128.ConditionalSelect(nearer, distance, least);
            nearest = Vector128.ConditionalSelect(nearer.AsInt32(), Vector128.Create(i), nearest);
        }

        GC.KeepAlive(_rows);
        distances = least;
        return nearest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Score<TMetric>(float* vector, Span<float> distances)
        where TMetric : struct, IMetric
    {
        float* row = _rows.Pointer;
        nint stride = _stride;
        int i = 0;
        for (; i <= distances.Length - 4; i += 4, row += 4 * stride)
        {
            Vector128<float> reduced = TMetric.Reduce4(vector, row, row + stride, row + (2 * stride), row + (3 * stride), Dimensions);
            TMetric.Distance(reduced, Vector128<float>.One, Vector128<float>.One).CopyTo(distances[i..]);
        }

        for (; i < distances.Length; i++, row += stride)
        {
            distances[i] = TMetric.Distance(TMetric.Reduce(vector, row, Dimensions), 1f, 1f);
        }

        GC.KeepAlive(_rows);
    }

    private static int RequireWhole(int dimensions, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, FlatIndex.MaxDimensions);
        return length > 0 && length % dimensions == 0
            ? dimensions
            : throw new ArgumentException($"{length} components are no whole number of vectors of {dimensions}.", nameof(length));
    }
}
