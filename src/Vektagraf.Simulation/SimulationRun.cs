using System.Collections.Concurrent;

namespace Vektagraf.Simulation;

/// <summary>What a run simulates.</summary>
public sealed record SimulationOptions
{
    /// <summary>The first seed; a schedule for each of the numbers from it on.</summary>
    public int FirstSeed { get; init; }

    /// <summary>How many schedules; at least 1.</summary>
    public int Schedules { get; init; } = 1;

    /// <summary>The rule that schedules are to put to the test; null for all alike.</summary>
    public ProtocolRule? Around { get; init; }

    /// <summary>The rule that the engine is to do without, in schedules around it; null for the engine as it is.</summary>
    public ProtocolRule? Without { get; init; }

    /// <summary>Whether to run all schedules, though one has broken a promise.</summary>
    public bool KeepsGoing { get; init; }

    /// <summary>Schedules that run at a time; each runs on one thread.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}

/// <summary>How a run ended.</summary>
/// <param name="Completed">Schedules that ran to their end without a failure.</param>
/// <param name="Failures">The failures by seed, lowest first. The inner exception is a <see cref="ProtocolViolationException"/>, or
/// what the engine or the simulation stumbled over.</param>
/// <param name="Counts">What happened in the completed schedules.</param>
public sealed record SimulationReport(int Completed, IReadOnlyList<SimulationException> Failures, ScheduleCounts Counts)
{
    /// <summary>The failures that are broken promises.</summary>
    public IEnumerable<SimulationException> Violations => Failures.Where(f => f.InnerException is ProtocolViolationException);
}

/// <summary>Runs schedules, each from its own seed: the same seed gives the same schedule, whatever else runs.</summary>
public static class SimulationRun
{
    /// <summary>Runs schedules until one breaks a promise, or to the last. The report is the same however many threads there are: the
    /// schedules before the first violation are all run.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="progress">Told how many have ended, from any thread; null for nobody.</param>
    /// <param name="cancellationToken">Ends the run between two schedules.</param>
    /// <returns>The report; of failures other than broken promises it may hold several.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static SimulationReport Run(SimulationOptions options, Action<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Schedules, 1);
        var results = new (ScheduleCounts? Counts, SimulationException? Failure)[options.Schedules];
        var (ended, firstViolation) = (0, int.MaxValue);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellationToken };
        var lockObject = new Lock();

        // Seeds in ascending order, so that what is left out once one has failed lies behind it.
        var seeds = Partitioner.Create(Enumerable.Range(0, options.Schedules), EnumerablePartitionerOptions.NoBuffering);
        Parallel.ForEach(seeds, parallel, index =>
        {
            if (index > Volatile.Read(ref firstViolation))
            {
                return;
            }

            results[index] = RunOne(options.FirstSeed + index, options);
            lock (lockObject)
            {
                ended++;
                firstViolation = results[index].Failure?.InnerException is ProtocolViolationException && !options.KeepsGoing ? Math.Min(firstViolation, index) : firstViolation;
                progress?.Invoke(ended);
            }
        });

        var counted = results.Where((_, i) => i <= firstViolation).ToList();
        return new SimulationReport(
            counted.Count(r => r.Counts is not null),
            [.. counted.Select(r => r.Failure).OfType<SimulationException>()],
            counted.Select(r => r.Counts).OfType<ScheduleCounts>().Aggregate(new ScheduleCounts(), (a, b) => a + b));
    }

    private static (ScheduleCounts? Counts, SimulationException? Failure) RunOne(int seed, SimulationOptions options)
    {
        var scenario = (options.Around ?? options.Without) is { } rule ? Scenario.Around(rule, seed) : Scenario.ForSeed(seed);
        try
        {
            ScheduleCounts? counts = null;
            Simulator.Run(seed, async simulator =>
            {
                var schedule = new Schedule(simulator, seed, scenario with { Rules = ProtocolRuleExtensions.Without(options.Without) });
                await schedule.RunAsync();
                counts = schedule.Counts with { Time = simulator.Time.GetElapsedTime(0) };
            });
            return (counts, null);
        }
        catch (SimulationException e)
        {
            return (null, e);
        }
    }
}
