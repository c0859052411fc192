using Vektagraf.TestKit;

[assembly: AssemblyFixture(typeof(Vektagraf.Server.TestStores))]

namespace Vektagraf.Server;

/// <summary>What the servers of these tests stand on: directories with SQLite. Vektagraf.Server.Azure.Tests has the same tests on Azurite and Cosmos DB.</summary>
public sealed class TestStores : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private int _places;

    /// <summary>Settings of a server on an empty store of its own and a free port.</summary>
    public Task<ServerSettings> NewSettingsAsync() => Task.FromResult(new ServerSettings
    {
        Store = new() { Directory = Path.Combine(_directory.Path, $"{Interlocked.Increment(ref _places)}") },
        Port = 0,
    });

    public void Dispose() => _directory.Dispose();
}
