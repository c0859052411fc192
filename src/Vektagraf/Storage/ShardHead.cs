using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vektagraf.Storage;

/// <summary>A shard's one mutable object, changed only by compare-and-swap on its ETag.</summary>
public sealed record ShardHead
{
    private const int PlainVersion = 1;
    private const int NewestVersion = 2;

    /// <summary>Version of this JSON format: 2 with pins or a lineage, which a reader of version 1 would not honour; otherwise 1.</summary>
    public int FormatVersion { get; init; } = PlainVersion;

    /// <summary>Newest WAL entry that the manifest contains; 0 for none.</summary>
    public ulong Folded { get; init; }

    /// <summary>WAL entries at or below it may be gone; 0 for none.</summary>
    public ulong Floor { get; init; }

    /// <summary>The next floor, and since when it has been possible; null for none.</summary>
    public FloorCandidate? Candidate { get; init; }

    /// <summary>Grows with every change of the manifest.</summary>
    public ulong Epoch { get; init; } = 1;

    /// <summary>Key of the manifest; null before the first fold.</summary>
    public string? Manifest { get; init; }

    /// <summary>Snapshots, and points that branches begin at: what collection must keep.</summary>
    public IReadOnlyList<ShardPin> Pins { get; init => field = value ?? []; } = [];

    /// <summary>Of a branch: whose entries the beginning of its log is made of, oldest first, the collection it was branched from last;
    /// null where the shard needs nothing of another one.</summary>
    public IReadOnlyList<ShardLink>? Lineage { get; init; }

    /// <summary>Position that the branch begins at; 0 where the shard needs nothing of another one.</summary>
    [JsonIgnore]
    public ulong BranchPoint => Lineage is [.., var parent] ? parent.Through : 0;

    /// <summary>Where to read a WAL entry: in the shard itself, or in the one that it was branched from.</summary>
    /// <param name="keys">The shard.</param>
    /// <param name="sequence">The entry's sequence number.</param>
    /// <returns>The key.</returns>
    public string WalKey(ShardKeys keys, ulong sequence)
    {
        foreach (var link in Lineage ?? [])
        {
            if (sequence <= link.Through)
            {
                return new ShardKeys(link.Collection, keys.Shard).Wal(sequence);
            }
        }

        return keys.Wal(sequence);
    }

    /// <summary>Whether nothing that another node decided upon has changed since the head was read: a swap may build on it.</summary>
    /// <param name="seen">The head as it was read.</param>
    /// <returns>False where the change must be thought through again.</returns>
    public bool IsSameBasis(ShardHead seen) =>
        Epoch == seen.Epoch
        && Floor == seen.Floor
        && Candidate == seen.Candidate
        && string.Equals(Manifest, seen.Manifest, StringComparison.Ordinal)
        && Pins.SequenceEqual(seen.Pins)
        && (Lineage ?? []).SequenceEqual(seen.Lineage ?? []);

    /// <summary>Encodes the head.</summary>
    /// <returns>UTF-8 JSON.</returns>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(
        this with { FormatVersion = Pins.Count > 0 || Lineage is not null ? NewestVersion : PlainVersion },
        ShardHeadJson.Default.ShardHead);

    /// <summary>Decodes a head and checks its invariants.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <param name="key">The object's key, for the error message.</param>
    /// <returns>The head.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>: not a head, or one that contradicts itself.</exception>
    public static ShardHead Decode(ReadOnlySpan<byte> json, string key)
    {
        ShardHead? head;
        try
        {
            head = JsonSerializer.Deserialize(json, ShardHeadJson.Default.ShardHead);
        }
        catch (JsonException e)
        {
            throw Corrupt(key, "it is not the JSON of a head", e);
        }

        return head switch
        {
            null => throw Corrupt(key, "it is null", null),
            { FormatVersion: < PlainVersion or > NewestVersion } =>
                throw Corrupt(key, $"it has format version {head.FormatVersion}, this build reads versions {PlainVersion} to {NewestVersion}", null),
            _ when head.Floor > head.Folded => throw Corrupt(key, "its floor is above what is folded", null),
            _ => head,
        };
    }

    private static VektagrafException Corrupt(string key, string problem, Exception? inner) =>
        new(ErrorKind.Corrupt, "corrupt-head", $"Shard head '{key}' is damaged: {problem}. Restore this object from a backup.", inner: inner);
}

/// <summary>A floor in waiting: writers that caught up before it was possible must have time to learn of it.</summary>
/// <param name="Sequence">The floor.</param>
/// <param name="Since">When the head was seen to have folded it.</param>
public sealed record FloorCandidate(ulong Sequence, DateTimeOffset Since);

/// <summary>What a pin is for.</summary>
public enum PinKind
{
    /// <summary>A named snapshot; ends when it expires or is dropped.</summary>
    Snapshot,

    /// <summary>The point that a branch begins at; ends with the branch, or when that refers to nothing here any more.</summary>
    Branch,
}

/// <summary>
/// A state that collection must keep: the manifest with its segments, and the WAL entries between <see cref="Folded"/> and
/// <see cref="Sequence"/>, which stay readable though the floor may pass them.
/// </summary>
public sealed record ShardPin
{
    /// <summary>What it is for.</summary>
    public PinKind Kind { get; init; }

    /// <summary>The snapshot's or the branch's name.</summary>
    public required string Name { get; init; }

    /// <summary>Unique: drawn for a snapshot, the same in all shards; the storage name of a branch.</summary>
    public required string Id { get; init; }

    /// <summary>Key of its manifest; null where nothing was folded yet.</summary>
    public string? Manifest { get; init; }

    /// <summary>Newest WAL entry that the manifest contains.</summary>
    public ulong Folded { get; init; }

    /// <summary>Its WAL position.</summary>
    public ulong Sequence { get; init; }

    /// <summary>When it was set.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends by itself; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Session token of the snapshot; in shard 0 only, whose pin is the one that counts.</summary>
    public string? Session { get; init; }

    /// <summary>Whether its time is over. It holds until a collection takes it out of the head, whatever anyone's clock says.</summary>
    /// <param name="now">The time.</param>
    /// <returns>True from <see cref="ExpiresAt"/> on.</returns>
    public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>Whether a state can be read from its manifest and the entries it keeps.</summary>
    /// <param name="sequence">The state's position.</param>
    /// <returns>True between manifest and pin.</returns>
    public bool Covers(ulong sequence) => Folded <= sequence && sequence <= Sequence;

    /// <summary>Whether it keeps a WAL entry.</summary>
    /// <param name="sequence">The entry's sequence number.</param>
    /// <returns>True for entries that the manifest lacks.</returns>
    public bool HoldsEntry(ulong sequence) => Folded < sequence && sequence <= Sequence;
}

/// <summary>A part of a branch's log that stands in the log of the collection it was branched from.</summary>
/// <param name="Collection">Storage name of that collection.</param>
/// <param name="Through">The last entry of the part.</param>
public sealed record ShardLink(string Collection, ulong Through);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(PinKindConverter)])]
[JsonSerializable(typeof(ShardHead))]
internal sealed partial class ShardHeadJson : JsonSerializerContext;

internal sealed class PinKindConverter() : JsonStringEnumConverter<PinKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
