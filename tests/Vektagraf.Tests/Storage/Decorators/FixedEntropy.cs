using System.Buffers.Binary;

namespace Vektagraf.Tests.Storage.Decorators;

/// <summary>Draws the same number every time.</summary>
internal sealed class FixedEntropy(double share) : EntropySource
{
    public override void Fill(Span<byte> destination) =>
        BinaryPrimitives.WriteUInt64LittleEndian(destination, (ulong)(share * (1UL << 53)) << 11);
}
