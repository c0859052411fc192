using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

/// <summary>
/// Finds the centres of inverted lists by Lloyd's algorithm over a sample, seeded by k-means++ (Arthur and Vassilvitskii 2007) over a part of
/// that. Cosine works on unit vectors and keeps the centres at unit length (spherical k-means, Dhillon and Modha 2001).
/// </summary>
/// <remarks>
/// Lists that get next to nothing take half of the longest. The result is a function of vectors and seed, whatever the number of threads:
/// these only look for nearest centres.
/// </remarks>
internal sealed unsafe class KMeans
{
    /// <summary>Vectors sampled for each centre; twice as many gave lists of the same recall on SIFT.</summary>
    private const int SampledPerList = 32;

    /// <summary>Vectors for each centre that seeds are drawn from.</summary>
    private const int SeedsPerList = 8;

    private const int Iterations = 8;

    /// <summary>A list of less than this part of the average is given half of the longest one.</summary>
    private const int EmptyShare = 16;

    private readonly VectorTables _tables;
    private readonly FlatIndex _vectors;
    private readonly int[] _sample;
    private readonly int[] _assigned;
    private readonly Centroids _centroids;
    private ulong _random;

    private KMeans(FlatIndex vectors, int rows, int lists, long seed)
    {
        _vectors = vectors;
        _random = (ulong)seed;
        _sample = Sample(rows, (int)Math.Min(rows, (long)lists * SampledPerList));
        _tables = new VectorTables(vectors);
        _assigned = new int[_sample.Length];
        _centroids = new Centroids(vectors.Metric, vectors.Dimensions, lists);
    }

    /// <summary>Finds centres.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="rows">How many of them to learn from, at least as many as lists.</param>
    /// <param name="lists">Centres to find, at least 1.</param>
    /// <param name="seed">What is drawn from.</param>
    /// <param name="threads">Threads to work with.</param>
    public static Centroids Train(FlatIndex vectors, int rows, int lists, long seed, int threads)
    {
        var training = new KMeans(vectors, rows, lists, seed);
        training.Seed();
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            AssignAll(training._centroids, training._tables, training._sample, training._assigned, threads);
            int[] counts = training.Move();
            if (iteration < Iterations - 2)
            {
                training.SplitLongest(counts);
            }
        }

