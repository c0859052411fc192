using System.Diagnostics;
using System.Globalization;

namespace Vektagraf.Benchmarks.Server;

/// <summary>The server in a process of its own, on a free port.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly long _startedAt;

    private ServerProcess(Process process, long startedAt)
    {
        _process = process;
        _startedAt = startedAt;
    }

    /// <summary>Milliseconds from the start of the process until it accepted requests.</summary>
    public double ReadyMilliseconds { get; private set; }

    /// <summary>Folder of the server's program: this program's own, or one that the server was published to.</summary>
    public static string Folder { get; set; } = AppContext.BaseDirectory;

    /// <summary>A client with the server's address.</summary>
    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(10) };

    /// <summary>Starts the server over a directory.</summary>
    public static async Task<ServerProcess> StartAsync(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Folder, "Vektagraf.Server.dll"), "--data", directory, "--port", "0", .. arguments])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var startedAt = TimeProvider.System.GetTimestamp();
        var server = new ServerProcess(Process.Start(start)!, startedAt);
        var line = await server.ReadUntilAsync(" at http://");
        server.ReadyMilliseconds = server.ElapsedMilliseconds();
        var address = line[(line.IndexOf(" at http://", StringComparison.Ordinal) + 4)..];
        server.Http.BaseAddress = new Uri(address[..address.IndexOf(' ', StringComparison.Ordinal)]);
        return server;
    }

    /// <summary>Reads what the server prints until a line contains some text.</summary>
    /// <returns>The line.</returns>
    public async Task<string> ReadUntilAsync(string text)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The server ended without printing '{text}'.");
    }

    public double ElapsedMilliseconds() => TimeProvider.System.GetElapsedTime(_startedAt).TotalMilliseconds;

    /// <summary>Processor time that it has taken so far.</summary>
    public double ProcessorSeconds()
    {
        _process.Refresh();
        return _process.TotalProcessorTime.TotalSeconds;
    }

    public string ResidentMegabytes()
    {
        _process.Refresh();
        return string.Create(CultureInfo.InvariantCulture, $"{_process.WorkingSet64 / 1e6:F0} MB");
    }

    public void Dispose()
    {
        Http.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
