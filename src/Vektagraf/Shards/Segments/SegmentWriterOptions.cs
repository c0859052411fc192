namespace Vektagraf.Shards.Segments;

/// <summary>Sizes of a segment's parts.</summary>
public sealed record SegmentWriterOptions
{
    /// <summary>Raw bytes at which a row group ends. One is what a point read fetches; JSON in groups of this size compresses to
    /// about 1.1 times its size as a whole, in groups of a quarter of it to 1.3 times.</summary>
    public int RowGroupBytes { get; init; } = 256 * 1024;

    /// <summary>Raw bytes at which a block of the id table ends.</summary>
    public int IdTableBytes { get; init; } = 128 * 1024;

    /// <summary>Largest block of vectors, unless one vector is larger. It is what fetching one vector for re-ranking costs; scans read
    /// neighbours together. Each block adds four bytes to the footer. At least 512.</summary>
    public int VectorBlockBytes { get; init; } = 32 * 1024;

    /// <summary>Stored bytes at which <see cref="SegmentWriter.IsFull"/> asks for the next segment.</summary>
    public long TargetBytes { get; init; } = 128 * 1024 * 1024;
}
