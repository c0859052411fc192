using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
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
    /// <param name="draft">The object, as <see cref="ObjectJson.Read"/> validated it.</param>
    /// <param name="options">Precondition and idempotency key.</param>
    /// <param name="cancellationToken">Cancels the wait; the object may still be saved.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.PreconditionFailed"/>, or as the log reports.</exception>
    public async Task<WriteResult> SaveAsync(ObjectDraft draft, WriteOptions options, CancellationToken cancellationToken)
    {
        Recheck(draft);
        // What the client asked for, before a generator added to it: a retry must hash the same.
        var requestHash = HashOf("save", ObjectCodec.Encode(draft));
        draft = await EmbedAsync(draft, cancellationToken);
        var operation = new PendingOperation(WalOperationKind.Put, draft.Id, ObjectCodec.Encode(draft), options.Precondition);
        var receipt = await CommitAsync(operation, options.IdempotencyKey, requestHash, remembersRefusal: true, cancellationToken);
        return await ResultAsync(receipt, draft.Id, options.Precondition, cancellationToken);
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
        var requestHash = HashOf("patch", [.. Encoding.UTF8.GetBytes(id), .. patch.Span]);
        for (var attempt = 0; attempt < MaxPatchAttempts; attempt++)
        {
            var snapshot = await shard.SnapshotAsync(ReadConsistency.Strong, 0, cancellationToken);
            var row = snapshot.FindRow(id);
            if (row == Memtable.NoRow)
            {
                throw ObjectNotFound(id);
            }

            var current = snapshot.Read(row, withVectors: true);
            var patched = await EmbedAsync(ObjectPatch.Apply(current, patch.Span, Definition), cancellationToken);
            var isPinned = options.Precondition.Kind == PreconditionKind.Version;
            var precondition = isPinned ? options.Precondition : new Precondition(PreconditionKind.Version, current.ETag);
            var operation = new PendingOperation(WalOperationKind.Put, id, ObjectCodec.Encode(patched), precondition);
            var receipt = await CommitAsync(operation, options.IdempotencyKey, requestHash, remembersRefusal: isPinned, cancellationToken);
            if (receipt.Committed || isPinned)
            {
                return await ResultAsync(receipt, id, precondition, cancellationToken);
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
        var requestHash = HashOf("delete", Encoding.UTF8.GetBytes(id));
        var receipt = await CommitAsync(operation, options.IdempotencyKey, requestHash, remembersRefusal: true, cancellationToken);
        return receipt.Committed || isConditional
            ? (await ResultAsync(receipt, id, precondition, cancellationToken)).Session
            : throw ObjectNotFound(id);
    }

    private static void CheckId(string id)
    {
        if (ObjectId.Problem(id) is { } problem)
        {
            throw VektagrafException.Invalid("/id", problem);
        }
    }

    private static VektagrafException ObjectNotFound(string id) => new(ErrorKind.NotFound, "object-not-found", $"There is no object '{id}'.");

    private static ulong HashOf(string action, ReadOnlySpan<byte> request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(action));
        hash.AppendData(request);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset());
    }

    private async Task<CommitReceipt> CommitAsync(
        PendingOperation operation,
        string? idempotencyKey,
        ulong requestHash,
        bool remembersRefusal,
        CancellationToken cancellationToken)
    {
        var keyHash = idempotencyKey is null ? UInt128.Zero : BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(idempotencyKey)));
        var transaction = new PendingTransaction(_engine.Entropy.NextUInt128(), [operation], keyHash, idempotencyKey is null ? 0 : requestHash)
        {
            RemembersRefusal = remembersRefusal,
        };
        var shard = await ShardOfAsync(operation.Id, cancellationToken);
        return await shard.Log.CommitAsync(transaction, cancellationToken);
    }

    private async Task<WriteResult> ResultAsync(CommitReceipt receipt, string id, Precondition precondition, CancellationToken cancellationToken)
    {
        if (receipt.Committed)
        {
            var operation = receipt.Operations[0];
            return new WriteResult(operation.Version.ToETag(), !operation.Existed, await CurrentSessionAsync(cancellationToken));
        }

        throw new VektagrafException(
            ErrorKind.PreconditionFailed,
            "precondition-failed",
            precondition.Kind == PreconditionKind.Absent
                ? $"Object '{id}' exists already; nothing was changed."
                : $"Object '{id}' does not have the version named in If-Match; nothing was changed. Read it again and decide.");
    }

    private void Recheck(ObjectDraft draft)
    {
        CheckId(draft.Id);
        foreach (var vector in draft.Vectors)
        {
            if (!Definition.Vectors.TryGetValue(vector.Field, out var field))
            {
                throw VektagrafException.Invalid("/vectors/" + ValidationErrors.Escape(vector.Field), $"Unknown vector field. {ObjectReader.KnownVectorFields(Definition)}");
            }

            if (VectorJson.Problem(vector.Values.Span, field) is { } problem)
            {
                throw VektagrafException.Invalid("/vectors/" + ValidationErrors.Escape(vector.Field), problem);
            }
        }
    }
}
