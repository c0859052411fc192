using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Vektagraf.Monitoring;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

/// <summary>How a write is to happen.</summary>
/// <param name="Precondition">What must hold about the object first.</param>
/// <param name="IdempotencyKey">Makes a retry of the same request harmless: it gets the first one's answer. Null for none.</param>
public readonly record struct WriteOptions(Precondition Precondition = default, string? IdempotencyKey = null);

/// <summary>A write that is durable.</summary>
/// <param name="ETag">The object's new version, unquoted.</param>
/// <param name="Created">Whether the object did not exist before.</param>
/// <param name="Session">Token for reads that must see the write.</param>
public sealed record WriteResult(string ETag, bool Created, string Session);

public sealed partial class Collection
{
    // Another writer would have to win this many races in a row.
    private const int MaxPatchAttempts = 20;

    /// <summary>Saves an object; durable when the task completes.</summary>
    /// <param name="draft">The object; validated again, since it need not come from <see cref="ObjectJson.Read"/>.</param>
    /// <param name="options">Precondition and idempotency key.</param>
    /// <param name="cancellationToken">Cancels the wait; the object may still be saved.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <see cref="ErrorKind.PreconditionFailed"/>, or as the log reports.</exception>
    public async Task<WriteResult> SaveAsync(ObjectDraft draft, WriteOptions options, CancellationToken cancellationToken)
    {
        draft = ObjectJson.Check(draft, Definition);
        // What the client asked for, before a generator added to it: a retry must hash the same.
        var request = RequestOf("save", draft.Id, options.IdempotencyKey is null ? default : ObjectCodec.Encode(draft), options);
        draft = await EmbedAsync(draft, cancellationToken);
        var operation = new PendingOperation(WalOperationKind.Put, draft.Id, ObjectCodec.Encode(draft), options.Precondition);
        var receipt = await CommitAsync(operation, request, remembersRefusal: true, cancellationToken);
        return receipt.Committed
            ? await ResultAsync(receipt, cancellationToken)
            : throw Refused(draft.Id, options.Precondition);
    }

    /// <summary>Applies a JSON merge patch (RFC 7396) to an object: members of <c>properties</c> and <c>vectors</c> are set, or
    /// removed by null; <c>type</c> likewise.</summary>
    /// <param name="id">The object's id.</param>
    /// <param name="patch">The patch: one JSON object in UTF-8.</param>
    /// <param name="options">Precondition and idempotency key.</param>
    /// <param name="cancellationToken">Cancels the wait; the patch may still be applied.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>, <see cref="ErrorKind.Invalid"/>,
    /// <see cref="ErrorKind.PreconditionFailed"/>, or as the log reports.</exception>
    public async Task<WriteResult> PatchAsync(string id, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken cancellationToken)
    {
        CheckId(id);
        var shard = await ShardOfAsync(id, cancellationToken);
        var request = RequestOf("patch", id, patch.Span, options);
        for (var attempt = 0; attempt < MaxPatchAttempts; attempt++)
        {
            var snapshot = await shard.SnapshotAsync(ReadConsistency.Strong, 0, cancellationToken);
            var row = snapshot.FindRow(id);
            if (await FindOutcomeAsync(shard, request, cancellationToken) is { } earlier)
            {
                // Whatever became of the object since: deleted, or changed so that the patch no longer fits.
                return earlier.Committed ? await ResultAsync(earlier, cancellationToken) : throw Refused(id, options.Precondition);
            }

            if (row == Memtable.NoRow)
            {
                throw ObjectNotFound(id);
            }

            var current = snapshot.Read(row, withVectors: true);
            var patched = await EmbedAsync(ObjectPatch.Apply(current, patch.Span, Definition), cancellationToken);
            var isPinned = options.Precondition.Kind is PreconditionKind.Version or PreconditionKind.Absent;
            var precondition = isPinned ? options.Precondition : new Precondition(PreconditionKind.Version, current.ETag);
            var operation = new PendingOperation(WalOperationKind.Put, id, ObjectCodec.Encode(patched), precondition);
            var receipt = await CommitAsync(operation, request, remembersRefusal: isPinned, cancellationToken);
            if (receipt.Committed)
            {
                return await ResultAsync(receipt, cancellationToken);
            }

            if (isPinned)
            {
                throw Refused(id, precondition);
            }
        }

        throw new VektagrafException(ErrorKind.Conflict, "patch-contention", $"Others keep changing object '{id}'; nothing was changed. Try again.");
    }

