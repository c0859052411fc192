namespace Vektagraf.Storage.Log;

/// <summary>What prepared transactions have locked: who wants to write it, or to look at what will be written, has to wait.</summary>
internal sealed class LockTable
{
    private readonly Dictionary<string, (int Writers, int Readers)> _locks = new(StringComparer.Ordinal);

    public bool Blocks(WalOperationKind kind, string id) =>
        _locks.TryGetValue(id, out var held) && (held.Writers > 0 || kind != WalOperationKind.Check);

    public void Add(IReadOnlyList<WalOperation> operations) => Change(operations, 1);

    public void Remove(IReadOnlyList<WalOperation> operations) => Change(operations, -1);

    public void Clear() => _locks.Clear();

    private void Change(IReadOnlyList<WalOperation> operations, int by)
    {
        foreach (var operation in operations)
        {
            var (writers, readers) = _locks.GetValueOrDefault(operation.Id);
            var changed = operation.Kind == WalOperationKind.Check ? (writers, readers + by) : (writers + by, readers);
            if (changed == (0, 0))
            {
                _locks.Remove(operation.Id);
            }
            else
            {
                _locks[operation.Id] = changed;
            }
        }
    }
}
