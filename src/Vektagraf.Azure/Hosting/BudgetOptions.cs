using Vektagraf.Caching;

namespace Vektagraf.Hosting;

/// <summary>What a host may take of its machine.</summary>
public sealed class BudgetOptions
{
    /// <summary>Requests in progress unless stated.</summary>
    public const int DefaultConcurrentRequests = 1_024;

    /// <summary>MiB of files in the cache's directory unless stated.</summary>
    public const int DefaultCacheDiskMegabytes = 1_024;

    private const long Megabyte = 1024 * 1024;

    /// <summary>MiB of memory that indexes may take; 0 for 60 % of what the machine or its container gives.</summary>
    public int MemoryMegabytes { get; set; }

    /// <summary>A directory on a disk for original vectors, which searches by codes rarely read; null keeps them in memory.</summary>
    public string? ScratchDirectory { get; set; }

    /// <summary>MiB of memory for what is kept near, a third of them compressed; 0 for 9 % of what the machine or its container gives.</summary>
    public int CacheMegabytes { get; set; }

    /// <summary>A directory on a local disk, of this process alone, that keeps what was read over restarts; null for none.</summary>
    public string? CacheDirectory { get; set; }

    /// <summary>MiB of files in that directory.</summary>
    public int CacheDiskMegabytes { get; set; } = DefaultCacheDiskMegabytes;

    /// <summary>Requests in progress beyond which further ones are answered 429.</summary>
    public int ConcurrentRequests { get; set; } = DefaultConcurrentRequests;

    /// <summary>Limits of what is kept near.</summary>
    /// <param name="time">Clock of times to live.</param>
    /// <returns>The limits.</returns>
    public CacheOptions Cache(TimeProvider time) => new()
    {
        MemoryBytes = CacheMegabytes > 0 ? CacheMegabytes * Megabyte * 2 / 3 : null,
        CompressedBytes = CacheMegabytes > 0 ? CacheMegabytes * Megabyte / 3 : null,
        Directory = string.IsNullOrEmpty(CacheDirectory) ? null : CacheDirectory,
        DiskBytes = CacheDiskMegabytes * Megabyte,
        Time = time,
    };

    /// <summary>What stands in the way of using it.</summary>
    /// <returns>Each problem, and what to change.</returns>
    public IEnumerable<string> Problems()
    {
        if (MemoryMegabytes < 0)
        {
            yield return $"{SettingTable.Of("Budgets:MemoryMegabytes")} is out of range: the megabytes that indexes may take, at least 1, or leave it out.";
        }

        if (CacheMegabytes < 0)
        {
            yield return $"{SettingTable.Of("Budgets:CacheMegabytes")} is out of range: megabytes, at least 1, or leave it out.";
        }

        if (CacheDiskMegabytes < 1)
        {
            yield return $"{SettingTable.Of("Budgets:CacheDiskMegabytes")} is out of range: megabytes, at least 1, or leave it out.";
        }

        if (ConcurrentRequests < 1)
        {
            yield return $"{SettingTable.Of("Budgets:ConcurrentRequests")} is out of range: requests in progress, at least 1, or leave it out.";
        }
    }
}
