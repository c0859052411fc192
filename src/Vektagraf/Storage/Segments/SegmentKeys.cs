using System.Globalization;

namespace Vektagraf.Storage.Segments;

/// <summary>Names of segment objects.</summary>
public static class SegmentKeys
{
    /// <summary>Start of the keys of all segments of a shard.</summary>
    /// <param name="shard">The shard.</param>
    /// <returns>The prefix.</returns>
    public static string Prefix(ShardKeys shard) => shard.Prefix + "seg/";

    /// <summary>The object that holds a segment.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="segment">The segment's id, drawn at random and never used again.</param>
    /// <returns>The key.</returns>
    public static string File(ShardKeys shard, Guid segment) => string.Create(CultureInfo.InvariantCulture, $"{Prefix(shard)}{segment:N}/data");

    /// <summary>The object that holds a part of a vector index. It lies among the segments, so that collecting garbage lists both at once.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="index">The index's id, drawn at random and never used again.</param>
    /// <param name="part">Number of the part.</param>
    /// <returns>The key.</returns>
    public static string IndexPart(ShardKeys shard, Guid index, int part) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix(shard)}{index:N}/index.{part}");
}
