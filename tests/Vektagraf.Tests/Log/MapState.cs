using System.Text;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Log;

/// <summary>The simplest state a log can feed: a dictionary of texts.</summary>
internal sealed class MapState : ILogState
{
    private readonly Dictionary<string, (ObjectVersion Version, string Value)> _objects = new(StringComparer.Ordinal);

    /// <summary>The newest entry applied.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>How often the state was emptied.</summary>
    public int Resets { get; private set; }

    /// <summary>The state as one text, to compare two.</summary>
    public string Content => string.Join(
        '\n', _objects.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value.Value}@{o.Value.Version.ToETag()}"));

    public string? this[string id] => _objects.TryGetValue(id, out var found) ? found.Value : null;

    public ObjectVersion? Find(string id) => _objects.TryGetValue(id, out var found) ? found.Version : null;

    public void Apply(WalEntry entry, TransactionProgress progress)
    {
        Assert.Equal(Sequence + 1, entry.Sequence);
        Sequence = entry.Sequence;
        var ordinal = 0;
        foreach (var operation in entry.Transactions.SelectMany(t => t.Applied))
        {
            var version = new ObjectVersion(entry.Sequence, ordinal++);
            Assert.Equal(operation.Existed, _objects.ContainsKey(operation.Id));
            if (operation.Kind == WalOperationKind.Put)
            {
                _objects[operation.Id] = (version, Encoding.UTF8.GetString(operation.Payload.Span));
            }
            else
            {
                _objects.Remove(operation.Id);
            }
        }
    }

    public void Reset(ulong sequence)
    {
        _objects.Clear();
        Sequence = sequence;
        Resets++;
    }

    public Task<LoadedState> LoadAsync(ShardManifest manifest, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The tests of the log alone fold nothing.");
}
