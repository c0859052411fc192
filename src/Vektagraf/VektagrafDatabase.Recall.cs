using System.Globalization;
using Microsoft.Extensions.Logging;
using Vektagraf.Collections;
using Vektagraf.Monitoring;

namespace Vektagraf;

/// <content>Recall, measured again and again.</content>
public sealed partial class VektagrafDatabase
{
    // Probes that must fall short together before an index is measured anew: one alone may have asked odd queries.
    private const int ProbesOfDrift = 3;

    // Within this time a field is not probed again, whoever's turn it is.
    private static readonly TimeSpan RecallHistory = TimeSpan.FromHours(24);

    /// <summary>
    /// Measures the recall of vector fields with shadow queries, those measured longest ago first, until the budget is used up, and writes it down.
    /// Where the last three probes together fall short of the objective beyond chance, the field's indexes are measured anew, so that searches
    /// choose other settings. Safe to run several times at once, and to be killed: what was measured by then is written.
    /// </summary>
    /// <param name="options">How much to ask; null for the defaults.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The probes made.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>: a store failed; the next run goes on with what is due.</exception>
    public async Task<IReadOnlyList<RecallProbe>> ProbeRecallAsync(RecallProbeOptions? options, CancellationToken cancellationToken)
    {
        options ??= new RecallProbeOptions();
        var startedAt = _engine.Time.GetTimestamp();
        var now = _engine.Time.GetUtcNow();
        var history = await GuardInsightsAsync(RecallProbes.ReadAsync(_engine.Plans.Store, now - RecallHistory, now, cancellationToken));
        var made = new List<RecallProbe>();
        foreach (var (collection, field) in await DueAsync(history, cancellationToken))
        {
            if (_engine.Time.GetElapsedTime(startedAt) > options.Budget)
            {
                break;
            }

            if (await ProbeAsync(collection, field, options, history, cancellationToken) is { } probe)
            {
                await GuardInsightsAsync(RecallProbes.WriteAsync(_engine.Plans.Store, probe, cancellationToken));
                made.Add(probe);
            }
        }

        return made;
    }

    /// <summary>Probes of recall made since a time, the earliest first.</summary>
    /// <param name="since">The time.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The probes.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<IReadOnlyList<RecallProbe>> ListRecallProbesAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
        await GuardInsightsAsync(RecallProbes.ReadAsync(_engine.Plans.Store, since, _engine.Time.GetUtcNow(), cancellationToken));

    /// <summary>All vector fields, those never probed and those probed longest ago first.</summary>
    private async Task<List<(Collection Collection, string Field)>> DueAsync(List<RecallProbe> history, CancellationToken cancellationToken)
    {
        var fields = new List<(Collection Collection, string Field)>();
        foreach (var name in await ListCollectionsAsync(cancellationToken))
        {
            try
            {
                var collection = await GetCollectionAsync(name, cancellationToken);
                fields.AddRange(collection.Definition.Vectors.Keys.Select(f => (collection, f)));
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
            {
                // Dropped since it was listed.
            }
        }

        return [.. fields.OrderBy(f => history.FindLast(p => IsOf(p, f.Collection, f.Field))?.At ?? DateTimeOffset.MinValue).ThenBy(f => f.Collection.Name, StringComparer.Ordinal)];
    }

    /// <summary>Probes one field.</summary>
    /// <returns>Null where there is nothing to find, or nothing that could be missed: scans miss nothing.</returns>
    private async Task<RecallProbe?> ProbeAsync(Collection collection, string field, RecallProbeOptions options, List<RecallProbe> history, CancellationToken cancellationToken)
    {
        if (!await collection.IsApproximateAsync(field, cancellationToken))
        {
            return null;
        }

        // Other vectors each time.
        var seed = BitConverter.ToInt32(BitConverter.GetBytes(_engine.Time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMillisecond));
        var report = await collection.MeasureRecallAsync(new RecallRequest { Field = field, Samples = options.Samples, Seed = seed, Budget = options.FieldBudget }, cancellationToken);
        if (report.Estimate is not { } estimate)
        {
            return null;
        }

        var probe = new RecallProbe
        {
            Collection = collection.Name,
            StorageName = collection.StorageName,
            Field = field,
            At = _engine.Time.GetUtcNow(),
            K = report.K,
            Queries = report.Queries,
            Recorded = report.Recorded,
            Recall = estimate.Recall,
            Lower = estimate.Lower,
            Upper = estimate.Upper,
            Objective = report.Objective,
        };
        if (HasDrifted([.. history.FindAll(p => IsOf(p, collection, field)), probe]))
        {
            probe.Recalibrated = await collection.RecalibrateAsync(field, cancellationToken) > 0;
            LogDrift(collection.Name, field, probe.Recall.ToString("F4", CultureInfo.InvariantCulture), probe.Objective, probe.Recalibrated);
        }

        return probe;
    }

    /// <summary>
    /// Whether the last probes fall short beyond chance. Settings are the cheapest that reach the objective, so the recall is close to it and a lower
    /// bound is below it as a rule; what says something is an upper bound that is below it, time after time.
    /// </summary>
    private static bool HasDrifted(List<RecallProbe> probes)
    {
        var since = probes.FindLastIndex(p => p.Recalibrated) + 1;
        var last = probes[since..].TakeLast(ProbesOfDrift).ToList();
        return last.Count == ProbesOfDrift && last.TrueForAll(p => p.Upper < p.Objective);
    }

    private static bool IsOf(RecallProbe probe, Collection collection, string field) =>
        string.Equals(probe.StorageName, collection.StorageName, StringComparison.Ordinal) && string.Equals(probe.Field, field, StringComparison.Ordinal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The recall of {Collection}/{Field} is {Recall}, below its objective of {Objective} in three probes; its indexes were measured anew: {Recalibrated}")]
    private partial void LogDrift(string collection, string field, string recall, double objective, bool recalibrated);
}
