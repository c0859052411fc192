using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Vektagraf.TestKit.Services;

/// <summary>
/// Blob storage for tests: Azurite on a free port, in memory, started when first asked for. An assembly fixture.
/// </summary>
/// <remarks>The environment variable <c>VEKTAGRAF_BLOBS</c>, a connection string, puts a real account in its place.</remarks>
public sealed partial class AzuriteServer : IAsyncDisposable
{
    private const string Account = "vektagraf";
    private readonly Lock _gate = new();
    private NodeService? _service;
    private Task<string>? _connectionString;

    /// <summary>The connection string; skips the test where there is no Node.js to run the server.</summary>
    public Task<string> GetConnectionStringAsync()
    {
        if (Environment.GetEnvironmentVariable("VEKTAGRAF_BLOBS") is { Length: > 0 } real)
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
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["AZURITE_ACCOUNTS"] = $"{Account}:{key}" };

        // The SDK asks for a newer API than this version names; the calls that the store makes have not changed.
        _service = new NodeService(
            "Azurite", Listening(), Path.Combine("node_modules", "azurite", "dist", "src", "blob", "main.js"), environment,
            "--inMemoryPersistence", "--extentMemoryLimit", "512", "--disableTelemetry", "--silent", "--skipApiVersionCheck",
            "--blobHost", "127.0.0.1", "--blobPort", "0");
        string endpoint = $"http://127.0.0.1:{(await _service.Listening).Groups["port"].Value}/{Account}";
        return $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint={endpoint};";
    }

    [GeneratedRegex(@"successfully listens on http://[^:]+:(?<port>\d+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Listening();
}
