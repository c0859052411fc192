using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Vektagraf;

/// <summary>Where identifiers, nonces and jitter come from; replaceable, so that a simulated run replays from its seed. Thread-safe.</summary>
public abstract class EntropySource
{
    /// <summary>The operating system's generator.</summary>
    public static EntropySource System { get; } = new SystemEntropy();

    /// <summary>A replayable source; for tests and simulation only, since two nodes with one seed would draw the same nonces.</summary>
    /// <param name="seed">The seed.</param>
    /// <returns>The source.</returns>
    public static EntropySource Seeded(int seed) => new SeededEntropy(seed);

    /// <summary>Fills a span with random bytes.</summary>
    /// <param name="destination">What to fill.</param>
    public abstract void Fill(Span<byte> destination);

    /// <summary>Draws 128 random bits; never zero, which formats use for "none".</summary>
    /// <returns>The bits.</returns>
    public UInt128 NextUInt128()
    {
        Span<byte> bytes = stackalloc byte[16];
        UInt128 value;
        do
        {
            Fill(bytes);
            value = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        }
        while (value == UInt128.Zero);

        return value;
    }

    /// <summary>Draws a number in [0, 1).</summary>
    /// <returns>The number.</returns>
    public double NextDouble()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(bytes) >> 11) * (1.0 / (1UL << 53));
    }

    private sealed class SystemEntropy : EntropySource
    {
        public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }

    private sealed class SeededEntropy(int seed) : EntropySource
    {
        private readonly Lock _lock = new();
        private readonly Random _random = new(seed);

        public override void Fill(Span<byte> destination)
        {
            lock (_lock)
            {
                _random.NextBytes(destination);
            }
        }
    }
}
