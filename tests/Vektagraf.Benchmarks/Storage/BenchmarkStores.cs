using Vektagraf.Azure;
using Vektagraf.Storage;
using Vektagraf.TestKit;
using Vektagraf.TestKit.Services;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>Empty stores to measure on, all removed in the end.</summary>
internal sealed class BenchmarkStores(bool withAzurite) : IAsyncDisposable
{
    public const string Directory = "directory";
    public const string Azurite = "Azurite";

    private readonly List<TemporaryDirectory> _directories = [];
    private readonly AzuriteServer _azurite = new();
    private int _containers;

    /// <summary>The kinds of stores there are to measure on.</summary>
    public IReadOnlyList<string> Kinds { get; } = withAzurite && NodeTools.UnavailableBecause is null ? [Directory, Azurite] : [Directory];

    /// <summary>A new store. A directory flushes every put to disk; Azurite runs beside, in memory.</summary>
    public async Task<IObjectStore> OpenAsync(string kind, TimeProvider? time = null)
    {
        if (kind == Directory)
        {
            var directory = new TemporaryDirectory();
            _directories.Add(directory);
            return new DirectoryObjectStore(directory.Path, time);
        }

        var store = AzureBlobObjectStore.FromConnectionString(await _azurite.GetConnectionStringAsync(), $"bench{++_containers}");
        await store.EnsureContainerAsync();
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        _directories.ForEach(d => d.Dispose());
        await _azurite.DisposeAsync();
    }
}
