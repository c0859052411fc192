using Vektagraf.TestKit;

namespace Vektagraf.Server.Crash;

/// <summary>
/// Promise: what the server acknowledged survives its sudden death, with the version it named; what it did not acknowledge was done
/// as a whole or not at all, and sending it again with its key does it exactly once.
/// </summary>
public sealed class KillTests
{
    // So often that kills strike folds and merges, too.
    private static readonly string[] BusyMaintenance = ["--maintenance-seconds", "0.1"];

    private const int Rounds = 8;
    private const int Writers = 4;
    private const int MostAnswersBeforeTheKill = 120;

    [Fact]
    public async Task Kill_WhileManyWrite_LosesNothingAcknowledged()
    {
        var seed = CrashChecker.Seed();
        var random = new Random(seed);
        using var directory = new TemporaryDirectory();
        var writers = Enumerable.Range(0, Writers).Select(i => new CrashWriter(i, random.Next())).ToList();
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                await WriteUntilKilledAsync(directory.Path, writers, random.Next(1, MostAnswersBeforeTheKill));
                using var server = await ServerProcess.StartAsync(directory.Path, BusyMaintenance);
                await CrashChecker.VerifyAsync(server, writers);
            }

            // Otherwise no fold was ever in danger.
            var files = Directory.EnumerateFiles(directory.Path, "*", SearchOption.AllDirectories);
            Assert.Contains(files, f => f.Contains($"{Path.DirectorySeparatorChar}seg{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        }
        catch (Exception e)
        {
            throw CrashChecker.WithSeed(seed, e);
        }
    }

    private static async Task WriteUntilKilledAsync(string directory, List<CrashWriter> writers, int answers)
    {
        using var client = new HttpClient();
        using var server = await ServerProcess.StartAsync(directory, BusyMaintenance);
        await CrashChecker.CreateCollectionAsync(client, server.Address);

        // The kill comes with one writer's answer; the others are in the middle of something.
        var left = answers;
        await Task.WhenAll(writers.Select(w => w.RunAsync(client, server.Address, () =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                server.Kill();
            }
        })));
    }
}
