namespace Vektagraf.Shards.Segments;

/// <summary>Sizes of a segment's parts.</summary>
public sealed record SegmentWriterOptions
{
    /// <summary>Raw bytes at which a row group ends. One is what a point read fetches, and each result of a search. JSON of 1 KB an object
    /// compresses in groups of 384 KiB to 1.06 times what it takes as one stream, in groups of 256 KiB to 1.11, of 64 KiB to 1.26.</summary>
    public int RowGroupBytes { get; init; } = 192 * 1024;

    /// <summary>Raw bytes at which a block of the id table ends.</summary>
    public int IdTableBytes { get; init; } = 128 * 1024;

    /// <summary>Largest block of vectors, unless one vector is larger. It is what fetching one vector for re-ranking costs; scans read
    /// neighbours together. Each block adds four bytes to the footer. At least 512.</summary>
    public int VectorBlockBytes { get; init; } = 8 * 1024;

    /// <summary>Vectors from which on a field that may have inverted lists has them.</summary>
    public int LeastListedVectors { get; init; } = SegmentLayout.LeastListedVectors;

    /// <summary>Raw bytes at which a block of a field index ends, unless one value has more. It is what finding the rows of one value
    /// fetches; each block adds some 30 bytes to the footer.</summary>
    public int IndexBlockBytes { get; init; } = 32 * 1024;

    /// <summary>Stored bytes at which <see cref="SegmentWriter.IsFull"/> asks for the next segment. A writer needs twice as much memory
    /// at the end, which has to fit the smallest hosts of half a gigabyte.</summary>
    public long TargetBytes { get; init; } = 64 * 1024 * 1024;
}