        GC.KeepAlive(training._tables);
        return training._centroids;
    }

    /// <summary>The nearest centre of each of some rows.</summary>
    public static void AssignAll(Centroids centroids, VectorTables tables, int[] rows, int[] nearest, int threads)
    {
        const int Block = 256;
        RowView<float> view = tables.Rows.View;
        int blocks = (rows.Length + Block - 1) / Block;
        if (threads <= 1 || blocks == 1)
        {
            Assign(centroids, view, rows, nearest);
        }
        else
        {
            Parallel.For(0, blocks, new ParallelOptions { MaxDegreeOfParallelism = threads }, block =>
            {
                int first = block * Block;
                int count = Math.Min(Block, rows.Length - first);
                Assign(centroids, tables.Rows.View, rows.AsSpan(first, count), nearest.AsSpan(first, count));
            });
        }

        GC.KeepAlive(tables);
    }

    private static void Assign(Centroids centroids, RowView<float> view, ReadOnlySpan<int> rows, Span<int> nearest)
    {
        for (int i = 0; i < rows.Length; i += 4)
        {
            // At the end the last row takes the places left.
            int last = rows.Length - 1;
            Vector128<int> found = centroids.Nearest4(
                view[rows[i]], view[rows[Math.Min(i + 1, last)]], view[rows[Math.Min(i + 2, last)]], view[rows[Math.Min(i + 3, last)]], out _);
            for (int lane = 0; lane < 4 && i + lane < rows.Length; lane++)
            {
                nearest[i + lane] = found[lane];
            }
        }
    }

    /// <summary>One row of each of so many equal stretches.</summary>
    private int[] Sample(int rows, int count)
    {
        int[] sample = new int[count];
        for (int i = 0; i < count; i++)
        {
            long from = (long)i * rows / count;
            long to = ((long)i + 1) * rows / count;
            sample[i] = (int)(from + Draw((int)(to - from)));
        }

        return sample;
    }

    private int Draw(int below) => (int)(((SplitMix.Next(ref _random) >> 32) * (ulong)below) >> 32);

    private double DrawShare() => (SplitMix.Next(ref _random) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Each next centre is drawn with a probability that grows with the squared distance from those there are.</summary>
    private void Seed()
    {
        int count = (int)Math.Min(_sample.Length, (long)_centroids.Count * SeedsPerList);
        int[] rows = new int[count];
        float[] least = new float[count];
        for (int i = 0; i < count; i++)
        {
            rows[i] = _sample[(int)((long)i * _sample.Length / count)];
        }

        Array.Fill(least, float.PositiveInfinity);
        int chosen = Draw(count);
        for (int list = 0; list < _centroids.Count; list++)
        {
            Place(list, rows[chosen]);
            double sum = 0;
            for (int i = 0; i < count; i++)
            {
                float distance = SquaredDistance(rows[i], list);
                least[i] = distance < least[i] || !float.IsFinite(least[i]) ? distance : least[i];
                sum += float.IsFinite(least[i]) ? least[i] : 0;
            }

            chosen = Pick(least, sum * DrawShare());
        }
    }

    private int Pick(float[] weights, double target)
    {
        int last = -1;
        for (int i = 0; i < weights.Length; i++)
        {
            if (float.IsFinite(weights[i]) && weights[i] > 0)
            {
                last = i;
                target -= weights[i];
                if (target < 0)
                {
                    return i;
                }
            }
        }

        // All are where centres are already: any will do.
        return last >= 0 ? last : Draw(weights.Length);
    }

    private void Place(int list, int row) => Write(_vectors.RowAt(row), ScaleOf(row), _centroids[list]);

    private static void Write(ReadOnlySpan<float> vector, float scale, Span<float> centroid)
    {
        for (int i = 0; i < centroid.Length; i++)
        {
            float component = vector[i] * scale;
            centroid[i] = float.IsFinite(component) ? component : 0f;
        }
    }

    private float ScaleOf(int row) => _vectors.Metric == DistanceMetric.Cosine ? VectorMath.InverseNorm(_vectors.RowAt(row)) : 1f;

    private float SquaredDistance(int row, int list)
    {
        ReadOnlySpan<float> vector = _vectors.RowAt(row);
        return _vectors.Metric == DistanceMetric.Cosine
            ? Math.Max(0f, 2f - (2f * ScaleOf(row) * VectorMath.Dot(vector, _centroids[list])))
            : VectorMath.SquaredEuclidean(vector, _centroids[list]);
    }

    /// <summary>Moves each centre into the middle of its vectors; returns how many those are.</summary>
    private int[] Move()
    {
        int dimensions = _vectors.Dimensions;
        double[] sums = new double[checked(_centroids.Count * dimensions)];
        int[] counts = new int[_centroids.Count];
        for (int i = 0; i < _sample.Length; i++)
        {
            int list = _assigned[i];
            ReadOnlySpan<float> vector = _vectors.RowAt(_sample[i]);
            float scale = ScaleOf(_sample[i]);
            Span<double> sum = sums.AsSpan(list * dimensions, dimensions);
            counts[list]++;
            for (int j = 0; j < sum.Length; j++)
            {
                float component = vector[j] * scale;
                sum[j] += float.IsFinite(component) ? component : 0f;
            }
        }

        for (int list = 0; list < counts.Length; list++)
        {
            if (counts[list] > 0)
            {
                MoveTo(_centroids[list], sums.AsSpan(list * dimensions, dimensions), counts[list]);
            }
        }

        return counts;
    }

    private void MoveTo(Span<float> centroid, ReadOnlySpan<double> sum, int count)
    {
        double scale = 1.0 / count;
        if (_vectors.Metric == DistanceMetric.Cosine)
        {
            double squares = 0;
            foreach (double component in sum)
            {
                squares += component * component;
            }

            // Opposite vectors cancel out: such a centre stays where it is.
            if (squares <= 1e-20 * count * count)
            {
                return;
            }

            scale = 1.0 / Math.Sqrt(squares);
        }

        for (int i = 0; i < centroid.Length; i++)
        {
            float component = (float)(sum[i] * scale);
            centroid[i] = float.IsFinite(component) ? component : 0f;
        }
    }

    private void SplitLongest(int[] counts)
    {
        int few = _sample.Length / _centroids.Count / EmptyShare;
        var longest = new PriorityQueue<int, int>(counts.Length);
        int[][] members = new int[counts.Length][];
        for (int list = 0; list < counts.Length; list++)
        {
            longest.Enqueue(list, -counts[list]);
        }

        for (int list = 0; list < counts.Length; list++)
        {
            if (counts[list] > few || !longest.TryDequeue(out int from, out int negated) || -negated < 2 || from == list)
            {
                continue;
            }

            members[from] ??= MembersOf(from, counts[from]);
            Place(list, members[from][Draw(members[from].Length)]);
            longest.Enqueue(from, negated / 2);
        }
    }

    private int[] MembersOf(int list, int count)
    {
        int[] members = new int[count];
        for (int i = 0, at = 0; i < _sample.Length; i++)
        {
            if (_assigned[i] == list)
            {
                members[at++] = _sample[i];
            }
        }

        return members;
    }
}
