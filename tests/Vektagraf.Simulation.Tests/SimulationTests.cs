using System.Globalization;
using Vektagraf.Simulation;

namespace Vektagraf.Tests.Collections;

public class CollectionModelTests
{
    private static readonly int Seeds = int.Parse(Environment.GetEnvironmentVariable("VEKTAGRAF_MODEL_SEEDS") ?? "300", CultureInfo.InvariantCulture);

    [Fact]
    public void Collections_WhenTheStoreFails_KeepWhatTheyAcknowledged()
    {
        // Every acknowledged write is visible to every later strong read at every node; what was answered with a failure did not
        // happen; what is unknown either happened once or not at all; a retry under the same key never happens twice; and counting
        // by compare-and-swap loses no count.
        var (folds, merges, removed) = (0, 0, 0L);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var current = seed;
            Simulator.Run(current, async simulator =>
            {
                var run = new ModelRun(simulator, current);
                await run.RunAsync();
                (folds, merges, removed) = (folds + run.Folds, merges + run.Merges, removed + run.Removed);
            });
        }

        // The test is only worth its name if all of this happened.
        Assert.True(folds > Seeds && merges > Seeds / 10 && removed > Seeds, $"{folds} folds, {merges} merges, {removed} objects removed");
    }

    [Fact]
    public void Simulator_WhenTheSeedIsTheSame_RunsTheSame()
    {
        Assert.Equal(EndOf(3), EndOf(3));
        Assert.NotEqual(EndOf(3), EndOf(4));

        static long EndOf(int seed)
        {
            var end = 0L;
            Simulator.Run(seed, async simulator =>
            {
                await new ModelRun(simulator, seed).RunAsync();
                end = simulator.Time.GetTimestamp();
            });
            return end;
        }
    }
}
