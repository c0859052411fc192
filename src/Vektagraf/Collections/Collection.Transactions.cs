using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

public sealed partial class Collection
{
    // Each failed attempt means that another transaction on the same objects was in the way.
    private const int MaxTransactionAttempts = 20;

    /// <summary>Applies several operations, all or none, whatever shards their objects are in; durable when the task completes.
    /// Serializable for the objects that are named: none of them changed between the look at it and the commit.</summary>
    /// <param name="operations">The operations, applied in order; 1 to <see cref="Limits.MaxTransactionOperations"/>.</param>
    /// <param name="idempotencyKey">Makes a retry of the same request harmless; null for none.</param>
    /// <param name="cancellationToken">Cancels the wait; the transaction may still be committed.</param>
    /// <returns>What each operation did.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Conflict"/>, slug <c>transaction-refused</c>: what an operation asks for
    /// does not hold; the error names the operation. Others as a save's.</exception>
    public async Task<TransactionResult> TransactAsync(IReadOnlyList<TransactionOperation> operations, string? idempotencyKey, CancellationToken cancellationToken)
    {
        CheckRange("/operations", operations.Count, 1, Limits.MaxTransactionOperations);
        var request = RequestOf(operations, idempotencyKey);
        // What was begun is brought to its end, also when the caller no longer waits.
        return await TimedAsync(TransactAsync([.. operations.Select(Validated)], request)).WaitAsync(cancellationToken);
    }

    private async Task<TransactionResult> TransactAsync(TransactionOperation[] operations, WriteRequest request)
    {
        for (var attempt = 0; attempt < MaxTransactionAttempts; attempt++)
        {
            if (attempt > 0)
            {
                await Backoff.WaitAsync(_engine.Options.Log, _engine.Time, _engine.Entropy, attempt);
            }

            var plan = new TransactionPlan(await ShardsAsync(CancellationToken.None), operations);
            var end = await EarlierEndAsync(plan, request, hasPatches: Array.Exists(operations, o => o.Kind == TransactionOperationKind.Patch));
            if (end is null)
            {
                await AddOperationsAsync(plan, operations);
                var coordinator = new TransactionCoordinator(_engine, plan.Parts)
                {
                    IdempotencyHash = request.KeyHash,
                    RequestHash = request.RequestHash,
                    RemembersRefusal = !plan.IsRepeatable,
                    InOrder = attempt > 0,
                };
                end = await coordinator.RunAsync();
            }

            if (end.Receipts.Count > 0)
            {
                return new TransactionResult(plan.Results(operations, end.Receipts), await CurrentSessionAsync(CancellationToken.None));
            }

            if (!end.IsConflict && !plan.MayRepeat(end))
            {
                var index = plan.IndexOf(end);
                throw RefusedOperation(index, Refused(operations[index].Id, operations[index].Precondition).Message);
            }
        }

        // Not a conflict, which would be an answer for good: what is in the way may be an earlier attempt at this very request.
        throw new VektagrafException(ErrorKind.Busy, "transaction-contention", "Other transactions on the same objects are under way; this one was given up. Try again.");
    }

    /// <summary>The answer that a request with patches got before: what it patched may be gone since, or no longer fit.</summary>
    private static async Task<TransactionEnd?> EarlierEndAsync(TransactionPlan plan, WriteRequest request, bool hasPatches)
    {
        if (request == default || !hasPatches)
        {
            return null;
        }

        var receipts = new List<CommitReceipt>();
        foreach (var shard in plan.Shards)
        {
            await shard.Log.CatchUpAsync(CancellationToken.None);
            if (await shard.Log.FindOutcomeAsync(request.KeyHash, request.RequestHash, CancellationToken.None) is { Committed: true } receipt)
            {
                receipts.Add(receipt);
            }
        }

        return receipts.Count == plan.Shards.Count ? new TransactionEnd(receipts) : null;
    }

