using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// RaBitQ (Gao and Long 2024; for more than one bit, Gao et al. 2025). A vector is centred and rotated at random; each component keeps one
/// bit, or four, of its direction. With y the point on the grid that the code stands for, o the unit vector it came from and v its length,
/// ⟨q, v·o⟩ is estimated by v · ⟨q, y⟩ / ⟨o, y⟩: without bias, and with an error that is below ε · v · ‖q‖ · √((1 − c²) / c²) / √(D − 1)
/// with a probability that grows with ε, where c = ⟨o, y⟩ / ‖y‖.
/// </summary>
/// <remarks>
/// A row is its code, then three floats that turn ⟨q, y⟩ into a distance: term, factor, error. The distance is the query's constant + term +
/// factor · ⟨q, y⟩, within ε · ‖q‖ · error. All metrics come down to inner products with the centred query q: squared Euclidean distance
/// v² + ‖q‖² − 2⟨q, v·o⟩; cosine half of that, of unit vectors; the dot product by its expansion around the centre.
/// </remarks>
internal sealed class RabitqCodec : RowCodec
{
    /// <summary>Numbers behind each code.</summary>
    private const int Factors = 3;

    /// <summary>Rows begin at multiples of this, so that few straddle two cache lines.</summary>
    private const int RowAlignment = 16;

    /// <summary>Scales tried for the 4-bit grid: the greatest component falls between its 5th step and twice its last.</summary>
    private const int ScalesTried = 16;

    private readonly DistanceMetric _metric;
    private readonly int _bits;
    private readonly long _seed;
    private readonly float[] _center;
    private readonly RandomRotation _rotation;

    private RabitqCodec(DistanceMetric metric, int bits, long seed, float[] center)
    {
        _metric = metric;
        _bits = bits;
        _seed = seed;
        _center = center;
        _rotation = new RandomRotation(center.Length, seed);
    }

    /// <inheritdoc/>
    public override VectorQuantization Kind => _bits == 1 ? VectorQuantization.Rabitq1 : VectorQuantization.Rabitq4;

    /// <summary>Bytes of a code without its factors.</summary>
    public int CodeBytes => _rotation.Length * _bits / 8;

    /// <inheritdoc/>
    public override int RowBytes => (CodeBytes + (Factors * sizeof(float)) + RowAlignment - 1) / RowAlignment * RowAlignment;

    /// <inheritdoc/>
    public override int ParameterBytes => CommonBytes + sizeof(long) + (_center.Length * sizeof(float));

    /// <summary>Components of a rotated vector.</summary>
    public int Length => _rotation.Length;

    /// <summary>Takes the sample's mean as the centre.</summary>
    public static RabitqCodec Train(DistanceMetric metric, int bits, TrainingSample sample, long seed)
    {
        double[] sums = new double[sample.Dimensions];
        for (int number = 0; number < sample.Count; number++)
        {
            ReadOnlySpan<float> vector = sample[number];
            float scale = metric == DistanceMetric.Cosine ? VectorMath.InverseNorm(vector) : 1f;
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += vector[i] * scale;
            }
        }

