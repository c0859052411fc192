using System.Diagnostics;

namespace Vektagraf.TestKit;

/// <summary>A process of Vektagraf.TestKit.Process, started by a test; killed when disposed.</summary>
public sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private ChildProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts a child that waits for <see cref="GoAsync"/>. The test project must reference Vektagraf.TestKit.Process.</summary>
    public static async Task<ChildProcess> StartAsync(CancellationToken cancellationToken, params IEnumerable<string> arguments)
    {
        string name = OperatingSystem.IsWindows() ? "Vektagraf.TestKit.Process.exe" : "Vektagraf.TestKit.Process";
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, name), arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var child = new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException("The child process did not start."));
        string? first = await child.ReadLineAsync(cancellationToken);
        return first == "ready" ? child : throw new InvalidOperationException($"The child said '{first}': {await child._errors}");
    }

    /// <summary>Lets the child begin.</summary>
    public async Task GoAsync(CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync("go".AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
    }

    /// <summary>The next line it says; null when it has ended.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken cancellationToken) =>
        await _process.StandardOutput.ReadLineAsync(cancellationToken);

    /// <summary>All it still says until it ends by itself.</summary>
    public async Task<IReadOnlyList<string>> ReadToSuccessAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> lines = await ReadToEndAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode == 0 ? lines
            : throw new InvalidOperationException($"The child ended with code {_process.ExitCode}: {await _errors}");
    }

    /// <summary>Ends the child without giving it a chance to do anything; what it had said before can still be read.</summary>
    public async Task KillAsync()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"The child ended by itself with code {_process.ExitCode}: {await _errors}");
        }

        _process.Kill();
    }

    /// <summary>Ends the child like <see cref="KillAsync()"/>, and returns what it had said before.</summary>
    public async Task<IReadOnlyList<string>> KillAsync(CancellationToken cancellationToken)
    {
        await KillAsync();
        return await ReadToEndAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<IReadOnlyList<string>> ReadToEndAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (await ReadLineAsync(cancellationToken) is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }
}
