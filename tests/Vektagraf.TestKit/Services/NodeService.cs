using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Vektagraf.TestKit.Services;

/// <summary>A service of Node.js in a process of its own, which says where it listens; killed when disposed.</summary>
public sealed class NodeService : IAsyncDisposable
{
    private const int MostLines = 100;

    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private readonly TaskCompletionSource<Match> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;
    private readonly string _name;
    private readonly Regex _saysSo;

    /// <summary>Starts the service.</summary>
    /// <param name="name">Its name, for errors.</param>
    /// <param name="saysSo">What it prints once it listens.</param>
    /// <param name="script">Path below the root.</param>
    /// <param name="environment">Additional environment variables.</param>
    /// <param name="arguments">The script's arguments.</param>
    public NodeService(string name, Regex saysSo, string script, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        (_name, _saysSo) = (name, saysSo);
        _process = NodeTools.Start(script, environment, arguments);
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it printed when it listened; fails where it ended before.</summary>
    public Task<Match> Listening => _listening.Task;

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            _listening.TrySetException(new InvalidOperationException($"{_name} ended before it listened: {string.Join('\n', _output)}"));
        }
        else if (_saysSo.Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(match);
        }

        Note(line);
    }

    private void Note(string? line)
    {
        lock (_gate)
        {
            if (line is not null && _output.Count < MostLines)
            {
                _output.Add(line);
            }
        }
    }
}
