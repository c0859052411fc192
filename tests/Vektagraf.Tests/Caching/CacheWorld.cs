using Microsoft.Extensions.Time.Testing;
using Vektagraf.Caching;

namespace Vektagraf.Tests.Caching;

/// <summary>A directory for the disk level, and caches over it one after the other.</summary>
internal sealed class CacheWorld : IDisposable
{
    private TieredCache? _open;

    public FakeTimeProvider Time { get; } = new();

    public string Root { get; } = Directory.CreateTempSubdirectory("cache-").FullName;

    public IEnumerable<string> Files => Directory.EnumerateFiles(Path.Combine(Root, "vektagraf-cache")).Where(f => Path.GetFileName(f) != "lock");

    public TieredCache Open(long memory = 1_000_000, long compressed = 1_000_000, long disk = 1_000_000, bool withDisk = true)
    {
        _open?.Dispose();
        return _open = new TieredCache(new CacheOptions
        {
            MemoryBytes = memory,
            CompressedBytes = compressed,
            DiskBytes = disk,
            Directory = withDisk ? Root : null,
            TimeToLive = TimeSpan.FromHours(1),
            Time = Time,
        });
    }

    public static CacheKey Key(int number) => new($"thing/{number}");

    /// <summary>Bytes that say which they are, and do not compress.</summary>
    public static byte[] Value(int number, int length)
    {
        var value = new byte[length];
        new Random(number).NextBytes(value);
        return value;
    }

    public static CacheLevelStatistics Of(TieredCache cache, CacheLevel level) => cache.Snapshot().Levels.Single(l => l.Level == level);

    public void Dispose()
    {
        _open?.Dispose();
        Directory.Delete(Root, recursive: true);
    }
}
