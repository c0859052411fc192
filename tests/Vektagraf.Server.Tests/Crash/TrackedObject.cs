using System.Text.Json.Nodes;

namespace Vektagraf.Server.Crash;

/// <summary>A write that was sent and not answered.</summary>
/// <param name="Method">PUT, PATCH or DELETE; POST for a line of an import.</param>
/// <param name="Value">The value written; null for a delete.</param>
/// <param name="Key">Its idempotency key; null for a line of an import, which has none.</param>
internal sealed record PendingWrite(HttpMethod Method, int? Value, string? Key);

/// <summary>What a test knows of one object: the state the server acknowledged last, and a write it may or may not have done since.</summary>
internal sealed class TrackedObject(string id)
{
    public string Id { get; } = id;

    /// <summary>Value of the acknowledged state; null where the object must be gone.</summary>
    public int? Value { get; private set; }

    /// <summary>ETag of the acknowledged state; null where no answer told it, as with imports.</summary>
    public string? ETag { get; private set; }

    public PendingWrite? Pending { get; set; }

    /// <summary>Everything in an object follows from its value, so that half of one and half of another would show.</summary>
    public static string Content(int value) =>
        $$"""{"properties":{"n":{{value}},"pad":"{{Pad(value)}}"},"vectors":{"e":[{{value % 8192}},{{value % 7}}] } }""";

    public void Acknowledge(int? value, string? etag)
    {
        (Value, ETag, Pending) = (value, etag, null);
    }

    /// <summary>Holds what the server has after a restart against what it may have.</summary>
    /// <param name="actual">The object; null where there is none.</param>
    /// <returns>What is wrong; null where nothing is.</returns>
    public string? Check(JsonNode? actual)
    {
        var value = actual?["properties"]!["n"]!.GetValue<int>();
        var etag = actual?["etag"]!.GetValue<string>();
        if (value is { } n && !IsWhole(actual!, n))
        {
            return $"{Id} is not whole: {actual!.ToJsonString()}";
        }

        var isAcknowledged = value == Value && (ETag is null || etag == ETag);
        var isPending = Pending is { } pending && value == pending.Value;
        return isAcknowledged || isPending
            ? null
            : $"{Id}: acknowledged {Describe(Value, ETag)}, pending {(Pending is null ? "nothing" : Describe(Pending.Value, null))}, found {Describe(value, etag)}";
    }

    private static string Describe(int? value, string? etag) => value is null ? "gone" : $"{value} as {etag ?? "?"}";

    private static string Pad(int value) => new((char)('a' + (value % 26)), value % 300);

    private static bool IsWhole(JsonNode actual, int value) =>
        actual["properties"]!["pad"]!.GetValue<string>() == Pad(value)
        && actual["vectors"]!["e"]![0]!.GetValue<int>() == value % 8192
        && actual["vectors"]!["e"]![1]!.GetValue<int>() == value % 7;
}
