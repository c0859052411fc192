using System.Numerics;
using System.Runtime.InteropServices;

namespace Vektagraf.Storage;

/// <summary>CRC-32C (Castagnoli, RFC 3720 B.4), the checksum of every persisted format. One instruction per 8 bytes where the CPU has it.</summary>
public static class Crc32C
{
    /// <summary>Checksum of some bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The checksum.</returns>
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (var b in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
