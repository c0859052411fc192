namespace Vektagraf.Storage.Log;

/// <summary>When the entries that no manifest contains yet were written. Changed under the log's gate, read from anywhere.</summary>
internal sealed class FoldBacklog
{
    private readonly Queue<(ulong Sequence, long WrittenAtUnixMs)> _entries = [];
    private long _oldest;

    /// <summary>When the oldest of them was written, by its writer's clock, in milliseconds since 1970; null where there is none.</summary>
    public long? OldestUnixMs => Volatile.Read(ref _oldest) is not 0 and var oldest ? oldest : null;

    /// <summary>Takes note of an entry that was applied.</summary>
    public void Add(WalEntry entry)
    {
        _entries.Enqueue((entry.Sequence, entry.WrittenAtUnixMs));
        Publish();
    }

    /// <summary>Takes note of what a manifest contains by now.</summary>
    /// <param name="folded">The newest of its entries.</param>
    public void Fold(ulong folded)
    {
        while (_entries.TryPeek(out var oldest) && oldest.Sequence <= folded)
        {
            _entries.Dequeue();
        }

        Publish();
    }

    /// <summary>Begins anew at a state without a tail.</summary>
    public void Clear()
    {
        _entries.Clear();
        Publish();
    }

    private void Publish() => Volatile.Write(ref _oldest, _entries.TryPeek(out var oldest) ? oldest.WrittenAtUnixMs : 0);
}
