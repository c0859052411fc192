using Vektagraf.Index;

namespace Vektagraf.Querying.Planning;

/// <summary>Bytes that a vector takes in each kind of index, estimated from the formats of the codes.</summary>
internal static class IndexMemory
{
    // A row's key, its liveness and what tables round up to.
    private const int RowBytes = 16;
    private const int RowNumberBytes = sizeof(int);

    // Three factors behind each RaBitQ code, rotated lengths in whole words, rows in whole quarters of a cache line.
    private const int RabitqFactorBytes = 3 * sizeof(float);
    private const int RabitqLengthUnit = 64;
    private const int RabitqRowUnit = 16;
    private const int CacheLineBytes = 64;

    /// <summary>Bytes of a code.</summary>
    public static int CodeBytes(VectorQuantization quantization, int dimensions) => quantization switch
    {
        VectorQuantization.None => dimensions * sizeof(float),
        VectorQuantization.Half => dimensions * sizeof(ushort),
        VectorQuantization.Scalar8 => dimensions,
        VectorQuantization.Rabitq4 => RabitqBytes(dimensions, bits: 4),
        _ => RabitqBytes(dimensions, bits: 1),
    };

    /// <summary>A vector of a graph: its code, 2M links on the lowest level, M on each of the 1 / (M − 1) levels above that a node has on average.</summary>
    public static long GraphBytes(VectorQuantization quantization, int dimensions, int m, long vectors)
    {
        var upper = ((m * sizeof(int)) + m - 2) / (m - 1);
        return Times(vectors, CodeBytes(quantization, dimensions) + (2L * m * sizeof(int)) + upper + RowBytes);
    }

    /// <summary>Inverted lists with their codes: each code with its row number, and a centroid for each list.</summary>
    public static long ListBytes(VectorQuantization quantization, int dimensions, int lists, long vectors) =>
        Plus(CentroidBytes(dimensions, lists), Times(vectors, CodeBytes(quantization, dimensions) + RowNumberBytes));

    /// <summary>Inverted lists without their codes, which are read as they are needed.</summary>
    public static long CentroidBytes(int dimensions, int lists) => lists * ((long)(dimensions * sizeof(float)) + RowBytes);

    /// <summary>What a flat scan reads: short vectors cost at least what a cache line does.</summary>
    public static long ScanBytes(int dimensions, long vectors) => Times(vectors, Math.Max(CacheLineBytes, dimensions * sizeof(float)));

    private static int RabitqBytes(int dimensions, int bits) =>
        RoundUp((RoundUp(dimensions, RabitqLengthUnit) * bits / 8) + RabitqFactorBytes, RabitqRowUnit);

    private static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;

    private static long Times(long vectors, long bytes) => vectors > long.MaxValue / bytes ? long.MaxValue : vectors * bytes;

    private static long Plus(long a, long b) => a > long.MaxValue - b ? long.MaxValue : a + b;
}
