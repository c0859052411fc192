using BenchmarkDotNet.Attributes;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Kernels;

/// <summary>One pair of vectors, in first-level cache.</summary>
[MemoryDiagnoser]
public class PairKernelBenchmarks
{
    private float[] _a = [], _b = [];
    private Half[] _halfA = [], _halfB = [];
    private byte[] _byteA = [], _byteB = [];
    private sbyte[] _sbyteA = [], _sbyteB = [];

    [Params(100, 128, 768, 1536)]
    public int Dimensions { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        _a = Array.ConvertAll(new float[Dimensions], _ => random.NextSingle());
        _b = Array.ConvertAll(new float[Dimensions], _ => random.NextSingle());
        _halfA = Array.ConvertAll(_a, value => (Half)value);
        _halfB = Array.ConvertAll(_b, value => (Half)value);
        _byteA = Array.ConvertAll(_a, value => (byte)(value * 255));
        _byteB = Array.ConvertAll(_b, value => (byte)(value * 255));
        _sbyteA = Array.ConvertAll(_a, value => (sbyte)((value * 255) - 128));
        _sbyteB = Array.ConvertAll(_b, value => (sbyte)((value * 255) - 128));
    }

    [Benchmark(Baseline = true)]
    public float DotSingle() => VectorMath.Dot(_a, _b);

    [Benchmark]
    public float SquaredEuclideanSingle() => VectorMath.SquaredEuclidean(_a, _b);

    [Benchmark]
    public float CosineSingle() => VectorMath.Distance(DistanceMetric.Cosine, _a, _b);

    [Benchmark]
    public float DotHalf() => VectorMath.Dot(_halfA, _halfB);

    [Benchmark]
    public int DotByte() => VectorMath.Dot(_byteA, _byteB);

    [Benchmark]
    public int SquaredEuclideanSByte() => VectorMath.SquaredEuclidean(_sbyteA, _sbyteB);
}
