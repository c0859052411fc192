namespace Vektagraf.Storage.Segments;

/// <summary>How blocks become requests.</summary>
public sealed record SegmentReadOptions
{
    /// <summary>Unwanted bytes between two wanted blocks that are read along to save a request: at 60 MB/s they take about as long as
    /// a tenth of a request to blob storage.</summary>
    public int MaxGapBytes { get; init; } = 64 * 1024;

    /// <summary>Largest request, unless one block is larger.</summary>
    public int MaxRangeBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Requests of one read under way at a time, at least 1. Times <see cref="MaxRangeBytes"/>, it bounds a stream's memory.</summary>
    public int MaxParallelReads { get; init; } = 4;
}
