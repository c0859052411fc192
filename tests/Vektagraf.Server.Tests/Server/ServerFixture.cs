namespace Vektagraf.Server;

/// <summary>A server in this process, on a free port over an empty store.</summary>
public class ServerFixture(TestStores stores) : IAsyncLifetime
{
    private VektagrafServer? _server;
    private HttpClient? _client;
    private int _names;

    public VektagrafServer Server => _server ?? throw new InvalidOperationException("The server has not started.");

    public Uri BaseAddress => Server.Address;

    public HttpClient Client => _client ?? throw new InvalidOperationException("The server has not started.");

    /// <summary>The keys in force; none unless a derived fixture says otherwise.</summary>
    protected virtual AccessKeys Keys => new();

    public async ValueTask InitializeAsync()
    {
        var settings = await NewSettingsAsync();
        settings.Keys = Keys;
        _server = await VektagrafServer.StartAsync(settings, TestContext.Current.CancellationToken);
        _client = new HttpClient { BaseAddress = BaseAddress };
    }

    /// <summary>Settings of another server, on an empty store of its own.</summary>
    public Task<ServerSettings> NewSettingsAsync() => stores.NewSettingsAsync();

    /// <summary>A collection name that no other test of the fixture has.</summary>
    public string NewName() => $"c{Interlocked.Increment(ref _names)}";

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
