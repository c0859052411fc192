using Vektagraf.Server;

[assembly: AssemblyFixture(typeof(Vektagraf.Client.Tests.ServerFixture))]

namespace Vektagraf.Client.Tests;

/// <summary>One real server over a temporary directory for all tests; each test has collections of its own.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "vektagraf-client-tests-" + Guid.NewGuid().ToString("N"));
    private readonly List<HttpClient> _clients = [];
    private VektagrafServer? _server;
    private int _names;

    public Uri Address => _server!.Address;

    public VektagrafClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await VektagrafServer.StartAsync(new ServerSettings { Store = new() { Directory = _directory }, Port = 0 }, CancellationToken.None);
        Client = ClientThrough();
    }

    /// <summary>A client whose requests go through a handler.</summary>
    public VektagrafClient ClientThrough(DelegatingHandler? handler = null, VektagrafClientOptions? options = null)
    {
        var inner = new SocketsHttpHandler();
        if (handler is not null)
        {
            handler.InnerHandler = inner;
        }

        var http = new HttpClient(handler as HttpMessageHandler ?? inner) { BaseAddress = Address };
        lock (_clients)
        {
            _clients.Add(http);
        }

        return new VektagrafClient(http, options);
    }

    /// <summary>A name that no other test uses.</summary>
    public string NewName(string prefix = "c") => $"{prefix}-{Interlocked.Increment(ref _names)}";

    /// <summary>A new collection of two-dimensional vectors and a few fields.</summary>
    public async Task<string> NewCollectionAsync(int shards = 1)
    {
        var name = NewName();
        await Client.PutCollectionAsync(name, SmallDefinition with { Shards = shards });
        return name;
    }

    public static CollectionDefinition SmallDefinition { get; } = new()
    {
        Vectors = new Dictionary<string, VectorFieldDefinition> { ["place"] = new() { Dimensions = 2, Metric = VectorMetric.Euclidean } },
        Fields = new Dictionary<string, FieldDefinition>
        {
            ["color"] = new() { Type = FieldType.String, Index = true },
            ["size"] = new() { Type = FieldType.Number },
        },
    };

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(c => c.Dispose());
        await _server!.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
