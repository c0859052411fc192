namespace Vektagraf.Storage.Decorators;

/// <summary>Limits of <see cref="CachingObjectStore"/>.</summary>
public sealed record CachingOptions
{
    private const int LargestSpan = 512 * 1024 * 1024;

    /// <summary>Most bytes cached, overhead included, where no cache is given. The default leaves most of the smallest instance (512 MB) to the engine.</summary>
    public long BudgetBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Objects are cached in blocks of so many bytes, and ranges are read in whole blocks. The default costs a small read
    /// little more time than its round trip, and stays off the large object heap.</summary>
    public int BlockBytes { get; init; } = 64 * 1024;

    /// <summary>Reads of more bytes go past the cache: whoever reads that much keeps what it makes of it.</summary>
    public int LargestReadBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Which objects may be cached: only such as never change. Null for <see cref="ImmutableKeys.Matches"/>.</summary>
    public Func<string, bool>? IsImmutable { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BudgetBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BlockBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BlockBytes, LargestSpan);
        ArgumentOutOfRangeException.ThrowIfLessThan(LargestReadBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LargestReadBytes, LargestSpan);
    }
}

/// <summary>How a cache did.</summary>
/// <param name="Hits">Gets answered by the cache.</param>
/// <param name="Loads">Gets that asked the store and offered the answer to the cache.</param>
/// <param name="Joined">Gets that waited for the load of another.</param>
/// <param name="Bypassed">Gets of immutable objects that went past the cache: too large, or the object was being written.</param>
/// <param name="Underway">Objects being read or written.</param>
/// <param name="Blocks">Values kept now where the blocks are, on all levels.</param>
/// <param name="Bytes">Their bytes, overhead included.</param>
public readonly record struct CacheCounts(long Hits, long Loads, long Joined, long Bypassed, int Underway, long Blocks, long Bytes);
