using Vektagraf.TestKit.Services;

[assembly: AssemblyFixture(typeof(Vektagraf.Server.TestStores))]

namespace Vektagraf.Server;

/// <summary>What the servers of these tests stand on: containers of Azurite and of the Cosmos server, or of the accounts that the environment names.</summary>
public sealed class TestStores : IAsyncDisposable
{
    private readonly AzuriteServer _blobs = new();
    private readonly CosmosServer _insights = new();
    private readonly string _run = Guid.NewGuid().ToString("N")[..12];
    private int _places;

    /// <summary>Settings of a server on an empty store of its own and a free port.</summary>
    public async Task<ServerSettings> NewSettingsAsync()
    {
        var place = $"t{_run}-{Interlocked.Increment(ref _places)}";
        return new ServerSettings
        {
            Store = new() { Connection = await _blobs.GetConnectionStringAsync(), Container = place },
            Insights = new() { CosmosConnection = await _insights.GetConnectionStringAsync(), CosmosDatabase = "t" + _run, CosmosContainer = place },
            Port = 0,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _insights.DisposeAsync();
        await _blobs.DisposeAsync();
    }
}
