using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>The bytes of an index: docs/formats/hnsw.md.</summary>
internal static class HnswFormat
{
    /// <summary>"VKHN".</summary>
    public const uint Magic = 0x4E48_4B56;

    /// <summary>The version written, and the only one read.</summary>
    public const ushort Version = 1;

    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 128;

    /// <summary>Sections begin at multiples of this.</summary>
    public const int Alignment = 64;
}

/// <summary>The header: everything else's lengths follow from it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HnswHeader
{
    public DistanceMetric Metric { get; init; }

    public VectorQuantization Quantization { get; init; }

    /// <summary>The kind of the codes that are there; none while the quantizer was not trained.</summary>
    public VectorQuantization Codes { get; init; }

    public bool HasVectors { get; init; }

    public int Dimensions { get; init; }

    public int Count { get; init; }

    public int M { get; init; }

    public int EfConstruction { get; init; }

    public int EfSearch { get; init; }

    public int TrainingRows { get; init; }

    public int ExactRowsPerCandidate { get; init; }

    public int Entry { get; init; }

    /// <summary>Lists above level 0.</summary>
    public int UpperLists { get; init; }

    public int ParameterBytes { get; init; }

    public int RowBytes { get; init; }

    public int DeletedWords { get; init; }

    public long Seed { get; init; }

    /// <summary>Bytes of each section, in their order.</summary>
    public long[] SectionBytes() =>
    [
        (long)Count * 2 * M * sizeof(int),
        (long)UpperLists * M * sizeof(int),
        (long)DeletedWords * sizeof(ulong),
        ParameterBytes,
        Codes == VectorQuantization.None ? 0 : (long)Count * RowBytes,
        HasVectors ? (long)Count * Dimensions * sizeof(float) : 0,
    ];

    /// <summary>Bytes of the whole.</summary>
    public long TotalBytes => SectionBytes().Aggregate((long)HnswFormat.HeaderBytes, (at, bytes) => at + Padded(bytes));

    /// <summary>A section's bytes with the zeros after it.</summary>
    public static long Padded(long bytes) => (bytes + HnswFormat.Alignment - 1) / HnswFormat.Alignment * HnswFormat.Alignment;

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> destination)
    {
        destination[..HnswFormat.HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(destination, HnswFormat.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[4..], HnswFormat.Version);
        destination[6] = (byte)Metric;
        destination[7] = (byte)Quantization;
        destination[8] = (byte)Codes;
        destination[9] = HasVectors ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], Seed);
        int[] numbers =
        [
            Dimensions, Count, M, EfConstruction, EfSearch, TrainingRows, ExactRowsPerCandidate, Entry, UpperLists, ParameterBytes, RowBytes, DeletedWords,
        ];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(destination[(24 + (i * sizeof(int)))..], numbers[i]);
        }
    }

    /// <summary>Reads and checks a header by itself; the sections must then be as long as it says.</summary>
    /// <exception cref="InvalidDataException">It is no header of this version, or its numbers are impossible.</exception>
    public static HnswHeader Read(ReadOnlySpan<byte> source)
    {
        Require(source.Length >= HnswFormat.HeaderBytes, "is shorter than its header");
        Require(BinaryPrimitives.ReadUInt32LittleEndian(source) == HnswFormat.Magic, "does not begin with VKHN");
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(source[4..]);
        Require(version == HnswFormat.Version, $"is of version {version}; this program reads version {HnswFormat.Version}");
        int[] numbers = new int[12];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(source[(24 + (i * sizeof(int)))..]);
        }

        var header = new HnswHeader
        {
            Metric = (DistanceMetric)source[6],
            Quantization = (VectorQuantization)source[7],
            Codes = (VectorQuantization)source[8],
            HasVectors = source[9] == 1,
            Seed = BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            Dimensions = numbers[0],
            Count = numbers[1],
            M = numbers[2],
            EfConstruction = numbers[3],
            EfSearch = numbers[4],
            TrainingRows = numbers[5],
            ExactRowsPerCandidate = numbers[6],
            Entry = numbers[7],
            UpperLists = numbers[8],
            ParameterBytes = numbers[9],
            RowBytes = numbers[10],
            DeletedWords = numbers[11],
        };
        header.Check(source[9]);
        return header;
    }

    /// <summary>The options that the index was built with.</summary>
    public HnswOptions Options => new()
    {
        M = M,
        EfConstruction = EfConstruction,
        EfSearch = EfSearch,
        Seed = Seed,
        Quantization = Quantization,
        TrainingRows = TrainingRows,
        ExactRowsPerCandidate = ExactRowsPerCandidate,
    };

    private void Check(byte vectors)
    {
        Require(Enum.IsDefined(Metric) && Enum.IsDefined(Quantization), "has an unknown metric or quantization");
        Require(
            Codes is VectorQuantization.None or VectorQuantization.Scalar8 || Codes == Quantization, "has codes of another kind than its quantization");
        Require(Quantization != VectorQuantization.None || Codes == VectorQuantization.None, "has codes that were not asked for");
        Require(vectors <= 1, "says neither that it has vectors nor that it has none");
        Require(Dimensions is >= 1 and <= FlatIndex.MaxDimensions, "has impossible dimensions");
        Require(Count >= 0 && UpperLists >= 0 && ParameterBytes >= 0 && RowBytes >= 0, "has negative lengths");
        Require(Count == 0 ? Entry == -1 : (uint)Entry < (uint)Count, "starts at no row");
        Require(DeletedWords >= 0 && DeletedWords <= (Count + 63) / 64, "has more deletion marks than rows");
        try
        {
            Options.Validate();
        }
        catch (ArgumentOutOfRangeException outOfRange)
        {
            throw new InvalidDataException("The graph index has impossible options.", outOfRange);
        }
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidDataException($"The graph index {problem}.");
        }
    }
}
