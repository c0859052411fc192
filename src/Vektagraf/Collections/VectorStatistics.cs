using Vektagraf.Index;
using Vektagraf.Shards;
using Vektagraf.Tuning;

namespace Vektagraf.Collections;

/// <summary>The vectors of one field over all shards, as this node has them.</summary>
public sealed record VectorStatistics
{
    /// <summary>How they are found: <c>flat</c>, <c>hnsw</c>, <c>ivf</c>; <c>mixed</c> where shards differ.</summary>
    public required string Index { get; init; }

    /// <summary>What is searched in place of the vectors: <c>none</c>, <c>half</c>, <c>scalar8</c>, <c>rabitq4</c>, <c>rabitq1</c>; <c>mixed</c> where shards differ.</summary>
    public required string Quantization { get; init; }

    /// <summary>Live vectors.</summary>
    public long Count { get; init; }

    /// <summary>Vectors that are in the index, dead versions included; those that are not are scanned.</summary>
    public long Indexed { get; init; }

    /// <summary>Vectors that are not in the index yet.</summary>
    public long Pending { get; init; }

    /// <summary>Bytes of the vectors as they were given.</summary>
    public long OriginalBytes { get; init; }

    /// <summary>Bytes of the index beside them: links or lists, and codes.</summary>
    public long IndexBytes { get; init; }

    /// <summary>What settings were measured to give, a curve for each shard that has one.</summary>
    public IReadOnlyList<CalibrationCurve> Calibration { get; init; } = [];

    internal static VectorStatistics Of(IReadOnlyList<VectorColumn> columns) => new()
    {
        Index = Common(columns, c => c.Index switch { HnswIndex => "hnsw", IvfIndex => "ivf", _ => "flat" }),
        Quantization = Common(columns, c => QuantizationOf(c).ToString().ToLowerInvariant()),
        Count = columns.Sum(c => (long)c.Count - c.DeadCount),
        Indexed = columns.Sum(c => c.Index is IPendingIndex index ? (long)index.IndexedCount : 0),
        Pending = columns.Sum(c => c.Index is IPendingIndex index ? (long)index.Count - index.IndexedCount : 0),
        OriginalBytes = columns.Sum(c => c.Vectors.MemoryBytes),
        IndexBytes = columns.Sum(c => c.Index is FlatIndex ? 0 : c.Index.MemoryBytes - c.Vectors.MemoryBytes),
        Calibration = [.. columns.Select(c => c.Calibration).OfType<CalibrationCurve>()],
    };

    private static VectorQuantization QuantizationOf(VectorColumn column) => column.Index switch
    {
        HnswIndex graph => graph.ActiveQuantization,
        IvfIndex lists => lists.Options.Quantization,
        _ => VectorQuantization.None,
    };

    private static string Common(IReadOnlyList<VectorColumn> columns, Func<VectorColumn, string> textOf) =>
        columns.Select(textOf).Distinct(StringComparer.Ordinal).Count() == 1 ? textOf(columns[0]) : "mixed";
}
