using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Vektagraf.Client;

/// <summary>One operation of a transaction; made by its static methods.</summary>
public sealed record TransactionOperation
{
    private TransactionOperation()
    {
    }

    [JsonInclude]
    [JsonPropertyName("save")]
    internal VektagrafObject? SavedObject { get; init; }

    [JsonInclude]
    [JsonPropertyName("patch")]
    internal JsonObject? MergePatch { get; init; }

    [JsonInclude]
    [JsonPropertyName("delete")]
    internal ObjectReference? Deleted { get; init; }

    [JsonInclude]
    [JsonPropertyName("check")]
    internal ObjectReference? Checked { get; init; }

    [JsonInclude]
    internal string? IfMatch { get; init; }

    [JsonInclude]
    internal string? IfNoneMatch { get; init; }

    /// <summary>Saves an object.</summary>
    /// <param name="item">The object; it replaces one of the same id.</param>
    /// <param name="ifMatch">ETag that the object must have, or <c>*</c> for any; null for no such condition.</param>
    /// <param name="ifNotExists">Whether the object must not exist yet.</param>
    /// <returns>The operation.</returns>
    public static TransactionOperation Save(VektagrafObject item, string? ifMatch = null, bool ifNotExists = false)
    {
        ArgumentNullException.ThrowIfNull(item);
        return new() { SavedObject = item with { ETag = null }, IfMatch = ifMatch, IfNoneMatch = Any(ifNotExists) };
    }

    /// <summary>Changes an object, which must exist, by a JSON merge patch (RFC 7396).</summary>
    /// <param name="id">Its id.</param>
    /// <param name="mergePatch">The members to change.</param>
    /// <param name="ifMatch">ETag that the object must have; null for any.</param>
    /// <returns>The operation.</returns>
    public static TransactionOperation Patch(string id, JsonObject mergePatch, string? ifMatch = null)
    {
        ArgumentNullException.ThrowIfNull(mergePatch);
        var patch = mergePatch.DeepClone().AsObject();
        patch["id"] = id;
        return new() { MergePatch = patch, IfMatch = ifMatch };
    }

    /// <summary>Deletes an object, which must exist.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="ifMatch">ETag that the object must have; null for any.</param>
    /// <returns>The operation.</returns>
    public static TransactionOperation Delete(string id, string? ifMatch = null) => new() { Deleted = new ObjectReference(id), IfMatch = ifMatch };

    /// <summary>States that an object that the transaction does not change has a version, so that it is part of what was read.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="ifMatch">ETag that the object must have, or <c>*</c> for any.</param>
    /// <returns>The operation.</returns>
    public static TransactionOperation Check(string id, string ifMatch) => new() { Checked = new ObjectReference(id), IfMatch = ifMatch };

    /// <summary>States that there is no object of an id.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The operation.</returns>
    public static TransactionOperation CheckAbsent(string id) => new() { Checked = new ObjectReference(id), IfNoneMatch = Any(true) };

    private static string? Any(bool wanted) => wanted ? "*" : null;
}

/// <summary>What one operation of a transaction did.</summary>
public sealed record TransactionOperationResult
{
    /// <summary>The object's id.</summary>
    public string Id { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Its version, quotes included; null for deletes and checks.</summary>
    [JsonPropertyName("etag")]
    public string? ETag { get; init; }

    /// <summary>Whether the object did not exist before.</summary>
    public bool Created { get; init; }
}

/// <summary>A transaction that is durable.</summary>
public sealed record TransactionResult
{
    /// <summary>What each operation did, in the order given.</summary>
    public IReadOnlyList<TransactionOperationResult> Results { get; init => field = value ?? []; } = [];

    /// <summary>Token for reads that must see the transaction: <see cref="ReadConsistency.Session"/>.</summary>
    public string Session { get; init => field = value ?? string.Empty; } = string.Empty;
}

internal sealed record ObjectReference(string Id);

internal sealed record TransactionBody(IReadOnlyList<TransactionOperation> Operations);
