using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vektagraf.Storage;

/// <summary>A shard's one mutable object, changed only by compare-and-swap on its ETag.</summary>
public sealed record ShardHead
{
    /// <summary>Version of this JSON format.</summary>
    public int FormatVersion { get; init; } = 1;

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

    /// <summary>Snapshots that collection must keep.</summary>
    public IReadOnlyList<ShardPin> Pins { get; init; } = [];

    /// <summary>Encodes the head.</summary>
    /// <returns>UTF-8 JSON.</returns>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ShardHeadJson.Default.ShardHead);

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
            { FormatVersion: not 1 } => throw Corrupt(key, $"it has format version {head.FormatVersion}, this build reads version 1", null),
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

/// <summary>A snapshot that collection must keep.</summary>
/// <param name="Manifest">Key of its manifest.</param>
/// <param name="Sequence">Its WAL position.</param>
/// <param name="ExpiresAt">When the pin ends.</param>
public sealed record ShardPin(string Manifest, ulong Sequence, DateTimeOffset ExpiresAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ShardHead))]
internal sealed partial class ShardHeadJson : JsonSerializerContext;
