using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Vektagraf.TestKit;

namespace Vektagraf.Server.Page;

/// <summary>A server of its own over a temporary directory, filled by way of its API. The tests know only its address.</summary>
internal sealed class PageServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly VektagrafServer _server;

    private PageServer(TemporaryDirectory directory, VektagrafServer server)
    {
        _directory = directory;
        _server = server;
    }

    public string BaseAddress => _server.Address.AbsoluteUri;

    /// <param name="key">The key that opens everything; null for a server without keys.</param>
    public static async Task<PageServer> StartAsync(string? key = null)
    {
        TemporaryDirectory directory = new();
        ServerSettings settings = new() { Store = new() { Directory = directory.Path }, Port = 0, Keys = new AccessKeys(key, key, key) };
        PageServer server = new(directory, await VektagrafServer.StartAsync(settings, CancellationToken.None));
        using HttpClient client = new() { BaseAddress = new Uri(server.BaseAddress) };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Add("x-functions-key", key);
        }

        foreach ((string name, JsonObject definition, IReadOnlyList<JsonObject> objects) in PageCatalog.Collections)
        {
            await FillAsync(client, name, definition, objects);
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    private static async Task FillAsync(HttpClient client, string name, JsonObject definition, IReadOnlyList<JsonObject> objects)
    {
        using HttpResponseMessage created = await client.PutAsJsonAsync($"api/collections/{name}", definition);
        Assert.True(created.IsSuccessStatusCode, $"{name}: {await created.Content.ReadAsStringAsync()}");
        using StringContent lines = new(string.Join('\n', objects.Select(o => o.ToJsonString())));
        using HttpResponseMessage imported = await client.PostAsync($"api/collections/{name}/objects:import", lines);
        string answer = await imported.Content.ReadAsStringAsync();
        Assert.True(imported.IsSuccessStatusCode && answer.Contains($"\"imported\":{objects.Count}", StringComparison.Ordinal), $"{name}: {answer}");
    }
}
