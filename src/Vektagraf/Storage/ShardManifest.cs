using System.Text.Json;
using System.Text.Json.Serialization;
using Vektagraf.Tuning;

namespace Vektagraf.Storage;

/// <summary>
/// An immutable description of a shard at one position of its log: the segments that together hold every object, oldest first.
/// Where two segments know an object, the newer version counts; a tombstone is a version, too.
/// </summary>
public sealed record ShardManifest
{
    private const int FilterBlockBytes = 32;

    /// <summary>Version of this JSON format.</summary>
    public int FormatVersion { get; init; } = 1;

    /// <summary>The epoch of the head that published it.</summary>
    public ulong Epoch { get; init; }

    /// <summary>The WAL entry up to which it contains everything.</summary>
    public ulong Folded { get; init; }

    /// <summary>When it was written, by its writer's clock; for retention only, never for ordering.</summary>
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>Key of the manifest before it; null for the first. Collection follows the chain, so leftovers of lost races are known.</summary>
    public string? Previous { get; init; }

    /// <summary>For each shard of the collection, by number, the entry of its log that it has to be through, too, for transactions across
    /// shards to be seen as wholes; null or short where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ulong>? Needs { get; init; }

    /// <summary>Its segments, oldest first; the last one carries the table of recent transactions.</summary>
    public IReadOnlyList<ManifestSegment> Segments { get; init; } = [];

    /// <summary>Its vector indexes, at most one for each field: what they say follows from the segments, so one that is gone or does not fit
    /// costs the time to build it again, and nothing else.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ManifestIndex>? Indexes { get; init; }

    /// <summary>Keys of all objects that it needs.</summary>
    [JsonIgnore]
    public IEnumerable<string> Objects => Segments.Select(s => s.Key).Concat((Indexes ?? []).SelectMany(i => i.Parts).Select(p => p.Key));

    /// <summary>Encodes the manifest.</summary>
    /// <returns>UTF-8 JSON.</returns>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ShardManifestJson.Default.ShardManifest);

    /// <summary>Decodes a manifest and checks its invariants.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <param name="key">The object's key, for the error message.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>: not a manifest, or one that contradicts itself.</exception>
    public static ShardManifest Decode(ReadOnlySpan<byte> json, string key)
    {
        ShardManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(json, ShardManifestJson.Default.ShardManifest);
        }
        catch (JsonException e)
        {
            throw Corrupt(key, "it is not the JSON of a manifest", e);
        }

        return manifest switch
        {
            null => throw Corrupt(key, "it is null", null),
            { FormatVersion: not 1 } => throw Corrupt(key, $"it has format version {manifest.FormatVersion}, this build reads version 1", null),
            { Segments: not { Count: > 0 } } => throw Corrupt(key, "it has no segment", null),
            { Folded: 0 } => throw Corrupt(key, "it contains no entry of the log", null),
            _ when manifest.Segments.Any(s => s.MaxSequence > manifest.Folded) => throw Corrupt(key, "a segment is newer than the manifest", null),
            _ when manifest.Segments.Select(s => s.Key).Distinct(StringComparer.Ordinal).Count() != manifest.Segments.Count => throw Corrupt(key, "a segment stands twice", null),
            _ when manifest.Segments.Any(s => s.Filter is { } filter && (filter.Length == 0 || filter.Length % FilterBlockBytes != 0)) =>
                throw Corrupt(key, "the id filter of a segment has no length that one can have", null),
            _ when (manifest.Indexes ?? []).Select(i => i.Field).Distinct(StringComparer.Ordinal).Count() != (manifest.Indexes?.Count ?? 0) =>
                throw Corrupt(key, "a vector field has two indexes", null),
            _ => manifest,
        };
    }

    private static VektagrafException Corrupt(string key, string problem, Exception? inner) =>
        new(ErrorKind.Corrupt, "corrupt-manifest", $"Manifest '{key}' is damaged: {problem}. Restore this object from a backup.", inner: inner);
}

/// <summary>A segment as its manifest knows it.</summary>
public sealed record ManifestSegment
{
    /// <summary>Key of its object.</summary>
    public required string Key { get; init; }

    /// <summary>Its footer: with it a segment opens without a request.</summary>
    public required byte[] Footer { get; init; }

    /// <summary>Bytes of its object.</summary>
    public long Length { get; init; }

    /// <summary>Rows, tombstones included.</summary>
    public long Rows { get; init; }

    /// <summary>Rows that say that an object is gone.</summary>
    public long Tombstones { get; init; }

    /// <summary>Newest WAL entry that a row is from.</summary>
    public ulong MaxSequence { get; init; }

    /// <summary>The epoch that wrote it. Neighbours of one run hold disjoint ids: parts of what would be one segment, were it not too large.</summary>
    public ulong Run { get; init; }

    /// <summary>Which ids it may hold, so that a point read asks no segment in vain (<c>IdFilter</c>); null where it is left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? Filter { get; init; }
}

/// <summary>The index of a vector field, in memory as it is here: docs/formats/vector-index.md.</summary>
public sealed record ManifestIndex
{
    /// <summary>The vector field.</summary>
    public required string Field { get; init; }

    /// <summary>The kind of index and of its codes, for those who choose whether to read it.</summary>
    public required string Kind { get; init; }

    /// <summary>Vectors in it, those of versions replaced since included.</summary>
    public int Vectors { get; init; }

    /// <summary>The objects whose bytes, one after the other, are the index.</summary>
    public required IReadOnlyList<ManifestIndexPart> Parts { get; init; }

    /// <summary>What its settings were measured to give; null where there were too few vectors to hold any out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CalibrationCurve? Calibration { get; init; }
}

/// <summary>A part of an index.</summary>
/// <param name="Key">Key of its object.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Checksum">Their CRC-32C.</param>
public sealed record ManifestIndexPart(string Key, int Length, uint Checksum);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ShardManifest))]
internal sealed partial class ShardManifestJson : JsonSerializerContext;
