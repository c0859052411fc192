using System.Globalization;
using Vektagraf.Storage;

namespace Vektagraf.Simulation;

/// <summary>The store as it is, behind all faults: looks at every delete whether the head of the shard still refers to the object.</summary>
internal sealed class LiveObjectGuard(MemoryObjectStore inner, Action<Exception> report) : IObjectStore
{
    public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) =>
        inner.GetAsync(key, range, ifNoneMatch, cancellationToken);

    public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) =>
        inner.PutAsync(key, content, condition, cancellationToken);

    public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

    public async Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        // Decisions of transactions are no shard's: that they are not missed, the accounts tell.
        if (key.Split('/') is ["c", _, "s", ..] && await IsLiveAsync(key))
        {
            report(new ProtocolViolationException(EnginePromise.NoLiveObjectCollected, "to keep what the head refers to", $"a delete of '{key}'"));
        }

        return await inner.DeleteAsync(key, cancellationToken);
    }

    /// <summary>The objects a shard needs: head, manifest, segments, and the entries that follow.</summary>
    /// <param name="store">The store.</param>
    /// <param name="shard">The shard's prefix, with its slash.</param>
    /// <returns>The head, and the keys but for those of entries.</returns>
    public static async Task<(ShardHead Head, HashSet<string> Keys)> LiveAsync(IObjectStore store, string shard)
    {
        var key = shard + "head";
        var head = ShardHead.Decode((await store.GetAsync(key)).Content.Span, key);
        var keys = new HashSet<string>(StringComparer.Ordinal) { key };
        if (head.Manifest is not { } manifestKey)
        {
            return (head, keys);
        }

        keys.Add(manifestKey);
        var read = await store.GetAsync(manifestKey);
        ProtocolViolationException.ThrowIf(!read.Found, EnginePromise.NoLiveObjectCollected, $"the manifest '{manifestKey}' that the head names", "nothing");
        keys.UnionWith(ShardManifest.Decode(read.Content.Span, manifestKey).Segments.Select(s => s.Key));
        return (head, keys);
    }

    /// <summary>The prefix of the shard an object belongs to: <c>c/{collection}/s/{shard}/</c>.</summary>
    public static string ShardOf(string key) => string.Join('/', key.Split('/').Take(4)) + "/";

    /// <summary>The number of a log entry; 0 for another object.</summary>
    public static ulong SequenceOf(string key)
    {
        var parts = key.Split('/');
        return parts is [_, _, _, _, "wal", var number] ? ulong.Parse(number, CultureInfo.InvariantCulture) : 0;
    }

    private async Task<bool> IsLiveAsync(string key)
    {
        try
        {
            var (head, keys) = await LiveAsync(inner, ShardOf(key));
            return SequenceOf(key) is var sequence and > 0 ? sequence > head.Folded : keys.Contains(key);
        }
        catch (ProtocolViolationException e)
        {
            report(e);
            return false;
        }
    }
}
