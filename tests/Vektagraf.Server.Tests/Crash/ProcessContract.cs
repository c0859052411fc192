using System.Globalization;

namespace Vektagraf.Server.Crash;

/// <summary>What servers and maintenance, each a process of its own, promise on a store that they share: whoever dies, and when.</summary>
public abstract class ProcessContract : IAsyncLifetime
{
    private const int Writers = 4;
    private const int MostAnswersBeforeTheKill = 80;
    private const int MostStepsBeforeTheKill = 8;

    // So short that collection has work within the seconds of a test. It is one number for all processes.
    private const int GraceSeconds = 2;

    // Far more than collection needs, at 20 ms and more for each.
    private const int MostPasses = 2_000;

    private static readonly string[] Settings =
        ["--maintenance-seconds", "0", "--collection-grace-seconds", GraceSeconds.ToString(CultureInfo.InvariantCulture)];

    private static readonly Strike[] Strikes =
    [
        new("fold", KillsServer: false),
        new(null, KillsServer: true),
        new("merge", KillsServer: false),
        new("collect", KillsServer: false),
        new("merge", KillsServer: true),
        new("collect", KillsServer: true),
    ];

    private readonly HttpClient _client = new();
    private readonly MaintenanceTally _tally = new();
    private CrashStore? _store;

    private CrashStore Store => _store ?? throw new InvalidOperationException("Not initialized.");

