namespace Vektagraf.Caching;

/// <summary>Limits of a <see cref="TieredCache"/>.</summary>
public sealed record CacheOptions
{
    /// <summary>What a cached value costs in memory besides its bytes: its key, and its places in tables and lists.</summary>
    public const int EntryOverhead = 320;

    // Of what the process may have, next to the 60 % that indexes get.
    private const long L1Share = 16;
    private const long L2Share = 32;
    private const long LeastL1 = 8 * 1024 * 1024;
    private const long MostL1 = 1024 * 1024 * 1024;

    /// <summary>Most bytes of the first level, overhead included; null for a sixteenth of what the machine or its container gives this process, within
    /// 8 MiB and 1 GiB.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Most bytes of the second level, compressed and with overhead; 0 for no such level; null for a thirty-second part of what the machine or its
    /// container gives this process, within 4 MiB and 512 MiB.</summary>
    public long? CompressedBytes { get; init; }

    /// <summary>Directory of the third level on a local disk, for one process alone; null for no such level.</summary>
    public string? Directory { get; init; }

    /// <summary>Most bytes of files on disk; at least 1.</summary>
    public long DiskBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>How long a value is kept unless stated where it is put in.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Level of Zstandard, 1 to 19: the lowest costs about 2 ms for a megabyte.</summary>
    public int CompressionLevel { get; init; } = 1;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The first level's budget in force.</summary>
    public long MemoryBytesInForce => MemoryBytes ?? Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / L1Share, LeastL1, MostL1);

    /// <summary>The second level's budget in force.</summary>
    public long CompressedBytesInForce => CompressedBytes ?? Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / L2Share, LeastL1 / 2, MostL1 / 2);

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MemoryBytesInForce, 1, nameof(MemoryBytes));
        ArgumentOutOfRangeException.ThrowIfNegative(CompressedBytesInForce, nameof(CompressedBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(DiskBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TimeToLive, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(CompressionLevel, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CompressionLevel, 19);
    }
}
