using System.IO.Pipelines;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

/// <summary>A line of an import that was not saved.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Detail">What is wrong with it.</param>
public sealed record ImportFailure(long Line, string Detail);

/// <summary>The outcome of an import.</summary>
/// <param name="Imported">Objects saved.</param>
/// <param name="FailedCount">Lines not saved.</param>
/// <param name="Failed">The first <see cref="Limits.MaxReportedFailures"/> of them.</param>
/// <param name="Session">Token for reads that must see the import.</param>
public sealed record ImportResult(long Imported, long FailedCount, IReadOnlyList<ImportFailure> Failed, string Session);

public sealed partial class Collection
{
    /// <summary>
    /// Saves a stream of objects, one JSON object a line, in bounded memory whatever its length. Good lines are kept, bad ones
    /// reported. Later lines win over earlier ones of the same id.
    /// </summary>
    /// <param name="lines">The stream (NDJSON in UTF-8; blank lines are passed over).</param>
    /// <param name="cancellationToken">Ends the import; what was acknowledged by then stays.</param>
    /// <returns>Counts and failures, once everything is durable.</returns>
    /// <exception cref="VektagrafException">The store fails; the message says how many objects are saved for certain.</exception>
    public async Task<ImportResult> ImportAsync(PipeReader lines, CancellationToken cancellationToken)
    {
        var import = new ObjectImport(this, cancellationToken);
        var reader = new LineReader(lines, Limits.MaxImportLineBytes);
        while (await reader.ReadAsync(cancellationToken) is { } line)
        {
            if (line.IsTooLong)
            {
                import.Fail(line.Number, $"The line is longer than {Limits.MaxImportLineBytes} bytes.");
            }
            else if (!line.IsBlank)
            {
                await ImportLineAsync(import, line);
            }
        }

        return await import.CompleteAsync();
    }

    /// <summary>Saves many objects in bounded memory.</summary>
    /// <param name="drafts">The objects; later ones win over earlier ones of the same id.</param>
    /// <param name="progress">Told the count saved so far; may be null.</param>
    /// <param name="cancellationToken">Ends the import; what was acknowledged by then stays.</param>
    /// <returns>Counts and failures, once everything is durable; line numbers count the drafts.</returns>
    /// <exception cref="VektagrafException">The store fails; the message says how many objects are saved for certain.</exception>
    public async Task<ImportResult> ImportAsync(IEnumerable<ObjectDraft> drafts, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var import = new ObjectImport(this, cancellationToken);
        var number = 0L;
        foreach (var draft in drafts)
        {
            number++;
            try
            {
                await import.AddAsync(ObjectJson.Check(draft, Definition));
            }
            catch (VektagrafException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
            {
                import.Fail(number, e.Message);
            }

            progress?.Report(import.Imported);
        }

        return await import.CompleteAsync();
    }

    private async Task ImportLineAsync(ObjectImport import, NumberedLine line)
    {
        try
        {
            await import.AddAsync(ObjectJson.Read(line.Bytes.Span, Definition));
        }
        catch (VektagrafException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            import.Fail(line.Number, e.Message);
        }
    }

    /// <summary>
    /// One import in progress: collects objects into transactions of moderate size for each shard, and keeps a few of them in flight.
    /// </summary>
    private sealed class ObjectImport(Collection collection, CancellationToken cancellationToken)
    {
        // Large enough that the overhead of a transaction vanishes, small enough to pack WAL entries well.
        private const int ChunkOperations = 256;
        private const int ChunkBytes = 512 * 1024;

        // Keeps the log busy while the next objects are parsed, and bounds memory to a few megabytes.
        private const int MaxInFlight = 16;

        private readonly Dictionary<int, Chunk> _chunks = [];
        private readonly Queue<(Task<CommitReceipt> Commit, int Count)> _inFlight = new();
        private readonly List<ImportFailure> _failures = [];
        private long _failedCount;

        /// <summary>Objects saved for certain.</summary>
        public long Imported { get; private set; }

        public async ValueTask AddAsync(ObjectDraft draft)
        {
            draft = await collection.EmbedAsync(draft, cancellationToken);
            var payload = ObjectCodec.Encode(draft);
            var shard = ShardIndexOf(draft.Id, collection.Definition.Shards);
            if (!_chunks.TryGetValue(shard, out var chunk))
            {
                chunk = new Chunk();
                _chunks.Add(shard, chunk);
            }

            chunk.Operations.Add(new PendingOperation(WalOperationKind.Put, draft.Id, payload, default));
            chunk.Bytes += payload.Length;
            if (chunk.Operations.Count >= ChunkOperations || chunk.Bytes >= ChunkBytes)
            {
                await SendAsync(shard, chunk);
            }
        }

        public void Fail(long line, string detail)
        {
            _failedCount++;
            if (_failures.Count < Limits.MaxReportedFailures)
            {
                _failures.Add(new ImportFailure(line, detail));
            }
        }

        public async Task<ImportResult> CompleteAsync()
        {
            foreach (var (shard, chunk) in _chunks)
            {
                await SendAsync(shard, chunk);
            }

            while (_inFlight.Count > 0)
            {
                await SettleOldestAsync();
            }

            await collection.LearnWhereNeededAsync(cancellationToken);
            return new ImportResult(Imported, _failedCount, _failures, await collection.CurrentSessionAsync(cancellationToken));
        }

        private async ValueTask SendAsync(int shardIndex, Chunk chunk)
        {
            if (chunk.Operations.Count == 0)
            {
                return;
            }

            if (_inFlight.Count >= MaxInFlight)
            {
                await SettleOldestAsync();
            }

            var shard = (await collection.ShardsAsync(cancellationToken))[shardIndex];
            var transaction = new PendingTransaction(collection._engine.Entropy.NextUInt128(), chunk.Operations);
            _inFlight.Enqueue((await QueueAsync(shard.Log, transaction), chunk.Operations.Count));
            _chunks[shardIndex] = new Chunk();
        }

        private async Task SettleOldestAsync()
        {
            var (commit, count) = _inFlight.Dequeue();
            try
            {
                await commit;
                Imported += count;
            }
            catch (VektagrafException e)
            {
                throw Stopped(e);
            }
        }

        /// <summary>Queues a transaction; while the queue is full, waits for one of the import's own.</summary>
        /// <returns>The commit.</returns>
        private async Task<Task<CommitReceipt>> QueueAsync(ShardLog log, PendingTransaction transaction)
        {
            while (true)
            {
                try
                {
                    return collection.TimedAsync(log.CommitAsync(transaction, cancellationToken));
                }
                catch (VektagrafException e) when (e.Kind == ErrorKind.Busy && _inFlight.Count > 0)
                {
                    await SettleOldestAsync();
                }
                catch (VektagrafException e)
                {
                    throw Stopped(e);
                }
            }
        }

        private VektagrafException Stopped(VektagrafException e) => new(
            e.Kind, e.Slug, $"The import stopped after {Imported} objects were saved for certain; some later ones may be saved, too. {e.Message}", e.Errors, e);

        private sealed class Chunk
        {
            public List<PendingOperation> Operations { get; } = [];

            public int Bytes { get; set; }
        }
    }
}
