using Vektagraf.Azure;
using Vektagraf.Storage;

namespace Vektagraf.Server.Crash;

/// <summary>A store as servers, maintenance and the test itself open it.</summary>
/// <param name="ServerArguments">How a server opens it.</param>
/// <param name="ChildArguments">How a process of Vektagraf.TestKit.Process opens it.</param>
/// <param name="Objects">The store.</param>
internal sealed record CrashStore(IReadOnlyList<string> ServerArguments, IReadOnlyList<string> ChildArguments, IObjectStore Objects)
{
    public static CrashStore OfDirectory(string path) => new(["--data", path], ["directory", path], new DirectoryObjectStore(path));

    public static CrashStore OfContainer(string connectionString, string container) => new(
        ["--blobs", connectionString, "--container", container],
        ["azure", $"{container} {connectionString}"],
        AzureBlobObjectStore.FromConnectionString(connectionString, container));

    /// <summary>Keys below a prefix.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync(string prefix)
    {
        var keys = new List<string>();
        string? continuation = null;
        do
        {
            var page = await Objects.ListAsync(prefix, continuation, cancellationToken: TestContext.Current.CancellationToken);
            keys.AddRange(page.Entries.Select(e => e.Key));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return keys;
    }

    /// <summary>The heads of all shards, with the prefixes of their keys.</summary>
    public async Task<IReadOnlyList<(string Prefix, ShardHead Head)>> HeadsAsync()
    {
        var heads = new List<(string, ShardHead)>();
        foreach (var key in (await KeysAsync("c/")).Where(k => k.EndsWith("/head", StringComparison.Ordinal)))
        {
            var read = await Objects.GetAsync(key, cancellationToken: TestContext.Current.CancellationToken);
            heads.Add((key[..^"head".Length], ShardHead.Decode(read.Content.Span, key)));
        }

        return heads;
    }

    /// <summary>What collection still has to remove once nobody writes: everything that no head needs.</summary>
    public async Task<IReadOnlyList<string>> GarbageAsync()
    {
        var garbage = new List<string>();
        foreach (var (prefix, head) in await HeadsAsync())
        {
            var needed = new HashSet<string>(StringComparer.Ordinal) { prefix + "head" };
            if (head.Manifest is { } manifest)
            {
                var read = await Objects.GetAsync(manifest, cancellationToken: TestContext.Current.CancellationToken);
                needed.Add(manifest);
                needed.UnionWith(ShardManifest.Decode(read.Content.Span, manifest).Segments.Select(s => s.Key));
            }

            garbage.AddRange((await KeysAsync(prefix)).Where(k => !needed.Contains(k) && (!IsLog(k, out var sequence) || sequence <= head.Folded)));
        }

        return garbage;
    }

    private static bool IsLog(string key, out ulong sequence)
    {
        sequence = 0;
        return key.Contains("/wal/", StringComparison.Ordinal)
            && ulong.TryParse(key.AsSpan(key.LastIndexOf('/') + 1), System.Globalization.CultureInfo.InvariantCulture, out sequence);
    }
}