        return new RabitqCodec(metric, bits, seed, Array.ConvertAll(sums, sum => float.IsFinite((float)(sum / sample.Count)) ? (float)(sum / sample.Count) : 0f));
    }

    /// <summary>Reads what <see cref="WriteOwnParameters"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The centre is not finite.</exception>
    public static RabitqCodec Read(DistanceMetric metric, int bits, int dimensions, ReadOnlySpan<byte> source)
    {
        float[] center = MemoryMarshal.Cast<byte, float>(source.Slice(sizeof(long), dimensions * sizeof(float))).ToArray();
        if (center.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
        {
            throw new InvalidDataException("The centre of the RaBitQ codes is not finite.");
        }

        return new RabitqCodec(metric, bits, BinaryPrimitives.ReadInt64LittleEndian(source), center);
    }

    /// <inheritdoc/>
    protected override void WriteOwnParameters(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, _seed);
        MemoryMarshal.AsBytes(_center.AsSpan()).CopyTo(destination[sizeof(long)..]);
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<float> vector, Span<byte> row)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(Length);
        Span<float> rotated = rented.AsSpan(0, Length);
        float length = Center(vector, rotated);
        float scale = length > 0 ? 1f / length : 0f;
        foreach (ref float component in rotated)
        {
            component *= scale;
        }

        _rotation.Apply(rotated);
        Span<byte> code = row[..CodeBytes];
        code.Clear();
        (float product, float gridNorm) = _bits == 1 ? EncodeSigns(rotated, code) : EncodeGrid(rotated, code);
        Span<float> factors = MemoryMarshal.Cast<byte, float>(row.Slice(CodeBytes, Factors * sizeof(float)));
        WriteFactors(vector, length, product, gridNorm, factors);
        row[(CodeBytes + (Factors * sizeof(float)))..].Clear();
        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Estimates from a query by 1-bit codes.</summary>
    public unsafe SignScorer SignScorer(ReadOnlySpan<float> query, GraphScratch scratch, RowView<byte> rows)
    {
        RabitqQuery prepared = Prepare(query, scratch);
        PinnedBuffer<byte> planes = scratch.Code(Length / 64 * RabitqKernels.QueryBits * sizeof(ulong));
        (float low, float step) = RabitqKernels.WritePlanes(scratch.Vector(Length).Slice(0, Length), MemoryMarshal.Cast<byte, ulong>(planes.Slice(0, planes.Length)));
        float error = step * MathF.Sqrt(Length / 12f) * RabitqKernels.SignMagnitude;
        return new SignScorer((ulong*)planes.Pointer, rows, Length / 64, step, low, prepared with { Rounding = error });
    }

    /// <summary>Estimates from a query by 4-bit codes.</summary>
    public unsafe NibbleScorer NibbleScorer(ReadOnlySpan<float> query, GraphScratch scratch, RowView<byte> rows)
    {
        RabitqQuery prepared = Prepare(query, scratch);
        PinnedBuffer<byte> code = scratch.Code(Length);
        float step = RabitqKernels.WriteSigned(scratch.Vector(Length).Slice(0, Length), MemoryMarshal.Cast<byte, sbyte>(code.Slice(0, Length)));
        float error = step * MathF.Sqrt(Length / 12f) * RabitqKernels.MaxNibbleMagnitude;
        return new NibbleScorer((sbyte*)code.Pointer, rows, Length, step, prepared with { Rounding = error });
    }

    /// <summary>Centres and rotates a query into the scratch's vector.</summary>
    private RabitqQuery Prepare(ReadOnlySpan<float> query, GraphScratch scratch)
    {
        Span<float> rotated = scratch.Vector(Length).Slice(0, Length);
        float length = Center(query, rotated);
        float constant = _metric switch
        {
            DistanceMetric.Cosine => 0.5f * length * length,
            DistanceMetric.Dot => -VectorMath.Dot(query, _center),
            _ => length * length,
        };
        _rotation.Apply(rotated);
        float sum = 0;
        foreach (float component in rotated)
        {
            sum += component;
        }

        return new RabitqQuery(constant, sum, length, 0f);
    }

    /// <summary>Vector − centre, padded with zeros; cosine of the unit vector. Returns its length.</summary>
    private float Center(ReadOnlySpan<float> vector, Span<float> centered)
    {
        float scale = _metric == DistanceMetric.Cosine ? VectorMath.InverseNorm(vector) : 1f;
        for (int i = 0; i < vector.Length; i++)
        {
            centered[i] = (vector[i] * scale) - _center[i];
        }

        centered[vector.Length..].Clear();
        float inverse = VectorMath.InverseNorm(centered);
        return inverse > 0 ? 1f / inverse : 0f;
    }

    private void WriteFactors(ReadOnlySpan<float> vector, float length, float product, float gridNorm, Span<float> factors)
    {
        float ratio = product > 0 ? length / product : 0f;
        double cosine = gridNorm > 0 ? Math.Min(1.0, product / (double)gridNorm) : 0;
        double tangent = cosine > 0 ? Math.Sqrt((1 - (cosine * cosine)) / (cosine * cosine)) : 0;
        float error = (float)(length * tangent / Math.Sqrt(Length - 1));
        Observe(error);
        (factors[0], factors[1], factors[2]) = _metric switch
        {
            DistanceMetric.Cosine => (0.5f * length * length, -ratio, error),
            DistanceMetric.Dot => (VectorMath.Dot(_center, _center) - VectorMath.Dot(_center, vector), -ratio, error),
            _ => (length * length, -2f * ratio, 2f * error),
        };
    }

    /// <summary>Bit i is set where component i is positive; the grid's points are ±1/2.</summary>
    private static (float Product, float GridNorm) EncodeSigns(ReadOnlySpan<float> rotated, Span<byte> code)
    {
        float sum = 0;
        for (int i = 0; i < rotated.Length; i++)
        {
            code[i / 8] |= rotated[i] > 0 ? (byte)(1 << (i % 8)) : (byte)0;
            sum += MathF.Abs(rotated[i]);
        }

        return (RabitqKernels.SignMagnitude * sum, RabitqKernels.SignMagnitude * MathF.Sqrt(rotated.Length));
    }

    /// <summary>The grid's points are −7.5 to 7.5; of several scales the one whose point is nearest in direction is taken.</summary>
    private static (float Product, float GridNorm) EncodeGrid(ReadOnlySpan<float> rotated, Span<byte> code)
    {
        float largest = 0;
        foreach (float component in rotated)
        {
            largest = Math.Max(largest, MathF.Abs(component));
        }

        float bestScale = 0, best = -1f;
        for (int i = 0; largest > 0 && i < ScalesTried; i++)
        {
            float scale = (5f + (i * 10f / (ScalesTried - 1))) / largest;
            (float product, float norm) = Measure(rotated, scale);
            if (product / norm > best)
            {
                best = product / norm;
                bestScale = scale;
            }
        }

        for (int i = 0; i < rotated.Length; i++)
        {
            int level = (int)(RabitqKernels.GridPoint(rotated[i] * bestScale) + RabitqKernels.MaxNibbleMagnitude);
            code[RabitqKernels.NibbleByte(i)] |= (byte)(level << RabitqKernels.NibbleShift(i));
        }

        return Measure(rotated, bestScale);
    }

    private static (float Product, float GridNorm) Measure(ReadOnlySpan<float> rotated, float scale)
    {
        float product = 0, squares = 0;
        foreach (float component in rotated)
        {
            float point = RabitqKernels.GridPoint(component * scale);
            product += point * component;
            squares += point * point;
        }

        return (product, MathF.Sqrt(squares));
    }
}

/// <summary>What the estimates of one query share.</summary>
/// <param name="Constant">The part of the distance that is the query's alone.</param>
/// <param name="Sum">Sum of the rotated query's components.</param>
/// <param name="Norm">Its length.</param>
/// <param name="Rounding">Expected error of ⟨q, y⟩ by rounding the query, one standard deviation, at most.</param>
internal readonly record struct RabitqQuery(float Constant, float Sum, float Norm, float Rounding);
