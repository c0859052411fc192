using System.Text.Json.Nodes;
using Vektagraf.Querying.Execution;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

/// <content>Deleting and changing what fulfils a filter.</content>
public sealed partial class Collection
{
    private static readonly string[] ObjectMembers = ["id", "type", "properties", "vectors"];

    /// <summary>Deletes the objects that fulfil a filter, many at a time; those that change meanwhile are looked at again.</summary>
    /// <param name="request">Which objects.</param>
    /// <param name="cancellationToken">Ends it early; what was deleted by then stays deleted.</param>
    /// <returns>Counts, once all is durable.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, or as the log reports.</exception>
    public Task<FilterWriteResult> DeleteByFilterAsync(FilterWriteRequest request, CancellationToken cancellationToken) =>
        new FilterWrite(this, BindForWrite(request), patch: null, cancellationToken).RunAsync(request);

    /// <summary>Applies a JSON merge patch (RFC 7396) to the objects that fulfil a filter, many at a time; those that others change
    /// meanwhile are looked at again, so that no change is lost.</summary>
    /// <param name="request">Which objects.</param>
    /// <param name="patch">The patch of <c>type</c>, <c>properties</c>, <c>vectors</c> and <c>sparse</c>, or of properties alone: one JSON object in UTF-8.</param>
    /// <param name="cancellationToken">Ends it early; what was changed by then stays changed.</param>
    /// <returns>Counts, once all is durable.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, or as the log reports.</exception>
    public Task<FilterWriteResult> PatchByFilterAsync(FilterWriteRequest request, ReadOnlyMemory<byte> patch, CancellationToken cancellationToken)
    {
        var filter = BindForWrite(request);
        var changes = JsonMergePatch.Parse(patch.Span);
        if (!changes.Any(c => ObjectMembers.Contains(c.Key, StringComparer.Ordinal) || (Definition.Sparse is not null && string.Equals(c.Key, "sparse", StringComparison.Ordinal))))
        {
            changes = new JsonObject { ["properties"] = changes };
        }

        if (changes.ContainsKey("id"))
        {
            throw VektagrafException.Invalid("/patch/id", "An id cannot be changed: leave it out.");
        }

        var bytes = JsonMergePatch.ToUtf8(changes).ToArray();
        try
        {
            // What fits no object is an error of the request rather than of each object.
            var nothing = new StoredObject { Id = "x", Properties = "{}"u8.ToArray(), ETag = string.Empty };
            ObjectPatch.Apply(nothing, bytes, Definition);
        }
        catch (VektagrafException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            throw e.Within("/patch");
        }

        return new FilterWrite(this, filter, bytes, cancellationToken).RunAsync(request);
    }

    private FilterBinding BindForWrite(FilterWriteRequest request)
    {
        if (request.Limit is { } limit)
        {
            CheckRange("/limit", limit, 1, int.MaxValue);
        }

        return BindFilter(request.Filter) ?? throw VektagrafException.Invalid("/filter", "A filter is needed. To mean all objects, say so: \"filter\": \"true\".");
    }

    /// <summary>
    /// One delete or patch in progress. Objects go in transactions of moderate size, each conditional on the versions that were read; where one
    /// of them was changed by another writer, its transaction is refused as a whole, and its objects go one by one.
    /// </summary>
    private sealed class FilterWrite(Collection collection, FilterBinding filter, ReadOnlyMemory<byte>? patch, CancellationToken cancellationToken)
    {
        // As of an import: large enough that the overhead of a transaction vanishes, small enough to pack WAL entries well.
        private const int ChunkOperations = 256;
        private const int ChunkBytes = 512 * 1024;
        private const int MaxInFlight = 16;

        private readonly Queue<(Task<CommitReceipt> Commit, Shard Shard, List<PendingOperation> Operations)> _inFlight = new();
        private readonly List<FilterWriteFailure> _failures = [];
        private long _matched;
        private long _changed;
        private long _skipped;
        private long _failedCount;

        public async Task<FilterWriteResult> RunAsync(FilterWriteRequest request)
        {
            // Before the snapshots, so that each of them is of its shard.
            var shards = await collection.ShardsAsync(cancellationToken);
            var snapshots = await collection.SnapshotsAsync(ReadConsistency.Strong, cancellationToken);
            var left = request.Limit ?? int.MaxValue;
            for (var i = 0; i < snapshots.Length && left > 0; i++)
            {
                var rows = RowsOf(snapshots[i], left);
                _matched += rows.Length;
                left -= rows.Length;
                if (!request.DryRun)
                {
                    await WriteAsync(shards[i], snapshots[i], rows);
                }
            }

            while (_inFlight.Count > 0)
            {
                await SettleOldestAsync();
            }

            return new FilterWriteResult(_matched, _changed, _skipped, _failedCount, _failures, await collection.CurrentSessionAsync(cancellationToken));
        }

        private int[] RowsOf(MemtableSnapshot snapshot, int most)
        {
            using var memory = new SelectionMemory();
            var found = new FilterExecution(snapshot, filter, memory, time: null, cancellationToken).Run();
            var rows = new int[Math.Min(most, found.Count)];
            var count = 0;
            foreach (var row in found)
            {
                if (count == rows.Length)
                {
                    break;
                }

                rows[count++] = row;
            }

            return rows;
        }

