using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Vektagraf.Insights;
using Vektagraf.Monitoring;

namespace Vektagraf;

/// <content>Measurements of nodes, thresholds on them, and alerts.</content>
public sealed partial class VektagrafDatabase
{
    /// <summary>Most thresholds; each is a document that every check reads and writes.</summary>
    public const int MaxThresholds = 200;

    private static readonly string EngineVersion =
        typeof(VektagrafDatabase).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private readonly ILogger _monitoringLog;
    private readonly MetricsRecorder _recorder;
    private readonly WebhookSender? _webhook;
    private readonly AlertFeed _alerts;
    private readonly ThresholdChecker _checker;

    /// <summary>The nodes on this database's insight store.</summary>
    public NodeRegistry Nodes { get; }

    /// <summary>This node's name.</summary>
    public string NodeId => _recorder.Identity.Node;

    /// <summary>Stores what this process measured since the last time. Runs by itself where an insight store was given; a process that is
    /// killed loses what it measured since.</summary>
    /// <param name="cancellationToken">Cancels it; what was measured is stored by the next.</param>
    /// <returns>Whether all of it is stored; where the insight store fails, it is kept and stored later.</returns>
    public Task<bool> FlushMetricsAsync(CancellationToken cancellationToken) => _recorder.FlushAsync(cancellationToken);

    /// <summary>Looks at what all nodes measured since the last look, raises and resolves alerts, and delivers them. Safe to run several times
    /// at once, and to be killed: the next run takes up where this one ended.</summary>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>What it did.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>: the insight store failed.</exception>
    public Task<ThresholdCheck> CheckThresholdsAsync(CancellationToken cancellationToken) => GuardInsightsAsync(_checker.CheckAsync(cancellationToken));

    /// <summary>Tells the other nodes that this one is there.</summary>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>What they are told.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>: the insight store failed.</exception>
    public async Task<NodeDescription> HeartbeatAsync(CancellationToken cancellationToken)
    {
        var options = _engine.Options.Monitoring;
        var present = (await _recorder.PeekAsync(cancellationToken)) is [.., var last] ? last : null;
        var operations = present is null ? 0 : present.Searches.Operations + present.Queries.Operations + present.Writes.Operations;
        var (id, start) = _recorder.Identity;
        var node = new NodeDescription
        {
            Id = id,
            Start = start,
            BaseUrl = options.BaseUrl,
            Version = options.Version ?? EngineVersion,
            StartedAt = _recorder.StartedAt,
            LastSeen = _engine.Time.GetUtcNow(),
            Load = new NodeLoad(
                (options.Memory ?? MemoryUsage.OfProcess)().Ratio,
                present is null ? 0 : operations / (present.To - present.From).TotalSeconds,
                [.. _open.Where(c => c.Value.Collection.UnfoldedEntries is not null).Select(c => c.Key).Order(StringComparer.Ordinal)]),
        };
        await GuardInsightsAsync(Nodes.AnnounceAsync(node, cancellationToken));
        return node;
    }

    /// <summary>What nodes measured, as series.</summary>
    /// <param name="request">Which.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The series; with what this process measured and has not stored yet.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <see cref="ErrorKind.TooLarge"/>, <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<MetricReport> ReadMetricsAsync(MetricRequest request, CancellationToken cancellationToken)
    {
        var unstored = await _recorder.PeekAsync(cancellationToken);
        return await GuardInsightsAsync(MetricSeriesReader.ReadAsync(_engine.Plans.Store, request, _engine.Time.GetUtcNow(), _engine.Options.Monitoring.Interval, unstored, cancellationToken));
    }

    /// <summary>Sets a threshold, in place of the one with the same name.</summary>
    /// <param name="threshold">The threshold. Where what is looked for changes, an alert that there is ends, and the count begins anew.</param>
    /// <param name="cancellationToken">Cancels it; it may be set.</param>
    /// <returns>The threshold, and whether there was none with its name.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>; <see cref="ErrorKind.Conflict"/> where there are too many; <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<(Threshold Threshold, bool Created)> PutThresholdAsync(Threshold threshold, CancellationToken cancellationToken)
    {
        threshold.Check();
        var set = threshold with { Metric = Metric.Find(threshold.Metric)!.Name, UpdatedAt = _engine.Time.GetUtcNow() };
        var others = await GuardInsightsAsync(_checker.Thresholds.AllAsync(cancellationToken));
        if (others.Count >= MaxThresholds && !others.Exists(t => string.Equals(t.Id, set.Name, StringComparison.Ordinal)))
        {
            throw new VektagrafException(ErrorKind.Conflict, "too-many-thresholds", $"There are {others.Count} thresholds; up to {MaxThresholds} are looked at. Delete one first.");
        }

        var created = false;
        var written = await GuardInsightsAsync(_checker.Thresholds.ChangeAsync(
            set.Name,
            present =>
            {
                created = present is null;
                return set;
            },
            cancellationToken));
        return (written ?? set, created);
    }

