using System.CommandLine;
using System.Globalization;
using Vektagraf.Simulation;

namespace Vektagraf.Cli;

/// <summary>sim.</summary>
internal static class SimCommand
{
    private const int ProgressLines = 10;

    public static Command Create(Terminal terminal)
    {
        var seed = new Option<int>("--seed") { Description = "The first seed; each schedule has the next.", DefaultValueFactory = _ => 0 };
        var schedules = new Option<int>("--schedules") { Description = "How many schedules to run.", DefaultValueFactory = _ => 1_000 };
        var without = new Option<ProtocolRule?>("--without") { Description = "The same without the rule, to see that this is noticed." };
        var around = new Option<ProtocolRule?>("--around") { Description = "Put this rule of the protocol to the test." };
        var keepGoing = new Option<bool>("--keep-going") { Description = "Run all schedules, though one has broken a promise." };
        var threads = new Option<int>("--threads") { Description = "Schedules that run at a time.", DefaultValueFactory = _ => Environment.ProcessorCount };
        foreach (var (option, least) in new[] { (seed, 0), (schedules, 1), (threads, 1) })
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value < least)
                {
                    result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} must be at least {least}."));
                }
            });
        }

        var command = new Command("sim", "Run the engine under a simulated clock and a store that fails, and check what it promises.") { seed, schedules, around, without, keepGoing, threads };
        command.SetAction((parsed, cancellationToken) => Task.FromResult(Run(
            terminal,
            new SimulationOptions
            {
                FirstSeed = parsed.GetValue(seed),
                Schedules = parsed.GetValue(schedules),
                Around = parsed.GetValue(around),
                Without = parsed.GetValue(without),
                KeepsGoing = parsed.GetValue(keepGoing),
                Threads = parsed.GetValue(threads),
            },
            cancellationToken)));
        return command;
    }

    private static int Run(Terminal terminal, SimulationOptions options, CancellationToken cancellationToken)
    {
        var step = Math.Max(1, options.Schedules / ProgressLines);
        var report = SimulationRun.Run(options, ended => Show(ended, step, options.Schedules, terminal), cancellationToken);
        foreach (var failure in report.Failures)
        {
            terminal.Out.WriteLine(failure.InnerException is ProtocolViolationException
                ? $"Seed {failure.Seed} broke a promise. {failure.InnerException.Message}"
                : $"Seed {failure.Seed} failed. {failure.InnerException}");
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Replay: vektagraf sim --seed {failure.Seed} --schedules 1{Words("--around", options.Around)}{Words("--without", options.Without)}"));
        }

        var counts = report.Counts;
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Completed} of {options.Schedules} schedules held: {counts.Time.TotalHours:F1} simulated hours, {counts.Folds} folds, {counts.Merges} merges, {counts.Removed} objects collected, {counts.Deaths} deaths, {counts.SessionReads} session reads, {counts.Snapshots} past states."));
        return report.Failures.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string Words(string option, ProtocolRule? rule) => rule is null ? string.Empty : $" {option} {rule}";

    private static void Show(int ended, int step, int schedules, Terminal terminal)
    {
        if (ended % step == 0)
        {
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ended} of {schedules} schedules"));
        }
    }
}
