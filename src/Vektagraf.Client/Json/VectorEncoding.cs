using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vektagraf.Client;

/// <summary>Vectors as compact text: base64 of little-endian float32, well under half of what the numbers take as text.</summary>
public static class VectorEncoding
{
    /// <summary>Encodes a vector; for merge patches, which are untyped.</summary>
    /// <param name="vector">The components.</param>
    /// <returns>Base64.</returns>
    public static string ToBase64(ReadOnlySpan<float> vector) => Convert.ToBase64String(ToBytes(vector));

    /// <summary>Decodes a vector.</summary>
    /// <param name="base64">Base64 of little-endian float32.</param>
    /// <returns>The components.</returns>
    /// <exception cref="FormatException">The text is not base64 of whole float32 numbers.</exception>
    public static float[] FromBase64(string base64) => TryFromBytes(Convert.FromBase64String(base64))
        ?? throw new FormatException("The text is not base64 of whole float32 numbers.");

    /// <summary>The components in the order of the wire; the vector's own memory where that is the machine's order, too.</summary>
    internal static ReadOnlySpan<byte> ToBytes(ReadOnlySpan<float> vector)
    {
        if (BitConverter.IsLittleEndian)
        {
            return MemoryMarshal.AsBytes(vector);
        }

        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        }

        return bytes;
    }

    /// <summary>The vector of bytes; null where they are no whole numbers.</summary>
    internal static float[]? TryFromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % sizeof(float) != 0)
        {
            return null;
        }

        var vector = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
        }

        return vector;
    }
}
