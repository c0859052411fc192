using Vektagraf.TestKit;

namespace Vektagraf.Server;

/// <summary>A server in this process, on a free port over a temporary directory.</summary>
public class ServerFixture : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
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
        var settings = new ServerSettings { Store = new() { Directory = _directory.Path }, Port = 0, Keys = Keys };
        _server = await VektagrafServer.StartAsync(settings, TestContext.Current.CancellationToken);
        _client = new HttpClient { BaseAddress = BaseAddress };
    }

    /// <summary>A collection name that no other test of the fixture has.</summary>
    public string NewName() => $"c{Interlocked.Increment(ref _names)}";

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _directory.Dispose();
        GC.SuppressFinalize(this);
    }
}