    /// <summary>Deletes an object.</summary>
    /// <param name="id">The object's id.</param>
    /// <param name="options">Precondition and idempotency key.</param>
    /// <param name="cancellationToken">Cancels the wait; the object may still be deleted.</param>
    /// <returns>Session token for reads that must see the delete.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>, <see cref="ErrorKind.PreconditionFailed"/>, or as the log reports.</exception>
    public async Task<string> DeleteAsync(string id, WriteOptions options, CancellationToken cancellationToken)
    {
        CheckId(id);
        var isConditional = options.Precondition.Kind != PreconditionKind.None;
        var precondition = isConditional ? options.Precondition : new Precondition(PreconditionKind.Present);
        var operation = new PendingOperation(WalOperationKind.Delete, id, ReadOnlyMemory<byte>.Empty, precondition);
        var receipt = await CommitAsync(operation, RequestOf("delete", id, default, options), remembersRefusal: true, cancellationToken);
        if (receipt.Committed)
        {
            return await CurrentSessionAsync(cancellationToken);
        }

        throw isConditional ? Refused(id, precondition) : ObjectNotFound(id);
    }

    private static void CheckId(string id)
    {
        if (ObjectId.Problem(id) is { } problem)
        {
            throw VektagrafException.Invalid("/id", problem);
        }
    }

    private static VektagrafException ObjectNotFound(string id) => new(ErrorKind.NotFound, "object-not-found", $"There is no object '{id}'.");

    /// <summary>What tells a retry from another request under the same key: everything that decides the outcome.</summary>
    private static WriteRequest RequestOf(string action, string id, ReadOnlySpan<byte> content, WriteOptions options)
    {
        if (options.IdempotencyKey is not { } key)
        {
            return default;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Ids hold no line breaks, so no two requests give the same bytes.
        hash.AppendData(Encoding.UTF8.GetBytes($"{action}\n{id}\n{options.Precondition.Kind}\n{options.Precondition.ETag}\n"));
        hash.AppendData(content);
        return new WriteRequest(
            BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(key))),
            BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset()));
    }

    private static async ValueTask<CommitReceipt?> FindOutcomeAsync(Shard shard, WriteRequest request, CancellationToken cancellationToken) =>
        request == default ? null : await shard.Log.FindOutcomeAsync(request.KeyHash, request.RequestHash, cancellationToken);

    private async Task<CommitReceipt> CommitAsync(
        PendingOperation operation,
        WriteRequest request,
        bool remembersRefusal,
        CancellationToken cancellationToken)
    {
        var transaction = new PendingTransaction(_engine.Entropy.NextUInt128(), [operation], request.KeyHash, request.RequestHash)
        {
            RemembersRefusal = remembersRefusal,
        };
        var shard = await ShardOfAsync(operation.Id, cancellationToken);
        return await TimedAsync(shard.Log.CommitAsync(transaction, cancellationToken));
    }

    /// <summary>Takes note of how long a commit takes, and whether it fails.</summary>
    private async Task<T> TimedAsync<T>(Task<T> commit)
    {
        var timer = _engine.Plans.Metrics.Begin(OperationKind.Write);
        try
        {
            return timer.Succeeded(await commit);
        }
        catch (Exception e) when (timer.Failed(e))
        {
            throw;
        }
    }

    private async Task<WriteResult> ResultAsync(CommitReceipt receipt, CancellationToken cancellationToken)
    {
        var operation = receipt.Operations[0];
        return new WriteResult(operation.Version.ToETag(), !operation.Existed, await CurrentSessionAsync(cancellationToken));
    }

    private static VektagrafException Refused(string id, Precondition precondition) => new(
        ErrorKind.PreconditionFailed,
        "precondition-failed",
        precondition.Kind switch
        {
            PreconditionKind.Absent => $"Object '{id}' exists already; nothing was changed.",
            PreconditionKind.Present => $"There is no object '{id}', which If-Match: * asks for; nothing was changed.",
            _ => $"Object '{id}' does not have the version named in If-Match; nothing was changed. Read it again and decide.",
        });

    private readonly record struct WriteRequest(UInt128 KeyHash, ulong RequestHash);
}
