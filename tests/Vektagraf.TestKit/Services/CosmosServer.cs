using System.Text.RegularExpressions;

namespace Vektagraf.TestKit.Services;

/// <summary>
/// Cosmos DB for tests: scripts/cosmos-server.cjs on a free port, in memory, started when first asked for. An assembly fixture.
/// </summary>
/// <remarks>The environment variable <c>VEKTAGRAF_COSMOS</c>, a connection string, puts a real account or Microsoft's emulator in its place.</remarks>
public sealed partial class CosmosServer : IAsyncDisposable
{
    // The server looks at no key; clients ask for one in base64.
    private const string Key = "bm8ga2V5";

    private readonly Lock _gate = new();
    private NodeService? _service;
    private Task<string>? _connectionString;

    /// <summary>The connection string; skips the test where there is no Node.js to run the server.</summary>
    public Task<string> GetConnectionStringAsync()
    {
        if (Environment.GetEnvironmentVariable("VEKTAGRAF_COSMOS") is { Length: > 0 } real)
        {
            return Task.FromResult(real);
        }

        NodeTools.SkipWhereUnavailable();
        lock (_gate)
        {
            return _connectionString ??= StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
        {
            await _service.DisposeAsync();
        }
    }

    private async Task<string> StartAsync()
    {
        await NodeTools.InstallAsync();
        _service = new NodeService("The Cosmos server", Listening(), Path.Combine("scripts", "cosmos-server.cjs"), new Dictionary<string, string>(StringComparer.Ordinal), "--port", "0");
        return $"AccountEndpoint={(await _service.Listening).Groups["endpoint"].Value};AccountKey={Key};";
    }

    [GeneratedRegex(@"^Cosmos listens on (?<endpoint>http://\S+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Listening();
}