    private async Task AddOperationsAsync(TransactionPlan plan, TransactionOperation[] operations)
    {
        // What a patch is applied to: the state at one moment, with what the transaction itself has done by then.
        var snapshots = Array.Exists(operations, o => o.Kind == TransactionOperationKind.Patch) ? await SnapshotsAsync(ReadConsistency.Strong, CancellationToken.None) : [];
        var written = new Dictionary<string, ObjectDraft?>(StringComparer.Ordinal);
        for (var i = 0; i < operations.Length; i++)
        {
            var operation = operations[i];
            switch (operation.Kind)
            {
                case TransactionOperationKind.Save:
                    written[operation.Id] = operation.Draft;
                    plan.Add(i, new PendingOperation(WalOperationKind.Put, operation.Id, ObjectCodec.Encode(await EmbedAsync(operation.Draft!, CancellationToken.None)), operation.Precondition));
                    break;
                case TransactionOperationKind.Patch:
                    await AddPatchAsync(plan, i, operation, snapshots, written);
                    break;
                case TransactionOperationKind.Delete:
                    written[operation.Id] = null;
                    plan.Add(i, new PendingOperation(WalOperationKind.Delete, operation.Id, default, operation.Precondition));
                    break;
                default:
                    plan.Add(i, new PendingOperation(WalOperationKind.Check, operation.Id, default, operation.Precondition));
                    break;
            }
        }
    }

    private async Task AddPatchAsync(TransactionPlan plan, int index, TransactionOperation operation, MemtableSnapshot[] snapshots, Dictionary<string, ObjectDraft?> written)
    {
        var isOwn = written.TryGetValue(operation.Id, out var draft);
        var current = isOwn ? AsStored(draft) : ReadOne(snapshots, operation.Id, withVectors: true);
        if (current is null)
        {
            throw RefusedOperation(index, ObjectNotFound(operation.Id).Message);
        }

        ObjectDraft patched;
        try
        {
            patched = ObjectPatch.Apply(current, operation.MergePatch.Span, Definition);
        }
        catch (VektagrafException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            throw AtOperation(index, "patch", e);
        }

        written[operation.Id] = patched;
        var isRepeatable = !isOwn && operation.Precondition.Kind is PreconditionKind.None or PreconditionKind.Present;
        var precondition = isRepeatable ? new Precondition(PreconditionKind.Version, current.ETag) : operation.Precondition;
        plan.Add(index, new PendingOperation(WalOperationKind.Put, operation.Id, ObjectCodec.Encode(await EmbedAsync(patched, CancellationToken.None)), precondition), isRepeatable);
    }

    private static StoredObject? AsStored(ObjectDraft? draft) => draft is null ? null : new StoredObject
    {
        Id = draft.Id,
        Type = draft.Type,
        Properties = draft.Properties,
        Vectors = draft.Vectors,
        Sparse = draft.Sparse,
        ETag = string.Empty,
    };

    private TransactionOperation Validated(TransactionOperation operation, int index)
    {
        try
        {
            if (operation.Draft is { } draft)
            {
                return TransactionOperation.Save(ObjectJson.Check(draft, Definition), operation.Precondition);
            }

            CheckId(operation.Id);
            return operation.Kind == TransactionOperationKind.Check && operation.Precondition.Kind == PreconditionKind.None
                ? throw VektagrafException.Invalid(string.Empty, "A check states what must hold: give it ifMatch or ifNoneMatch.")
                : operation;
        }
        catch (VektagrafException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            throw AtOperation(index, operation.Kind.ToString().ToLowerInvariant(), e);
        }
    }

    /// <summary>An error within one operation, with the pointers that lead there.</summary>
    internal static VektagrafException AtOperation(int index, string member, VektagrafException inner)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"/operations/{index}/{member}");
        return new VektagrafException(
            inner.Kind,
            inner.Slug,
            string.Create(CultureInfo.InvariantCulture, $"Operation {index}: {inner.Message}"),
            inner.Errors.ToDictionary(e => prefix + e.Key, e => e.Value, StringComparer.Ordinal),
            inner);
    }

    private static VektagrafException RefusedOperation(int index, string reason) => new(
        ErrorKind.Conflict,
        "transaction-refused",
        string.Create(CultureInfo.InvariantCulture, $"Operation {index}: {reason} No operation of the transaction was applied."),
        new Dictionary<string, string>(StringComparer.Ordinal) { [string.Create(CultureInfo.InvariantCulture, $"/operations/{index}")] = reason });

    private static WriteRequest RequestOf(IReadOnlyList<TransactionOperation> operations, string? idempotencyKey)
    {
        if (idempotencyKey is null)
        {
            return default;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var operation in operations)
        {
            var content = operation.Draft is { } draft ? ObjectCodec.Encode(draft) : operation.MergePatch.Span;
            BinaryPrimitives.WriteInt32LittleEndian(length, content.Length);
            hash.AppendData(Encoding.UTF8.GetBytes($"{operation.Kind}\n{operation.Id}\n{operation.Precondition.Kind}\n{operation.Precondition.ETag}\n"));
            hash.AppendData(length);
            hash.AppendData(content);
        }

        return new WriteRequest(
            BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(idempotencyKey))),
            BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset()));
    }
}
