using System.Globalization;
using Vektagraf.TestKit;

namespace Vektagraf.Server.Crash;

/// <summary>What maintenance did over a whole test, by all of its processes.</summary>
internal sealed class MaintenanceTally
{
    public int Folds { get; set; }

    public int Merges { get; set; }

    public int WalEntries { get; set; }

    public int Objects { get; set; }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Folds} folds, {Merges} merges, {WalEntries} log entries and {Objects} objects removed");
}

/// <summary>Maintenance in a process of its own, that says what it is about to change.</summary>
internal sealed class MaintenanceProcess : IDisposable
{
    private readonly ChildProcess _child;
    private readonly MaintenanceTally _tally;
    private readonly Lock _gate = new();
    private readonly Task _reading;
    private Expectation? _expected;
    private bool _killed;

    private MaintenanceProcess(ChildProcess child, MaintenanceTally tally)
    {
        _child = child;
        _tally = tally;
        _reading = ReadAsync();
    }

    public static async Task<MaintenanceProcess> StartAsync(CrashStore store, int graceSeconds, MaintenanceTally tally)
    {
        var cancel = TestContext.Current.CancellationToken;
        var child = await ChildProcess.StartAsync(cancel, [.. store.ChildArguments, "maintain", graceSeconds.ToString(CultureInfo.InvariantCulture)]);
        await child.GoAsync(cancel);
        return new MaintenanceProcess(child, tally);
    }

    /// <summary>Waits until it has said something of a kind (<c>fold</c>, <c>merge</c>, <c>collect</c>, or <c>done</c> after a pass) so many times from now on.</summary>
    /// <returns>The last of these lines.</returns>
    public async Task<string> ReachAsync(string kind, int times)
    {
        var expected = new Expectation(kind, times);
        lock (_gate)
        {
            _expected = expected;
        }

        // It only ends by itself when something is wrong with it.
        return await Task.WhenAny(expected.Reached.Task, _reading) == _reading
            ? throw new InvalidOperationException("Maintenance ended: " + string.Join('\n', await _child.ReadToSuccessAsync(TestContext.Current.CancellationToken)))
            : await expected.Reached.Task;
    }

    public async Task KillAsync()
    {
        _killed = true;
        await _child.KillAsync();
        await _reading;
    }

    public void Dispose()
    {
        _killed = true;
        _child.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _child.ReadLineAsync(CancellationToken.None) is { } line)
            {
                Note(line);
            }
        }
        catch (Exception e) when (_killed && e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Disposed while it was being read.
        }
    }

    private void Note(string line)
    {
        var words = line.Split(' ');
        if (words[0] == "done")
        {
            int Number(int word) => int.Parse(words[word], CultureInfo.InvariantCulture);
            _tally.Folds += Number(1);
            _tally.Merges += Number(2);
            _tally.WalEntries += Number(3);
            _tally.Objects += Number(4);
        }

        lock (_gate)
        {
            if (_expected is { } expected && words[0] == expected.Kind && --expected.Left == 0)
            {
                // On this thread: the strike must come while what the line announces is under way.
                expected.Reached.TrySetResult(line);
            }
        }
    }

    private sealed class Expectation(string kind, int left)
    {
        public string Kind { get; } = kind;

        public int Left { get; set; } = left;

        public TaskCompletionSource<string> Reached { get; } = new();
    }
}
