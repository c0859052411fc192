using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>
/// float16 components; for cosine of the unit vector. The query stays float32. With e the greatest ‖x − x̂‖ among encoded rows,
/// |‖q − x‖ − ‖q − x̂‖| ≤ e and |q·x − q·x̂| ≤ ‖q‖ · e.
/// </summary>
internal sealed class HalfCodec(DistanceMetric metric, int dimensions) : RowCodec
{
    /// <inheritdoc/>
    public override VectorQuantization Kind => VectorQuantization.Half;

    /// <inheritdoc/>
    public override int RowBytes => dimensions * sizeof(ushort);

    /// <inheritdoc/>
    public override int ParameterBytes => CommonBytes;

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<float> vector, Span<byte> row)
    {
        float scale = metric == DistanceMetric.Cosine ? VectorMath.InverseNorm(vector) : 1f;
        Span<Half> code = MemoryMarshal.Cast<byte, Half>(row);
        double squares = 0;
        for (int i = 0; i < vector.Length; i++)
        {
            float value = vector[i] * scale;
            Half half = (Half)Math.Clamp(value, (float)Half.MinValue, (float)Half.MaxValue);
            code[i] = half;
            double error = (double)value - (float)half;
            squares += error * error;
        }

        Observe((float)Math.Sqrt(squares));
    }

    /// <inheritdoc/>
    protected override void WriteOwnParameters(Span<byte> destination)
    {
        // A float16 is a float16: there is nothing to know.
    }

    /// <summary>Estimates from a query.</summary>
    public unsafe HalfScorer<TMetric> Scorer<TMetric>(ReadOnlySpan<float> query, GraphScratch scratch, RowView<byte> rows)
        where TMetric : struct, IMetric
    {
        PinnedBuffer<float> prepared = scratch.Vector(dimensions);
        Span<float> copy = prepared.Slice(0, dimensions);
        query.CopyTo(copy);
        if (metric == DistanceMetric.Cosine)
        {
            VectorMath.Normalize(query, copy);
        }

        float error = MaxError * (metric == DistanceMetric.Dot ? MathF.Sqrt(VectorMath.Dot(query, query)) : 1f);
        return new HalfScorer<TMetric>(prepared.Pointer, rows, dimensions, error);
    }
}

/// <summary>Estimates over float16 rows.</summary>
internal readonly unsafe struct HalfScorer<TMetric>(float* query, RowView<byte> rows, int length, float error) : IRowScorer
    where TMetric : struct, IMetric
{
    private const int PrefetchedBytes = 512;

    public bool InFours => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Score(int row) => TMetric.Kind == DistanceMetric.Euclidean
        ? LaneReduction<SingleSource, HalfSource, SquaredDifferenceOperation>.Reduce(query, rows[row], length)
        : TMetric.Distance(LaneReduction<SingleSource, HalfSource, DotOperation>.Reduce(query, rows[row], length), 1f, 1f);

    public Vector128<float> Score4(int row0, int row1, int row2, int row3) => Vector128.Create(Score(row0), Score(row1), Score(row2), Score(row3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int row)
    {
        if (Sse.IsSupported)
        {
            byte* start = rows[row];
            for (nint at = 0; at < Math.Min(length * sizeof(ushort), PrefetchedBytes); at += PinnedBuffer<byte>.Alignment)
            {
                Sse.Prefetch0(start + at);
            }
        }
    }

    public bool IsExact(float estimate) => false;

    public float LowerBound(int row, float estimate)
    {
        if (TMetric.Kind != DistanceMetric.Euclidean)
        {
            return estimate - error;
        }

        float root = Math.Max(0f, MathF.Sqrt(estimate) - error);
        return root * root;
    }
}
