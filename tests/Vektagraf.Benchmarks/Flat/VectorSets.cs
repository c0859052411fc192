using System.Buffers.Binary;

namespace Vektagraf.Benchmarks.Flat;

/// <summary>Vectors to measure with.</summary>
/// <param name="Name">What to call them in a table.</param>
/// <param name="Dimensions">Components of each.</param>
/// <param name="Base">The rows, end to end.</param>
/// <param name="Queries">The queries, end to end.</param>
internal sealed record VectorSet(string Name, int Dimensions, float[] Base, float[] Queries)
{
    /// <summary>Rows in the set.</summary>
    public int Rows => Base.Length / Dimensions;

    /// <summary>Queries in the set.</summary>
    public int QueryCount => Queries.Length / Dimensions;

    /// <summary>One query.</summary>
    public ReadOnlySpan<float> Query(int index) => Queries.AsSpan(index % QueryCount * Dimensions, Dimensions);

    /// <summary>Uniform components from a seed: a scan takes the same time whatever the values are.</summary>
    public static VectorSet Synthetic(int rows, int dimensions, int seed)
    {
        var random = new Random(seed);
        return new VectorSet($"synthetic, seed {seed}", dimensions, Uniform(random, rows * dimensions), Uniform(random, 64 * dimensions));
    }

    /// <summary>A set from the folder in VEKTAGRAF_DATA, or from ../shared/data beside the project; null when it is not there.</summary>
    public static VectorSet? Load(string name)
    {
        string folder = Path.Combine(Environment.GetEnvironmentVariable("VEKTAGRAF_DATA") ?? Path.Combine("..", "shared", "data"), name);
        string rows = Path.Combine(folder, "base.u8bin");
        string queries = Path.Combine(folder, "query.u8bin");
        if (!File.Exists(rows) || !File.Exists(queries))
        {
            return null;
        }

        float[] vectors = ReadU8(rows, out int dimensions);
        return new VectorSet(name, dimensions, vectors, ReadU8(queries, out _));
    }

    private static float[] ReadU8(string path, out int dimensions)
    {
        byte[] file = File.ReadAllBytes(path);
        int rows = BinaryPrimitives.ReadInt32LittleEndian(file);
        dimensions = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4));
        float[] vectors = new float[rows * dimensions];
        for (int i = 0; i < vectors.Length; i++)
        {
            vectors[i] = file[8 + i];
        }

        return vectors;
    }

    private static float[] Uniform(Random random, int length)
    {
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        return values;
    }
}
