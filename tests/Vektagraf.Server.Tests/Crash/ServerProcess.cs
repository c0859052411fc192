using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Vektagraf.Server.Crash;

/// <summary>The server as users start it: a process of its own. Killed when disposed.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private ServerProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The address it said it serves.</summary>
    public Uri Address { get; private set; } = new("about:blank");

    /// <summary>Most memory it had resident so far, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Starts a server on a free port and waits until it says that it serves.</summary>
    public static Task<ServerProcess> StartAsync(string directory, params IEnumerable<string> arguments) =>
        StartAsync(["--data", directory], arguments);

    /// <summary>Starts a server on a free port and waits until it says that it serves.</summary>
    public static async Task<ServerProcess> StartAsync(IReadOnlyList<string> location, IEnumerable<string> arguments)
    {
        var server = new ServerProcess(Start([.. location, "--port", "0", .. arguments]));
        var first = await server._process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        var match = ServesAt().Match(first ?? string.Empty);
        if (!match.Success)
        {
            throw new InvalidOperationException($"The server said '{first}': {await server._errors}");
        }

        server.Address = new Uri(match.Groups["address"].Value);
        return server;
    }

    /// <summary>Runs a server that is expected to end by itself.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(params IEnumerable<string> arguments) => RunWithBlobsAsync(null, arguments);

    /// <summary>Runs a server that is expected to end by itself, with VEKTAGRAF_STORE_CONNECTION in its environment.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunWithBlobsAsync(string? blobs, params IEnumerable<string> arguments)
    {
        using var server = new ServerProcess(Start(arguments, blobs));
        var output = await server._process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await server._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (server._process.ExitCode, output, await server._errors);
    }

    /// <summary>Asks it to stop, as a service manager does.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Its exit code, and what it said on standard error.</returns>
    public async Task<(int Code, string Errors)> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (_process.ExitCode, await _errors);
    }

    /// <summary>Ends it without giving it a chance to do anything.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static Process Start(IEnumerable<string> arguments, string? blobs = null)
    {
        var name = OperatingSystem.IsWindows() ? "Vektagraf.Server.exe" : "Vektagraf.Server";
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, name), arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Compile quickly rather than well: these processes do not live long.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var setting in new[] { "READ_KEY", "WRITE_KEY", "ADMIN_KEY", "STORE_CONNECTION" })
        {
            start.Environment.Remove("VEKTAGRAF_" + setting);
        }

        if (blobs is not null)
        {
            start.Environment["VEKTAGRAF_STORE_CONNECTION"] = blobs;
        }

        return Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
    }

    [GeneratedRegex("^Vektagraf serves .+ at (?<address>http://[^ ]+) ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ServesAt();
}