    /// <summary>A threshold, and where it stands.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The threshold; its state is null before the first check.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>, <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<(Threshold Threshold, ThresholdState? State)> GetThresholdAsync(string name, CancellationToken cancellationToken)
    {
        var key = KeyOf(name);
        var (threshold, _) = await GuardInsightsAsync(_checker.Thresholds.GetAsync(key, cancellationToken));
        var (state, _) = await GuardInsightsAsync(_checker.States.GetAsync(key, cancellationToken));
        return (threshold ?? throw ThresholdNotFound(name), StateOf(threshold, state));
    }

    /// <summary>All thresholds, and where they stand.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The thresholds by name; a state is null before the first check.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<IReadOnlyList<(Threshold Threshold, ThresholdState? State)>> ListThresholdsAsync(CancellationToken cancellationToken)
    {
        var thresholds = await GuardInsightsAsync(_checker.Thresholds.AllAsync(cancellationToken));
        var states = (await GuardInsightsAsync(_checker.States.AllAsync(cancellationToken))).ToDictionary(s => s.Id, s => s.Value, StringComparer.Ordinal);
        return [.. thresholds.OrderBy(t => t.Id, StringComparer.Ordinal).Select(t => (t.Value, StateOf(t.Value, states.GetValueOrDefault(t.Id))))];
    }

    /// <summary>Deletes a threshold; an alert that there is ends.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels it; it may be deleted.</param>
    /// <returns>When it is gone.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>, <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task DeleteThresholdAsync(string name, CancellationToken cancellationToken)
    {
        var key = KeyOf(name);
        if (!await GuardInsightsAsync(_checker.Thresholds.DeleteAsync(key, etag: null, cancellationToken)))
        {
            throw ThresholdNotFound(name);
        }

        // Where this is interrupted, the next check does it.
        await GuardInsightsAsync(_checker.EndAsync(key, cancellationToken));
    }

    /// <summary>Alerts, the latest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="limit">Most alerts of the page, 1 to <see cref="InsightRules.MaxPageSize"/>.</param>
    /// <param name="cursor">Of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The page.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<AlertPage> ListAlertsAsync(Predicate<Alert> filter, int limit, string? cursor, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > InsightRules.MaxPageSize)
        {
            throw VektagrafException.Invalid(string.Empty, $"'limit' is 1 to {InsightRules.MaxPageSize}.");
        }

        try
        {
            return await GuardInsightsAsync(_alerts.ListAsync(filter, limit, cursor, cancellationToken));
        }
        catch (ArgumentException)
        {
            throw VektagrafException.Invalid(string.Empty, "'cursor' is none of an earlier page.");
        }
    }

    /// <summary>The number of the last event of alerts; 0 where there was none.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The number.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>.</exception>
    public Task<long> LastAlertEventAsync(CancellationToken cancellationToken) => GuardInsightsAsync(_alerts.LastNumberAsync(cancellationToken));

    /// <summary>Events of alerts after one, of all nodes: those there are, and then those to come, once each and in order.</summary>
    /// <param name="number">Number of the event.</param>
    /// <param name="poll">How often to look for new ones. Where there is none, an item that is null says that this looked.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>The events; the stream does not end by itself.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>.</exception>
    public async IAsyncEnumerable<AlertEvent?> StreamAlertsAsync(long number, TimeSpan poll, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var events = await GuardInsightsAsync(_alerts.ReplayAfterAsync(number, cancellationToken));
        number = Math.Min(number, await LastAlertEventAsync(cancellationToken));
        while (true)
        {
            foreach (var e in events)
            {
                yield return e;
                number = e.Number;
            }

            yield return null;
            await Task.Delay(poll, _engine.Time, cancellationToken);
            events = await GuardInsightsAsync(_alerts.ReadAfterAsync(number, cancellationToken));
        }
    }

    /// <summary>The longest log of the collections in memory that is not folded.</summary>
    private long? FoldLag() => _open.Values.Select(c => c.Collection.UnfoldedEntries).Max();

    /// <summary>A state that is of the threshold as it was before says nothing of the present one.</summary>
    private static ThresholdState? StateOf(Threshold threshold, ThresholdState? state) =>
        state is not null && string.Equals(state.Revision, threshold.Revision, StringComparison.Ordinal) ? state : null;

    private static string KeyOf(string name)
    {
        try
        {
            InsightRules.CheckKey(name, nameof(name));
            return name;
        }
        catch (ArgumentException)
        {
            throw ThresholdNotFound(name);
        }
    }

    private static VektagrafException ThresholdNotFound(string name) =>
        new(ErrorKind.NotFound, "threshold-not-found", $"There is no threshold '{name}'. Set it with PUT /api/thresholds/{name}.");

    private static async Task GuardInsightsAsync(Task operation)
    {
        try
        {
            await operation;
        }
        catch (InsightStoreException e)
        {
            throw InsightsUnavailable(e);
        }
    }

    private static async Task<T> GuardInsightsAsync<T>(Task<T> operation)
    {
        await GuardInsightsAsync((Task)operation);
        return await operation;
    }

    private static VektagrafException InsightsUnavailable(InsightStoreException e) =>
        new(ErrorKind.Unavailable, "insights-unavailable", $"The insight store failed: {e.Message} Try again.", inner: e);
}
