using Vektagraf.Compaction;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards;

/// <summary>
/// Folds a shard's log into segments, and merges segments. Safe to run anywhere, at any time, twice at once, and to be killed at any
/// point: nothing counts before the one compare-and-swap of the head, and what a lost race leaves behind is collected later.
/// </summary>
internal sealed partial class ShardMaintenance(EngineContext engine, Shard shard, SegmentSchema schema, CompactionOptions options, SegmentWriterOptions? writing = null)
{
    // Small enough to compress and check piece by piece.
    private const int TransactionBlockBytes = 1024 * 1024;

    private IObjectStore Store => engine.Store;

    /// <summary>Folds everything the log holds into a new segment, if that is worthwhile.</summary>
    /// <param name="leastEntries">Entries that make it worthwhile.</param>
    /// <param name="cancellationToken">Ends the fold; nothing has changed then.</param>
    /// <returns>Whether the head was changed.</returns>
    public async Task<bool> FoldAsync(ulong leastEntries, CancellationToken cancellationToken)
    {
        // In this order: should a collection pass the state after it has caught up, then only behind another fold, and the head is no
        // longer the one seen. A state that may hold entries of recycled slots is so never published.
        var (head, manifest) = await ReadAsync(cancellationToken);
        await shard.Log.CatchUpAsync(cancellationToken);
        var (snapshot, needs, transactions) = await shard.Log.CaptureAsync(position => shard.Latest.AsOf(position), cancellationToken);
        if (snapshot.Sequence < head.Folded + Math.Max(1, leastEntries) || snapshot.Table.BaseSequence > head.Folded)
        {
            // The second: this state was itself loaded from a later position than the head that was read. The next run will see.
            return false;
        }

        var rows = Memtable.ChangesSince(snapshot, head.Folded).Where(r => !r.IsTombstone || manifest is not null);
        var written = await WriteAsync(SegmentMerge.FromRows(rows), transactions, head.Epoch + 1, cancellationToken);
        return await PublishAsync(head, [.. manifest?.Segments ?? [], .. written], snapshot.Sequence, needs, manifest?.Indexes, cancellationToken);
    }

    /// <summary>Merges the segments that the policy names, if any.</summary>
    /// <param name="cancellationToken">Ends the merge; nothing has changed then.</param>
    /// <returns>Whether the head was changed.</returns>
    public async Task<bool> CompactAsync(CancellationToken cancellationToken)
    {
        var (head, manifest) = await ReadAsync(cancellationToken);
        if (manifest is null || CompactionPolicy.Plan(manifest.Segments, options) is not { } plan)
        {
            return false;
        }

        var segments = new ShardSegments(Store, manifest);
        var isNewest = plan.First + plan.Count == manifest.Segments.Count;
        var rows = segments.RowsAsync(plan.First, plan.Count, dropTombstones: plan.First == 0, cancellationToken);
        var transactions = isNewest ? await segments.ReadTransactionsAsync(cancellationToken) : null;
        var written = await WriteAsync(rows, transactions, head.Epoch + 1, cancellationToken);
        var merged = manifest.Segments.Take(plan.First).Concat(written).Concat(manifest.Segments.Skip(plan.First + plan.Count));
        return await PublishAsync(head, [.. merged], manifest.Folded, manifest.Needs, manifest.Indexes, cancellationToken);
    }

    private async Task<(ShardHead Head, ShardManifest? Manifest)> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await Store.GetAsync(shard.Keys.Head, cancellationToken: cancellationToken);
            if (!read.Found)
            {
                throw new VektagrafException(ErrorKind.NotFound, "shard-dropped", $"Shard '{shard.Keys.Prefix}' was dropped.");
            }

            var head = ShardHead.Decode(read.Content.Span, shard.Keys.Head);
            if (head.Manifest is not { } key)
            {
                return (head, null);
            }

            var manifest = await Store.GetAsync(key, cancellationToken: cancellationToken);
            if (manifest.Found)
            {
                return (head, ShardManifest.Decode(manifest.Content.Span, key));
            }

            // Replaced and collected since the head was read: the newer head names what is there.
        }
    }

    private async Task<List<ManifestSegment>> WriteAsync(IAsyncEnumerable<SegmentRow> rows, byte[]? transactions, ulong run, CancellationToken cancellationToken)
    {
        var written = new List<ManifestSegment>();
        await using var stream = rows.GetAsyncEnumerator(cancellationToken);
        var hasRow = await stream.MoveNextAsync();

        // At least one, if only for the table of transactions.
        while (hasRow || (written.Count == 0 && transactions is not null))
        {
            using var writer = new SegmentWriter(schema, writing);
            var ids = new List<string>();
            while (hasRow && !writer.IsFull)
            {
                writer.Add(stream.Current);
                ids.Add(stream.Current.Id);
                hasRow = await stream.MoveNextAsync();
            }

            if (!hasRow && transactions is not null)
            {
                writer.AddPayload(ShardSegments.TransactionsPayload, Blocks(transactions));
            }

            written.Add(await PutAsync(writer, run, cancellationToken) with { Filter = IdFilter.Of(ids) });
        }

        return written;
    }

    private async Task<ManifestSegment> PutAsync(SegmentWriter writer, ulong run, CancellationToken cancellationToken)
    {
        var content = writer.Finish();
        var key = SegmentKeys.File(shard.Keys, NewGuid());
        await Store.PutAsync(key, content.Bytes, PutCondition.Absent, cancellationToken);
        var segment = Segment.Open(Store, key, content.Footer.Encode());
        return new ManifestSegment
        {
            Key = key,
            Footer = content.Footer.Encode(),
            Length = content.Bytes.Length,
            Rows = segment.RowCount,
            Tombstones = segment.TombstoneCount,
            MaxSequence = segment.RowCount == 0 ? 0 : segment.MaxSequence,
            Run = run,
        };
    }

    /// <summary>Makes the segments the shard's by changing the head, unless anyone else changed its manifest meanwhile.</summary>
    private async Task<bool> PublishAsync(
        ShardHead seen,
        IReadOnlyList<ManifestSegment> segments,
        ulong folded,
        IReadOnlyList<ulong>? needs,
        IReadOnlyList<ManifestIndex>? indexes,
        CancellationToken cancellationToken)
    {
        var manifest = new ShardManifest
        {
            Epoch = seen.Epoch + 1,
            Folded = folded,
            WrittenAt = engine.Time.GetUtcNow(),
            Previous = seen.Manifest,
            Needs = needs is { Count: > 0 } ? needs : null,
            Segments = SegmentFilters.Keep(segments),
            Indexes = indexes is { Count: > 0 } ? indexes : null,
        };
        var key = shard.Keys.Manifest(manifest.Epoch, engine.Entropy.NextUInt128());
        await Store.PutAsync(key, manifest.Encode(), PutCondition.Absent, cancellationToken);
        var head = await HeadUpdate.TryAsync(
            Store,
            shard.Keys,
            head => head.Epoch == seen.Epoch && string.Equals(head.Manifest, seen.Manifest, StringComparison.Ordinal)
                ? head with { Folded = folded, Epoch = manifest.Epoch, Manifest = key }
                : null,
            engine.Options.Log,
            cancellationToken);
        return head is not null;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Blocks(byte[] bytes)
    {
        for (var offset = 0; offset < bytes.Length; offset += TransactionBlockBytes)
        {
            yield return bytes.AsMemory(offset, Math.Min(TransactionBlockBytes, bytes.Length - offset));
        }
    }

    private Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        engine.Entropy.Fill(bytes);
        return new Guid(bytes);
    }
}
