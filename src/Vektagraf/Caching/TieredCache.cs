using System.Diagnostics.CodeAnalysis;

namespace Vektagraf.Caching;

/// <summary>
/// A cache of three levels: values in memory (<see cref="CacheLevel.L1"/>), compressed values in memory (<see cref="CacheLevel.L2"/>), files on a local
/// disk (<see cref="CacheLevel.L3"/>). Each is bounded in bytes. Thread-safe.
/// </summary>
/// <remarks>
/// <para>A value found in a lower level moves up to the first. One that has to leave the first is compressed and moves to the second, one that has to leave
/// that moves to disk. Values may also be written to disk as they come in, so that a process that is killed leaves them to the next.</para>
/// <para>An invalidation that has returned is final: whatever was on its way between levels, or was being loaded, when it began is not kept.</para>
/// <para>Files are read and written within the calls: a value takes a local disk less than any request to a store.</para>
/// </remarks>
public sealed partial class TieredCache : IDisposable
{
    private readonly CacheOptions _options;
    private readonly DiskTier? _disk;

    // Guards all below; held for table look-ups and renames only, never while bytes are compressed, read or written.
    private readonly Lock _gate = new();
    private readonly TinyLfuCache<CacheKey, MemoryEntry> _memory;
    private readonly SegmentedLru<CacheKey, PackedEntry>? _compressed;
    private readonly SegmentedLru<CacheKey, DiskFile>? _files;
    private readonly LevelCounts[] _counts = [new(), new(), new()];
    private readonly Dictionary<string, HashSet<long>> _scopes = new(StringComparer.Ordinal);
    private readonly Dictionary<CacheKey, Load> _loads = [];

    // What levels dropped during the call that holds the gate; taken over before it is released.
    private readonly List<(CacheKey Key, MemoryEntry Entry)> _leftMemory = [];
    private readonly List<(CacheKey Key, PackedEntry Entry)> _leftCompressed = [];
    private readonly List<(CacheKey Key, DiskFile File)> _leftDisk = [];
    private long _epoch;
    private long _loadsBegun;
    private long _joined;
    private long _corrupt;
    private string? _diskProblem;

    /// <summary>Creates a cache. With a directory, looks at the files that an earlier process left there.</summary>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public TieredCache(CacheOptions? options = null)
    {
        _options = options ?? new CacheOptions();
        _options.Validate();
        _memory = new TinyLfuCache<CacheKey, MemoryEntry>(_options.MemoryBytesInForce, k => k.Hash(), (key, entry) => _leftMemory.Add((key, entry)));
        var compressed = _options.CompressedBytesInForce;
        _compressed = compressed > 0 ? new SegmentedLru<CacheKey, PackedEntry>(compressed, (key, entry) => _leftCompressed.Add((key, entry))) : null;
        if (_options.Directory is { } directory && (_disk = DiskTier.TryOpen(directory, out _diskProblem)) is not null)
        {
            _files = new SegmentedLru<CacheKey, DiskFile>(_options.DiskBytes, (key, file) => _leftDisk.Add((key, file)));
            TakeOver(_disk);
        }
    }

    /// <summary>A number that changes with every invalidation.</summary>
    public long Epoch
    {
        get
        {
            lock (_gate)
            {
                return _epoch;
            }
        }
    }

    private long Now => _options.Time.GetUtcNow().UtcTicks;

    /// <summary>Finds a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, if there is one. It is the cache's, not to be changed.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(CacheKey key, out ReadOnlyMemory<byte> value) => TryGet(key, out value, out _);

    /// <summary>Finds a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, if there is one. It is the cache's, not to be changed.</param>
    /// <param name="level">Where it was; null where there is none.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(CacheKey key, out ReadOnlyMemory<byte> value, [NotNullWhen(true)] out CacheLevel? level)
    {
        level = null;
        PackedEntry? packed;
        DiskFile? file;
        long epoch;
        lock (_gate)
        {
            epoch = _epoch;
            if (FindInMemory(key) is { } found)
            {
                (value, level) = (found.Value, CacheLevel.L1);
                return true;
            }

            packed = FindCompressed(key);
            file = packed is null ? FindFile(key) : null;
        }

        if (packed is { } second && second.Value.Unpack() is { } unpacked)
        {
            (value, level) = (unpacked, CacheLevel.L2);
            Promote(key, new MemoryEntry(unpacked, second.ExpiresAt), CacheLevel.L2, epoch);
            return true;
        }

        if (file is { } third && ReadFile(key, third) is { } read)
        {
            (value, level) = (read, CacheLevel.L3);
            Promote(key, new MemoryEntry(read, third.ExpiresAt), CacheLevel.L3, epoch);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Puts a value in, in place of the one there is.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; must not change any more.</param>
    /// <param name="timeToLive">How long to keep it; null for the cache's own.</param>
    /// <param name="writesThrough">Whether to write it to disk at once, for the next process.</param>
    /// <param name="epoch">The <see cref="Epoch"/> of the moment at which the value was known to be right; null for now.</param>
    /// <returns>False where it was not kept, for an invalidation since that epoch.</returns>
    public bool Set(CacheKey key, ReadOnlyMemory<byte> value, TimeSpan? timeToLive = null, bool writesThrough = false, long? epoch = null)
    {
        var lifetime = timeToLive ?? _options.TimeToLive;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero, nameof(timeToLive));
        var now = Now;
        var entry = new MemoryEntry(value, lifetime.Ticks >= long.MaxValue - now ? long.MaxValue : now + lifetime.Ticks);
        Departed departed;
        lock (_gate)
        {
            if (epoch is { } known && known != _epoch)
            {
                return false;
            }

            Drop(key);
            InsertIntoMemory(key, entry);
            departed = TakeDeparted();
        }

        if (writesThrough && _disk is not null)
        {
            WriteFile(key, PackedValue.Pack(value, _options.CompressionLevel), entry.ExpiresAt, departed.Epoch);
        }

        Settle(departed);
        return true;
    }

    /// <summary>How the cache did so far.</summary>
    /// <returns>The statistics, all of one moment.</returns>
    public CacheStatistics Snapshot()
    {
        lock (_gate)
        {
            var levels = new List<CacheLevelStatistics> { CountsOf(CacheLevel.L1).Describe(CacheLevel.L1, _memory.Budget, _memory.Bytes, _memory.Count) };
            if (_compressed is not null)
            {
                levels.Add(CountsOf(CacheLevel.L2).Describe(CacheLevel.L2, _compressed.Budget, _compressed.Bytes, _compressed.Count));
            }

            if (_files is not null)
            {
                levels.Add(CountsOf(CacheLevel.L3).Describe(CacheLevel.L3, _files.Budget, _files.Bytes, _files.Count));
            }

            return new CacheStatistics { Levels = levels, Loads = _loadsBegun, Joined = _joined, Corrupt = _corrupt, DiskProblem = _diskProblem };
        }
    }

    /// <summary>Gives the directory back to whoever comes next; its files stay.</summary>
    public void Dispose() => _disk?.Dispose();

    private LevelCounts CountsOf(CacheLevel level) => _counts[(int)level - 1];

    /// <summary>A value in memory.</summary>
    private readonly record struct MemoryEntry(ReadOnlyMemory<byte> Value, long ExpiresAt);

    /// <summary>A value compressed in memory.</summary>
    private readonly record struct PackedEntry(PackedValue Value, long ExpiresAt);
}
