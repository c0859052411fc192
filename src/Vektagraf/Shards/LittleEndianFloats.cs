using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vektagraf.Shards;

/// <summary>Components of vectors as segments and the log keep them.</summary>
internal static class LittleEndianFloats
{
    /// <summary>Reads components.</summary>
    /// <param name="littleEndian">Their bytes, four for each.</param>
    /// <param name="components">Where they go.</param>
    public static void Read(ReadOnlySpan<byte> littleEndian, Span<float> components)
    {
        if (BitConverter.IsLittleEndian)
        {
            littleEndian.CopyTo(MemoryMarshal.AsBytes(components));
            return;
        }

        for (var i = 0; i < components.Length; i++)
        {
            components[i] = BinaryPrimitives.ReadSingleLittleEndian(littleEndian[(i * sizeof(float))..]);
        }
    }
}
