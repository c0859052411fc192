using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Vektagraf.Optimisation;

/// <summary>Name of a query shape: equal for requests that differ only in literals. 128 bits, so that two shapes do not meet by accident.</summary>
/// <param name="Value">The bits.</param>
public readonly record struct QuerySignature(UInt128 Value)
{
    /// <summary>Parses what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">32 hexadecimal digits.</param>
    /// <param name="signature">The signature.</param>
    /// <returns>Whether it was one.</returns>
    public static bool TryParse(string? text, out QuerySignature signature)
    {
        var isOne = text is { Length: 32 } & UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value);
        signature = isOne ? new QuerySignature(value) : default;
        return isOne;
    }

    /// <summary>The signature as text.</summary>
    /// <returns>32 hexadecimal digits.</returns>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>
/// Hashes a shape without allocating: two lanes of multiply and rotate, each finished by the mixer of SplitMix64 (Steele, Lea and Flood 2014).
/// Not meant to withstand someone who looks for collisions: two shapes that met would share their statistics, no more.
/// </summary>
internal struct ShapeHash
{
    private ulong _low = 0x243F6A8885A308D3;
    private ulong _high = 0x13198A2E03707344;

    public ShapeHash()
    {
    }

    public void Add(ulong value)
    {
        _low = BitOperations.RotateLeft(_low ^ (value * 0x9E3779B97F4A7C15), 27) * 0xBF58476D1CE4E5B9;
        _high = (BitOperations.RotateLeft(_high + (value * 0xC2B2AE3D27D4EB4F), 31) * 0x94D049BB133111EB) + value;
    }

    public void Add(int value) => Add((ulong)(uint)value);

    public void Add(char value) => Add((ulong)value);

    public void Add(UInt128 value)
    {
        Add((ulong)value);
        Add((ulong)(value >> 64));
    }

    /// <summary>A text and its length, so that what follows it cannot be taken for a part of it; null is none.</summary>
    public void Add(string? text)
    {
        Add(text is null ? ulong.MaxValue : (ulong)text.Length);
        var words = MemoryMarshal.Cast<char, ulong>(text.AsSpan());
        foreach (var word in words)
        {
            Add(word);
        }

        foreach (var c in text.AsSpan()[(words.Length * 4)..])
        {
            Add((ulong)c);
        }
    }

    public readonly UInt128 Finish() => new(Mix(_high ^ BitOperations.RotateLeft(_low, 32)), Mix(_low + _high));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
