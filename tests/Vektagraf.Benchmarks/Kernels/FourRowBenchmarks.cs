using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Kernels;

/// <summary>One query against 64 rows in second-level cache: four at a time against one at a time, for each width of register.</summary>
public unsafe class FourRowBenchmarks
{
    private const int Rows = 64;

    private PinnedBuffer<float> _rows = new(1);
    private PinnedBuffer<float> _query = new(1);

    [Params(128, 768)]
    public int Dimensions { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        _rows = new PinnedBuffer<float>(Rows * Dimensions);
        _query = new PinnedBuffer<float>(Dimensions);
        foreach (ref float value in _rows.Slice(0, Rows * Dimensions))
        {
            value = random.NextSingle();
        }

        foreach (ref float value in _query.Slice(0, Dimensions))
        {
            value = random.NextSingle();
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Rows)]
    public float OneRowAtATime()
    {
        float sum = 0;
        for (int row = 0; row < Rows; row++)
        {
            sum += DotMetric.Reduce(_query.Pointer, _rows.Pointer + (row * Dimensions), Dimensions);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public Vector128<float> FourRows512()
    {
        Vector128<float> sum = default;
        for (float* row = _rows.Pointer; row < _rows.Pointer + (Rows * Dimensions); row += 4 * Dimensions)
        {
            sum += LaneReduction<SingleSource, SingleSource, DotOperation>.Reduce4Vectors512(
                _query.Pointer, row, row + Dimensions, row + (2 * Dimensions), row + (3 * Dimensions), Dimensions);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public Vector128<float> FourRows256()
    {
        Vector128<float> sum = default;
        for (float* row = _rows.Pointer; row < _rows.Pointer + (Rows * Dimensions); row += 4 * Dimensions)
        {
            sum += LaneReduction<SingleSource, SingleSource, DotOperation>.Reduce4Vectors256(
                _query.Pointer, row, row + Dimensions, row + (2 * Dimensions), row + (3 * Dimensions), Dimensions);
        }

        return sum;
    }
}
