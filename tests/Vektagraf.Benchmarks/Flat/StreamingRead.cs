using System.Runtime.Intrinsics;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Flat;

/// <summary>
/// The machine's limit for a scan: the sum of a float array, read in order with 256-bit loads and eight sums in flight. The array is as
/// large as the index measured beside it, read as often, and on the same kind of memory pages, so that caches and page tables favour neither.
/// </summary>
internal sealed unsafe class StreamingRead
{
    private readonly PinnedBuffer<float> _array;

    /// <summary>Allocates and touches the array.</summary>
    public StreamingRead(int floats)
    {
        _array = new PinnedBuffer<float>(floats);
        _array.Slice(0, floats).Fill(1f);
    }

    /// <summary>The last sum; kept so that no compiler may drop the work.</summary>
    public float Sink { get; private set; }

    /// <summary>Reads the array some times, each thread an equal part of it.</summary>
    public void Read(int times, int threads)
    {
        for (int time = 0; time < times; time++)
        {
            Sink += threads == 1 ? Sum(_array.Slice(0, _array.Length)) : ReadParallel(threads);
        }
    }

    private float ReadParallel(int threads)
    {
        float[] sums = new float[threads];
        int part = _array.Length / threads;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
            sums[thread] = Sum(_array.Slice(thread * part, part)));
        return sums.Sum();
    }

    private static float Sum(ReadOnlySpan<float> values)
    {
        fixed (float* first = values)
        {
            Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            Vector256<float> sum4 = default, sum5 = default, sum6 = default, sum7 = default;
            for (nint i = 0; i <= values.Length - 64; i += 64)
            {
                sum0 += Vector256.Load(first + i);
                sum1 += Vector256.Load(first + i + 8);
                sum2 += Vector256.Load(first + i + 16);
                sum3 += Vector256.Load(first + i + 24);
                sum4 += Vector256.Load(first + i + 32);
                sum5 += Vector256.Load(first + i + 40);
                sum6 += Vector256.Load(first + i + 48);
                sum7 += Vector256.Load(first + i + 56);
            }

            return Vector256.Sum((sum0 + sum1) + (sum2 + sum3) + ((sum4 + sum5) + (sum6 + sum7)));
        }
    }
}
