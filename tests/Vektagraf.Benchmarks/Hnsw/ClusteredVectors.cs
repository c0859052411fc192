using Vektagraf.Benchmarks.Flat;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>
/// Vectors like those of embedding models, from a seed: clusters of unequal size on a surface of 12 dimensions, with a little noise in all
/// others. On vectors without structure every graph is slow and none is like in use.
/// </summary>
internal static class ClusteredVectors
{
    private const int IntrinsicDimensions = 12;
    private const int Clusters = 100;
    private const float Spread = 1.5f, Noise = 0.05f;

    /// <summary>Makes a set. A smaller one of the same seed and dimensions holds the first rows of a larger one, and the same queries.</summary>
    public static VectorSet Make(string name, int rows, int queries, int dimensions, int seed)
    {
        var random = new Random(seed);
        float[] axes = Gaussians(random, IntrinsicDimensions * dimensions, 1f / MathF.Sqrt(dimensions));
        float[] centers = Gaussians(random, Clusters * IntrinsicDimensions, Spread);
        float[] asked = Fill(new Random(seed + 1), axes, centers, queries, dimensions);
        return new VectorSet(name, dimensions, Fill(new Random(seed + 2), axes, centers, rows, dimensions), asked);
    }

    private static float[] Fill(Random random, float[] axes, float[] centers, int rows, int dimensions)
    {
        float[] vectors = new float[(long)rows * dimensions];
        float noise = Noise / MathF.Sqrt(dimensions) * MathF.Sqrt(12);
        for (int row = 0; row < rows; row++)
        {
            Span<float> vector = vectors.AsSpan(row * dimensions, dimensions);

            // The square of a uniform number: some clusters are ten times as large as others.
            double place = random.NextDouble();
            int cluster = (int)(place * place * Clusters);
            for (int i = 0; i < vector.Length; i++)
            {
                vector[i] = noise * (random.NextSingle() - 0.5f);
            }

            for (int axis = 0; axis < IntrinsicDimensions; axis++)
            {
                float amount = centers[(cluster * IntrinsicDimensions) + axis] + Gaussian(random);
                ReadOnlySpan<float> along = axes.AsSpan(axis * dimensions, dimensions);
                for (int i = 0; i < vector.Length; i++)
                {
                    vector[i] += amount * along[i];
                }
            }
        }

        return vectors;
    }

    private static float[] Gaussians(Random random, int count, float deviation) => Array.ConvertAll(new float[count], _ => deviation * Gaussian(random));

    private static float Gaussian(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
