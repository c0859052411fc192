using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vektagraf.Storage.Log;

/// <summary>
/// How a transaction across shards was decided: one immutable object that is only ever created, by its coordinator to commit or by
/// whoever waits too long for it to abort. Whichever stands there is the decision.
/// </summary>
internal sealed record TransactionDecision
{
    /// <summary>Version of this JSON format.</summary>
    public int FormatVersion { get; init; } = 1;

    /// <summary>Whether it was decided for.</summary>
    public bool Commit { get; init; }

    /// <summary>All of its shards; of one that is committed with the entries that it was prepared in.</summary>
    public IReadOnlyList<TransactionParticipant> Participants { get; init; } = [];

    /// <summary>Decides, unless somebody else has.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">Key of the decision.</param>
    /// <param name="wanted">The decision wanted.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The decision that stands; null where the store did not say.</returns>
    /// <exception cref="ObjectStoreException">The decision could not be read.</exception>
    public static async Task<TransactionDecision?> DecideAsync(IObjectStore store, string key, TransactionDecision wanted, CancellationToken cancellationToken)
    {
        try
        {
            if ((await store.PutAsync(key, wanted.Encode(), PutCondition.Absent, cancellationToken)).Written)
            {
                return wanted;
            }
        }
        catch (ObjectStoreException)
        {
            // Written or not: what stands there tells.
        }

        return await ReadAsync(store, key, cancellationToken);
    }

    /// <summary>Reads a decision.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">Key of the decision.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The decision; null where there is none.</returns>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>.</exception>
    public static async Task<TransactionDecision?> ReadAsync(IObjectStore store, string key, CancellationToken cancellationToken)
    {
        var read = await store.GetAsync(key, cancellationToken: cancellationToken);
        return read.Found ? Decode(read.Content.Span, key) : null;
    }

    /// <summary>Encodes the decision.</summary>
    /// <returns>UTF-8 JSON.</returns>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, TransactionDecisionJson.Default.TransactionDecision);

    /// <summary>Decodes a decision.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <param name="key">The object's key, for the error message.</param>
    /// <returns>The decision.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>: not a decision, or one that contradicts itself.</exception>
    public static TransactionDecision Decode(ReadOnlySpan<byte> json, string key)
    {
        TransactionDecision? decision;
        try
        {
            decision = JsonSerializer.Deserialize(json, TransactionDecisionJson.Default.TransactionDecision);
        }
        catch (JsonException e)
        {
            throw Corrupt(key, "it is not the JSON of a decision", e);
        }

        return decision switch
        {
            null => throw Corrupt(key, "it is null", null),
            { FormatVersion: not 1 } => throw Corrupt(key, $"it has format version {decision.FormatVersion}, this build reads version 1", null),
            { Participants: not { Count: > 1 } } => throw Corrupt(key, "it names fewer than two shards", null),
            { Commit: true } when decision.Participants.Any(p => p.Prepared == 0) => throw Corrupt(key, "it commits what was not prepared", null),
            _ => decision,
        };
    }

    private static VektagrafException Corrupt(string key, string problem, Exception? inner) =>
        new(ErrorKind.Corrupt, "corrupt-decision", $"Decision '{key}' is damaged: {problem}. Restore this object from a backup.", inner: inner);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TransactionDecision))]
internal sealed partial class TransactionDecisionJson : JsonSerializerContext;
