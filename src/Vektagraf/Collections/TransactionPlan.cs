using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

/// <summary>The operations of a transaction, dealt out to the shards of their objects.</summary>
internal sealed class TransactionPlan
{
    private readonly int[] _partOf;
    private readonly Dictionary<int, int> _partOfShard = [];
    private readonly List<List<(int Index, PendingOperation Operation, bool IsRepeatable)>> _parts = [];

    public TransactionPlan(Shard[] shards, TransactionOperation[] operations)
    {
        var shardOf = Array.ConvertAll(operations, o => Collection.ShardIndexOf(o.Id, shards.Length));
        // In the order of the shards: the order in which transactions lock.
        foreach (var shard in shardOf.Distinct().Order())
        {
            _partOfShard.Add(shard, _parts.Count);
            _parts.Add([]);
        }

        Shards = [.. _partOfShard.Keys.Select(s => shards[s])];
        _partOf = Array.ConvertAll(shardOf, s => _partOfShard[s]);
    }

    /// <summary>The shards concerned, one for each part.</summary>
    public IReadOnlyList<Shard> Shards { get; }

    /// <summary>The parts.</summary>
    public IReadOnlyList<TransactionPart> Parts => [.. Shards.Select((s, i) => new TransactionPart(s, [.. _parts[i].Select(o => o.Operation)]))];

    /// <summary>Whether some precondition is the engine's own, to be drawn up anew when it does not hold.</summary>
    public bool IsRepeatable => _parts.Exists(p => p.Exists(o => o.IsRepeatable));

    public void Add(int index, PendingOperation operation, bool isRepeatable = false) => _parts[_partOf[index]].Add((index, operation, isRepeatable));

    /// <summary>The operation that failed.</summary>
    public int IndexOf(TransactionEnd end) => _parts[end.FailedPart][end.FailedOperation].Index;

    /// <summary>Whether what failed was the engine's own precondition.</summary>
    public bool MayRepeat(TransactionEnd end) => _parts[end.FailedPart][end.FailedOperation].IsRepeatable;

    /// <summary>What each operation did.</summary>
    public TransactionOperationResult[] Results(TransactionOperation[] operations, IReadOnlyList<CommitReceipt> receipts)
    {
        // Receipts count puts and deletes only.
        var next = new int[_parts.Count];
        return Array.ConvertAll([.. operations.Index()], o =>
        {
            var (index, operation) = o;
            if (operation.Kind == TransactionOperationKind.Check)
            {
                return new TransactionOperationResult(operation.Id, ETag: null, Created: false);
            }

            var receipt = receipts[_partOf[index]].Operations[next[_partOf[index]]++];
            return operation.Kind == TransactionOperationKind.Delete
                ? new TransactionOperationResult(operation.Id, ETag: null, Created: false)
                : new TransactionOperationResult(operation.Id, receipt.Version.ToETag(), !receipt.Existed);
        });
    }
}