    public async ValueTask InitializeAsync() => _store = await OpenStoreAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _client.Dispose();
        await RemoveStoreAsync();
    }

    /// <summary>
    /// Promise: kills of the server, of maintenance in the middle of a fold, a merge or a collection, and of both at once, lose nothing
    /// that was acknowledged; and what they leave lying about is collected.
    /// </summary>
    [Fact]
    public async Task Kill_OfServerOrMaintenanceOrBoth_LosesNothingAcknowledgedAndLeavesNothingBehind()
    {
        var seed = CrashChecker.Seed();
        var random = new Random(seed);
        var writers = Enumerable.Range(0, Writers).Select(i => new CrashWriter(i, random.Next())).ToList();
        var server = await StartServerAsync();
        MaintenanceProcess? maintenance = null;
        try
        {
            await CrashChecker.CreateCollectionAsync(_client, server.Address);
            foreach (var strike in Strikes)
            {
                maintenance ??= await MaintenanceProcess.StartAsync(Store, GraceSeconds, _tally);
                await WriteUntilStruckAsync(server, maintenance, writers, strike, random);
                if (strike.Maintenance is not null)
                {
                    maintenance.Dispose();
                    maintenance = null;
                }

                // A new server knows nothing but what is in the store.
                server.Dispose();
                server = await StartServerAsync();
                await CrashChecker.VerifyAsync(server, writers);
            }

            maintenance ??= await MaintenanceProcess.StartAsync(Store, GraceSeconds, _tally);
            await AssertCollectedAsync(maintenance);
            using var last = await StartServerAsync();
            await CrashChecker.VerifyAsync(last, writers);
        }
        catch (Exception e)
        {
            throw CrashChecker.WithSeed(seed, e);
        }
        finally
        {
            server.Dispose();
            maintenance?.Dispose();
        }
    }

    /// <summary>Promise: servers that write to one collection at once, and never hear of each other, lose none of each other's writes.</summary>
    [Fact]
    public async Task Write_ByServersAtOnceWhileAnotherMaintains_LosesNothing()
    {
        const int Servers = 3;
        const int Answers = 40;
        const int Increments = 12;
        var seed = CrashChecker.Seed();
        var random = new Random(seed);
        var servers = new List<ServerProcess>();
        try
        {
            servers.AddRange(await Task.WhenAll(Enumerable.Range(0, Servers).Select(_ => StartServerAsync())));
            await CrashChecker.CreateCollectionAsync(_client, servers[0].Address);
            using var maintenance = await MaintenanceProcess.StartAsync(Store, GraceSeconds, _tally);
            var writers = Enumerable.Range(0, Servers * 2).Select(i => new CrashWriter(i, random.Next())).ToList();
            var counter = new SharedCounter(_client, "counter");
            await counter.CreateAsync(servers[0].Address);
            await Task.WhenAll([
                .. writers.Select((w, i) => WriteAsync(w, servers[i % Servers].Address, Answers)),
                .. servers.Select(s => counter.IncrementAsync(s.Address, Increments)),
            ]);

            // It was at work all the time, and is.
            await maintenance.ReachAsync("done", 2);
            Assert.True(_tally.Folds > 0, _tally.ToString());
            Assert.All(await Task.WhenAll(servers.Select(s => counter.ReadAsync(s.Address))), value => Assert.Equal(Servers * Increments, value));
            await counter.RemoveAsync(servers[^1].Address);
            servers.Add(await StartServerAsync());
            foreach (var server in servers)
            {
                await CrashChecker.VerifyAsync(server, writers);
            }
        }
        catch (Exception e)
        {
            throw CrashChecker.WithSeed(seed, e);
        }
        finally
        {
            servers.ForEach(s => s.Dispose());
        }
    }

    private protected abstract Task<CrashStore> OpenStoreAsync();

    private protected abstract Task RemoveStoreAsync();

    private Task<ServerProcess> StartServerAsync() => ServerProcess.StartAsync(Store.ServerArguments, Settings);

    private async Task WriteAsync(CrashWriter writer, Uri server, int answers)
    {
        using var stop = new CancellationTokenSource();
        var left = answers;
        await writer.RunAsync(_client, server, () => StopAtZero(--left, stop), stop.Token);
        Assert.True(left == 0, "A server stopped answering.");
    }

    private static void StopAtZero(int left, CancellationTokenSource stop)
    {
        if (left == 0)
        {
            stop.Cancel();
        }
    }

    private async Task WriteUntilStruckAsync(
        ServerProcess server, MaintenanceProcess maintenance, List<CrashWriter> writers, Strike strike, Random random)
    {
        using var stop = new CancellationTokenSource();
        var answered = new TaskCompletionSource();
        var left = random.Next(1, MostAnswersBeforeTheKill);
        var writing = Task.WhenAll(writers.Select(w => w.RunAsync(_client, server.Address, () =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                answered.SetResult();
            }
        }, stop.Token)));
        var due = strike.Maintenance is { } kind ? maintenance.ReachAsync(kind, random.Next(1, MostStepsBeforeTheKill)) : answered.Task;
        if (await Task.WhenAny(due, writing) == writing)
        {
            await writing;
        }

        await due;
        if (strike.Maintenance is not null)
        {
            await maintenance.KillAsync();
        }

        if (strike.KillsServer)
        {
            server.Kill();
        }

        await stop.CancelAsync();
        await writing;
        Assert.True(strike.KillsServer || writers.All(w => w.Tracked.All(t => t.Pending is null)), "The server left a request unanswered.");
    }

    /// <summary>Without new writes, what collection has to do comes to an end.</summary>
    private async Task AssertCollectedAsync(MaintenanceProcess maintenance)
    {
        IReadOnlyList<string> garbage = ["?"];
        for (var pass = 0; pass < MostPasses && garbage.Count > 0; pass++)
        {
            await maintenance.ReachAsync("done", 1);
            garbage = await Store.GarbageAsync();
        }

        Assert.True(garbage.Count == 0, $"Never collected ({_tally}): " + string.Join(' ', garbage));

        // Otherwise nothing was ever in danger.
        Assert.True(_tally is { Folds: > 0, Merges: > 0, WalEntries: > 0, Objects: > 0 }, _tally.ToString());
        Assert.All(await Store.HeadsAsync(), shard => Assert.True(shard.Head is { Floor: > 0, Manifest: not null, Epoch: > 3 }, shard.ToString()));
    }

    /// <summary>Who dies in a round.</summary>
    /// <param name="Maintenance">In the middle of what maintenance is killed; null where it lives.</param>
    /// <param name="KillsServer">Whether the server is killed.</param>
    private sealed record Strike(string? Maintenance, bool KillsServer);
}
