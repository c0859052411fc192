using System.Numerics;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// A random rotation in O(d log d): rounds of random signs and Hadamard transforms (Ailon and Chazelle 2009). Lengths are padded to a
/// multiple of 64. Where that is no power of two, the transform is applied to the first and to the last components, as many as the greatest
/// power of two below, and halves are mixed as in Kac's walk, so that after a few rounds every component depends on every other.
/// </summary>
internal sealed class RandomRotation
{
    private const int Rounds = 4;

    private readonly float[] _signs;
    private readonly int _power;
    private readonly float _scale;

    /// <summary>Draws a rotation.</summary>
    /// <param name="dimensions">Components of the vectors.</param>
    /// <param name="seed">The same seed draws the same rotation.</param>
    public RandomRotation(int dimensions, long seed)
    {
        Length = (dimensions + 63) / 64 * 64;
        _power = 1 << BitOperations.Log2((uint)Length);
        _scale = 1f / MathF.Sqrt(_power);
        _signs = new float[Rounds * 2 * Length];
        ulong state = (ulong)seed;
        for (int i = 0; i < _signs.Length; i += 64)
        {
            ulong bits = SplitMix.Next(ref state);
            for (int bit = 0; bit < 64; bit++)
            {
                _signs[i + bit] = ((bits >> bit) & 1) == 0 ? 1f : -1f;
            }
        }
    }

    /// <summary>Components of a rotated vector.</summary>
    public int Length { get; }

    /// <summary>Rotates in place; lengths and angles stay.</summary>
    /// <param name="vector">The components, then zeros up to <see cref="Length"/>.</param>
    public void Apply(Span<float> vector)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ReadOnlySpan<float> signs = _signs.AsSpan(round * 2 * Length, 2 * Length);
            Multiply(vector, signs[..Length]);
            Transform(vector[.._power]);
            if (_power < Length)
            {
                Multiply(vector, signs[Length..]);
                Transform(vector[^_power..]);
                Mix(vector[..(Length / 2)], vector[(Length / 2)..], 1f / MathF.Sqrt(2f));
            }
        }
    }

    private static void Multiply(Span<float> vector, ReadOnlySpan<float> factors)
    {
        Span<Vector<float>> lanes = MemoryMarshal.Cast<float, Vector<float>>(vector);
        ReadOnlySpan<Vector<float>> by = MemoryMarshal.Cast<float, Vector<float>>(factors);
        for (int i = 0; i < lanes.Length; i++)
        {
            lanes[i] *= by[i];
        }
    }

    /// <summary>(a, b) becomes (a + b, a − b) times a scale.</summary>
    private static void Mix(Span<float> a, Span<float> b, float scale)
    {
        Span<Vector<float>> first = MemoryMarshal.Cast<float, Vector<float>>(a);
        Span<Vector<float>> second = MemoryMarshal.Cast<float, Vector<float>>(b);
        for (int i = 0; i < first.Length; i++)
        {
            Vector<float> sum = first[i] + second[i];
            second[i] = (first[i] - second[i]) * scale;
            first[i] = sum * scale;
        }

        for (int i = first.Length * Vector<float>.Count; i < a.Length; i++)
        {
            (a[i], b[i]) = ((a[i] + b[i]) * scale, (a[i] - b[i]) * scale);
        }
    }

    /// <summary>The fast Walsh-Hadamard transform, scaled to keep lengths.</summary>
    private void Transform(Span<float> vector)
    {
        for (int half = 1; half < vector.Length; half *= 2)
        {
            float scale = half == 1 ? _scale : 1f;
            for (int start = 0; start < vector.Length; start += 2 * half)
            {
                Mix(vector.Slice(start, half), vector.Slice(start + half, half), scale);
            }
        }
    }
}

/// <summary>The generator SplitMix64 (Steele, Lea and Flood 2014).</summary>
internal static class SplitMix
{
    /// <summary>What the state grows by with each number.</summary>
    public const ulong Increment = 0x9E37_79B9_7F4A_7C15;

    /// <summary>The next number.</summary>
    public static ulong Next(ref ulong state) => Mix(state += Increment);

    /// <summary>The number that belongs to a state.</summary>
    public static ulong Mix(ulong state)
    {
        state = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9;
        state = (state ^ (state >> 27)) * 0x94D0_49BB_1331_11EB;
        return state ^ (state >> 31);
    }
}
