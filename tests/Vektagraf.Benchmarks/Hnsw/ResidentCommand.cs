using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;
using Vektagraf.Shards;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>What the section "memory" starts as a process of its own: holds one index, searches it, and says what is resident.</summary>
internal sealed class ResidentCommand : IBenchmarkCommand
{
    /// <inheritdoc/>
    public string Verb => "hnsw-resident";

    /// <inheritdoc/>
    public string Description => "(part of hnsw memory) FOLDER KIND SCRATCH|- EF M EFC: resident bytes of one index, as JSON";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        string folder = arguments[0];
        VectorQuantization kind = Enum.Parse<VectorQuantization>(arguments[1]);
        VectorMemory? memory = arguments[2] == "-" ? null : new ScratchVectors(arguments[2]);
        int[] numbers = [.. arguments[3..].ToArray().Select(number => int.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
        float[] queries = Read(Path.Combine(folder, "query.fbin"), out int dimensions);
        var set = new VectorSet("", dimensions, [], queries);
        Warm();
        ResidentMemory before = ResidentMemory.OfThisProcess();
        var vectors = new FlatIndex(dimensions, DistanceMetric.Euclidean, memory);
        HnswIndex index = Build(folder, vectors, new HnswOptions { Quantization = kind, M = numbers[1], EfConstruction = numbers[2], ExactRowsPerCandidate = 0 });
        vectors.Settle();
        ResidentMemory loaded = ResidentMemory.OfThisProcess() - before;
        using var contender = new OwnContender(set, index, threads: 1);
        contender.SetEf(numbers[0]);
        contender.Time();
        ResidentMemory searched = ResidentMemory.OfThisProcess() - before;
        var answer = new ResidentAnswer(loaded, searched, index.GraphBytes, index.CodeBytes, vectors.MemoryBytes, vectors.MappedBytes);
        output.WriteLine(JsonSerializer.Serialize(answer));
        GC.KeepAlive(index);
        return 0;
    }

    /// <summary>What is compiled and set up at first use is not the index's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Warm()
    {
        VectorSet small = ClusteredVectors.Make("", 2000, 100, 16, 1);
        (HnswIndex index, _) = OwnContender.Build(small, VectorQuantization.Scalar8, HnswBenchmarkOptions.Parse([]), Environment.ProcessorCount);
        using var contender = new OwnContender(small, index, threads: 1);
        contender.SetEf(20);
    }

    /// <summary>A method of its own, so that the vectors it read are unreachable afterwards.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static HnswIndex Build(string folder, FlatIndex vectors, HnswOptions options)
    {
        var index = new HnswIndex(vectors, options, 16 << 20);
        index.AppendRange(Read(Path.Combine(folder, "base.fbin"), out _), Environment.ProcessorCount);
        return index;
    }

    private static float[] Read(string path, out int dimensions)
    {
        using FileStream file = File.OpenRead(path);
        Span<int> header = stackalloc int[2];
        file.ReadExactly(MemoryMarshal.AsBytes(header));
        float[] vectors = new float[(long)header[0] * header[1]];
        file.ReadExactly(MemoryMarshal.AsBytes(vectors.AsSpan()));
        dimensions = header[1];
        return vectors;
    }
}

/// <summary>What the process says.</summary>
/// <param name="Loaded">Resident once the index is there.</param>
/// <param name="Searched">Resident after searches.</param>
/// <param name="Links">Bytes of links.</param>
/// <param name="Codes">Bytes of codes.</param>
/// <param name="Heap">Bytes of originals on the heap.</param>
/// <param name="Mapped">Bytes of originals in mapped files.</param>
internal sealed record ResidentAnswer(ResidentMemory Loaded, ResidentMemory Searched, long Links, long Codes, long Heap, long Mapped);