        private async Task WriteAsync(Shard shard, MemtableSnapshot snapshot, int[] rows)
        {
            var (chunk, bytes) = (new List<PendingOperation>(), 0);
            foreach (var row in rows)
            {
                if (await OperationAsync(snapshot, row) is not { } operation)
                {
                    continue;
                }

                chunk.Add(operation);
                bytes += operation.Payload.Length;
                if (chunk.Count >= ChunkOperations || bytes >= ChunkBytes)
                {
                    await SendAsync(shard, chunk);
                    (chunk, bytes) = ([], 0);
                }
            }

            if (chunk.Count > 0)
            {
                await SendAsync(shard, chunk);
            }
        }

        /// <summary>What to do to an object, as long as it is as it was read.</summary>
        /// <returns>Null where nothing is to be done, or cannot be.</returns>
        private async ValueTask<PendingOperation?> OperationAsync(MemtableSnapshot snapshot, int row)
        {
            var current = snapshot.Read(row, withVectors: patch is not null);
            var precondition = new Precondition(PreconditionKind.Version, current.ETag);
            if (patch is not { } changes)
            {
                return new PendingOperation(WalOperationKind.Delete, current.Id, ReadOnlyMemory<byte>.Empty, precondition);
            }

            try
            {
                var patched = ObjectPatch.Apply(current, changes.Span, collection.Definition);
                if (HasAlready(current, patched))
                {
                    return null;
                }

                patched = await collection.EmbedAsync(patched, cancellationToken);
                return new PendingOperation(WalOperationKind.Put, current.Id, ObjectCodec.Encode(patched), precondition);
            }
            catch (VektagrafException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
            {
                Fail(current.Id, e.Message);
                return null;
            }
        }

        /// <summary>Whether the patch changes nothing; vectors that it brings are taken for a change.</summary>
        private static bool HasAlready(StoredObject current, ObjectDraft patched) =>
            string.Equals(current.Type, patched.Type, StringComparison.Ordinal)
            && (current.Vectors ?? []).Count(v => v.GeneratedBy == 0) == patched.Vectors.Count
            && patched.Vectors.All(v => current.Vectors!.Any(c => c.GeneratedBy == 0 && string.Equals(c.Field, v.Field, StringComparison.Ordinal) && c.Values.Span.SequenceEqual(v.Values.Span)))
            && (current.Sparse ?? []).Count == patched.Sparse.Count
            && patched.Sparse.All(s => current.Sparse!.Any(c => IsSame(c, s)))
            && JsonNode.DeepEquals(Parse(current.Properties), Parse(patched.Properties));

        private static bool IsSame(NamedSparseVector a, NamedSparseVector b) =>
            string.Equals(a.Field, b.Field, StringComparison.Ordinal) && a.Indices.Span.SequenceEqual(b.Indices.Span) && a.Values.Span.SequenceEqual(b.Values.Span);

        private static JsonNode? Parse(ReadOnlyMemory<byte> json) => JsonNode.Parse(json.Span, documentOptions: JsonMergePatch.DocumentOptions);

        private async Task SendAsync(Shard shard, List<PendingOperation> operations)
        {
            while (true)
            {
                if (_inFlight.Count >= MaxInFlight)
                {
                    await SettleOldestAsync();
                }

                try
                {
                    _inFlight.Enqueue((CommitAsync(shard, operations), shard, operations));
                    return;
                }
                catch (VektagrafException e) when (e.Kind == ErrorKind.Busy && _inFlight.Count > 0)
                {
                    await SettleOldestAsync();
                }
            }
        }

        private Task<CommitReceipt> CommitAsync(Shard shard, List<PendingOperation> operations) =>
            shard.Log.CommitAsync(new PendingTransaction(collection._engine.Entropy.NextUInt128(), operations), cancellationToken);

        private async Task SettleOldestAsync()
        {
            var (commit, shard, operations) = _inFlight.Dequeue();
            if ((await CommittedAsync(commit)).Committed)
            {
                _changed += operations.Count;
                return;
            }

            foreach (var operation in operations)
            {
                await WriteOneAsync(shard, operation);
            }
        }

        private async Task WriteOneAsync(Shard shard, PendingOperation operation)
        {
            for (var attempt = 0; attempt < MaxPatchAttempts; attempt++)
            {
                if ((await CommittedAsync(CommitAsync(shard, [operation]))).Committed)
                {
                    _changed++;
                    return;
                }

                var snapshot = await shard.SnapshotAsync(ReadConsistency.Strong, 0, cancellationToken);
                var row = snapshot.FindRow(operation.Id);
                if (row == Memtable.NoRow || !filter.Matches(new MemtableRow(new FieldMapping(filter.Fields, snapshot.Table), row)))
                {
                    _skipped++;
                    return;
                }

                if (await OperationAsync(snapshot, row) is not { } again)
                {
                    return;
                }

                operation = again;
            }

            Fail(operation.Id, "Others keep changing the object; it was left as it is.");
        }

        private async Task<CommitReceipt> CommittedAsync(Task<CommitReceipt> commit)
        {
            try
            {
                return await commit;
            }
            catch (VektagrafException e)
            {
                throw new VektagrafException(
                    e.Kind, e.Slug, $"It stopped after {_changed} objects were changed for certain; some others may be changed, too. Send it again to go on. {e.Message}", e.Errors, e);
            }
        }

        private void Fail(string id, string detail)
        {
            _failedCount++;
            if (_failures.Count < Limits.MaxReportedFailures)
            {
                _failures.Add(new FilterWriteFailure(id, detail));
            }
        }
    }
}
