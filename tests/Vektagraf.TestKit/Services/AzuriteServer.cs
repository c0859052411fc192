using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Xunit;

namespace Vektagraf.TestKit.Services;

/// <summary>
/// Blob storage for tests: Azurite on a free port, in memory, started when first asked for. An assembly fixture.
/// </summary>
/// <remarks>The environment variable <c>VEKTAGRAF_BLOBS</c>, a connection string, puts a real account in its place.</remarks>
public sealed partial class AzuriteServer : IAsyncDisposable
{
    private const string Account = "vektagraf";
    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private Process? _process;
    private Task<string>? _connectionString;

    /// <summary>The connection string; skips the test where there is no Node.js to run the server.</summary>
    public Task<string> GetConnectionStringAsync()
    {
        if (Environment.GetEnvironmentVariable("VEKTAGRAF_BLOBS") is { Length: > 0 } real)
        {
            return Task.FromResult(real);
        }

        if (NodeTools.UnavailableBecause is { } reason)
        {
            Assert.Skip(reason);
        }

        lock (_gate)
        {
            return _connectionString ??= StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill();
            await running.WaitForExitAsync();
        }

        _process?.Dispose();
    }

    private async Task<string> StartAsync()
    {
        await NodeTools.InstallAsync();
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["AZURITE_ACCOUNTS"] = $"{Account}:{key}" };

        // The SDK asks for a newer API than this version names; the calls that the store makes have not changed.
        _process = NodeTools.Start(
            Path.Combine("azurite", "dist", "src", "blob", "main.js"), environment,
            "--inMemoryPersistence", "--extentMemoryLimit", "512", "--disableTelemetry", "--silent", "--skipApiVersionCheck",
            "--blobHost", "127.0.0.1", "--blobPort", "0");
        var port = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.OutputDataReceived += (_, line) => Read(line.Data, port);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        string endpoint = $"http://127.0.0.1:{await port.Task}/{Account}";
        return $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint={endpoint};";
    }

    private void Read(string? line, TaskCompletionSource<string> port)
    {
        if (line is null)
        {
            port.TrySetException(new InvalidOperationException("Azurite ended before it listened: " + string.Join('\n', _output)));
        }
        else if (Listening().Match(line) is { Success: true } match)
        {
            port.TrySetResult(match.Groups["port"].Value);
        }

        Note(line);
    }

    private void Note(string? line)
    {
        lock (_gate)
        {
            if (line is not null && _output.Count < 100)
            {
                _output.Add(line);
            }
        }
    }

    [GeneratedRegex(@"successfully listens on http://[^:]+:(?<port>\d+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Listening();
}
