using System.Globalization;
using Vektagraf.Caching;

namespace Vektagraf.Benchmarks.Caching;

/// <summary>What levels of the cache take: finding, putting in, starting again on a disk.</summary>
internal sealed class CacheCommand : IBenchmarkCommand
{
    private const int Passes = 9;
    private const int LookUps = 1_000;
    private const int BlockBytes = 64 * 1024;
    private const int Blocks = 4_000;
    private const long Ample = 1024L * 1024 * 1024;

    public string Verb => "cache";

    public string Description => "look-ups on each level of the cache, writing through to disk, and starting again on a full disk";

    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        output.WriteLine(RunHeader.Describe(Verb, arguments.ToArray()));
        output.WriteLine();
        output.WriteLine("| | µs |");
        output.WriteLine("|---|---:|");
        var root = Directory.CreateTempSubdirectory("cache-benchmark-").FullName;
        try
        {
            Memory(output, "a block of 64 KiB that does not compress", Value(BlockBytes, isText: false));
            Memory(output, "an answer of 4 KiB of JSON", Value(4_096, isText: true));
            Disk(output, root);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }

        return 0;
    }

    private static void Memory(TextWriter output, string what, byte[] value)
    {
        using var first = new TieredCache(new CacheOptions { MemoryBytes = Ample, CompressedBytes = 0 });

        // Nothing stays in a first level of one byte: all is found compressed, and goes back there.
        using var second = new TieredCache(new CacheOptions { MemoryBytes = 1, CompressedBytes = Ample });
        for (var i = 0; i < 100; i++)
        {
            first.Set(new CacheKey("k", i), value);
            second.Set(new CacheKey("k", i), value);
        }

        var measured = Measurement.InTurns(Passes, () => LookUp(first), () => LookUp(second));
        Write(output, $"L1, {what}", measured.Seconds(0) / LookUps);
        Write(output, $"L2, {what}, compressed again at once", measured.Seconds(1) / LookUps);
    }

    private static void Disk(TextWriter output, string root)
    {
        var options = new CacheOptions { MemoryBytes = 1, CompressedBytes = 0, Directory = root };
        var value = Value(BlockBytes, isText: false);
        using (var cache = new TieredCache(options))
        {
            var number = 0L;
            var measured = Measurement.InTurns(Passes, () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    cache.Set(new CacheKey("k", number++ % Blocks), value, writesThrough: true);
                }
            });
            Write(output, "written through to disk, a block of 64 KiB", measured.Seconds(0) / 100);
            for (var i = 0; i < Blocks; i++)
            {
                cache.Set(new CacheKey("k", i), value, writesThrough: true);
            }

            var found = Measurement.InTurns(Passes, () => LookUp(cache));
            Write(output, "L3, a block of 64 KiB, in the system's page cache", found.Seconds(0) / LookUps);
        }

        var started = Measurement.InTurns(Passes, () => new TieredCache(options).Dispose());
        Write(output, string.Create(CultureInfo.InvariantCulture, $"start on a disk of {Blocks:N0} blocks"), started.Seconds(0));
    }

    private static void LookUp(TieredCache cache)
    {
        for (var i = 0; i < LookUps; i++)
        {
            if (!cache.TryGet(new CacheKey("k", i % 100), out _))
            {
                throw new InvalidOperationException("It was put in.");
            }
        }
    }

    private static byte[] Value(int length, bool isText)
    {
        var random = new Random(1);
        var value = new byte[length];
        random.NextBytes(value);
        if (isText)
        {
            var words = "{\"id\":\"o00001\",\"properties\":{\"title\":\"red\",\"price\":12.5}},"u8;
            for (var i = 0; i < length; i++)
            {
                value[i] = random.Next(20) == 0 ? (byte)('a' + random.Next(26)) : words[i % words.Length];
            }
        }

        return value;
    }

    private static void Write(TextWriter output, string what, double seconds) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {seconds * 1e6:N2} |"));
}
