using Vektagraf.Insights;
using Vektagraf.Storage;

namespace Vektagraf.Monitoring;

/// <summary>What a check of thresholds did.</summary>
/// <param name="Checked">Thresholds looked at.</param>
/// <param name="Raised">Alerts raised.</param>
/// <param name="Resolved">Alerts resolved.</param>
/// <param name="Delivered">Events that the webhook took, of this check or earlier ones.</param>
public readonly record struct ThresholdCheck(int Checked, int Raised, int Resolved, int Delivered);

/// <summary>
/// Looks at what all nodes measured, step by step since the last look, and raises and resolves alerts. All that it remembers is in the insight
/// store, under an ETag for each threshold: it may run anywhere, several times at once, and be killed at any point.
/// </summary>
internal sealed class ThresholdChecker(IInsightStore store, TimeProvider time, TimeSpan step, AlertFeed feed, AlertSignals signals, WebhookSender? webhook)
{
    // After a longer pause, what was before is history.
    private const int MostSteps = 240;

    // Each attempt ends one thing: an announcement, an alert, or a race that another run won.
    private const int MaxAttempts = 64;

    // A window is so long that a node that is a little late is not missed.
    private static readonly TimeSpan LeastWindow = TimeSpan.FromMinutes(1);

    // Documents of a step arrive within.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    /// <summary>The thresholds, by name.</summary>
    public InsightTable<Threshold> Thresholds { get; } = new(store, "thresholds", MonitoringJson.Default.Threshold, t => t.UpdatedAt);

    /// <summary>Where they stand, by name.</summary>
    public InsightTable<ThresholdState> States { get; } = new(store, "threshold-states", MonitoringJson.Default.ThresholdState, s => s.EvaluatedUntil);

    private TimeSpan Window => step * 2 > LeastWindow ? step * 2 : LeastWindow;

    /// <summary>Looks at all thresholds.</summary>
    public async Task<ThresholdCheck> CheckAsync(CancellationToken cancellationToken)
    {
        var last = Floor(time.GetUtcNow() - Settling);
        var thresholds = (await Thresholds.AllAsync(cancellationToken)).ConvertAll(t => t.Value);
        var known = (await States.AllAsync(cancellationToken)).ToDictionary(s => s.Id, s => s.Value, StringComparer.Ordinal);
        var check = new ThresholdCheck(thresholds.Count, 0, 0, 0);
        foreach (var name in known.Keys.Except(thresholds.Select(t => t.Name), StringComparer.Ordinal))
        {
            check = check with { Resolved = check.Resolved + await EndAsync(name, cancellationToken) };
        }

        if (thresholds.Count > 0)
        {
            var oldest = thresholds.Min(t => known.GetValueOrDefault(t.Name)?.EvaluatedUntil ?? Floor(t.UpdatedAt));
            var measurements = await Measurements.ReadAsync(store, Later(oldest, last - (MostSteps * step)), last, Window, thresholds.Exists(t => t.IsRecall), cancellationToken);
            foreach (var threshold in thresholds)
            {
                check = await CheckAsync(threshold, measurements, last, check, cancellationToken);
            }
        }

        return check with { Delivered = webhook is null ? 0 : await webhook.SendDueAsync(cancellationToken) };
    }

    /// <summary>Ends what there is of a threshold that is no more.</summary>
    /// <returns>Alerts resolved.</returns>
    public async Task<int> EndAsync(string name, CancellationToken cancellationToken)
    {
        var resolved = 0;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var (known, etag) = await States.GetAsync(name, cancellationToken);
            if (known is null)
            {
                return resolved;
            }

            if (await AnnouncedAsync(known, cancellationToken) is { } announced)
            {
                await States.PutAsync(name, announced, PutCondition.Match(etag!), cancellationToken);
            }
            else if (known.Phase == ThresholdPhase.Firing)
            {
                var written = await States.PutAsync(name, known.Resolve(time.GetUtcNow(), Alert.ThresholdChanged), PutCondition.Match(etag!), cancellationToken);
                resolved += written is null ? 0 : 1;
            }
            else if (await States.DeleteAsync(name, etag, cancellationToken))
            {
                return resolved;
            }
        }

        return resolved;
    }

    private async Task<ThresholdCheck> CheckAsync(Threshold threshold, Measurements measurements, DateTimeOffset last, ThresholdCheck check, CancellationToken cancellationToken)
    {
        var (known, etag) = await States.GetAsync(threshold.Name, cancellationToken);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var next = known is null ? null : await AnnouncedAsync(known, cancellationToken);
            next ??= Next(threshold, known, measurements, last);
            if (next == known)
            {
                break;
            }

            if (await States.PutAsync(threshold.Name, next, etag is null ? PutCondition.Absent : PutCondition.Match(etag), cancellationToken) is not { } written)
            {
                // Another run was faster; what it came to is where this one goes on.
                (known, etag) = await States.GetAsync(threshold.Name, cancellationToken);
                continue;
            }

            if (!next.IsAnnounced)
            {
                check = next.Phase == ThresholdPhase.Firing ? check with { Raised = check.Raised + 1 } : check with { Resolved = check.Resolved + 1 };
            }

            (known, etag) = (next, written);
        }

        return check;
    }

    /// <summary>Announces what is not announced yet.</summary>
    /// <returns>The state after that; null where there was nothing to announce.</returns>
    private async Task<ThresholdState?> AnnouncedAsync(ThresholdState state, CancellationToken cancellationToken)
    {
        if (state.IsAnnounced)
        {
            return null;
        }

        var (announced, isNew) = await feed.AnnounceAsync(state.Alert!, cancellationToken);
        if (webhook is not null)
        {
            await webhook.EnqueueAsync(announced, cancellationToken);
        }

        if (isNew)
        {
            signals.Tell(announced);
        }

        return state with { IsAnnounced = true };
    }

    /// <summary>The state up to the next thing to announce, or to the last step.</summary>
    private ThresholdState Next(Threshold threshold, ThresholdState? known, Measurements measurements, DateTimeOffset last)
    {
        var state = known ?? ThresholdState.Begin(threshold, Floor(threshold.UpdatedAt));
        if (!string.Equals(state.Revision, threshold.Revision, StringComparison.Ordinal))
        {
            return state.Phase == ThresholdPhase.Firing
                ? state.Resolve(time.GetUtcNow(), Alert.ThresholdChanged)
                : ThresholdState.Begin(threshold, Later(Floor(threshold.UpdatedAt), state.EvaluatedUntil));
        }

        if (!threshold.Enabled)
        {
            return state;
        }

        if (last - state.EvaluatedUntil > MostSteps * step)
        {
            state = state with { EvaluatedUntil = last - (MostSteps * step) };
            state = state.Phase == ThresholdPhase.Pending ? state with { Phase = ThresholdPhase.Ok, Since = null } : state;
        }

        for (var at = Floor(state.EvaluatedUntil) + step; at <= last && state.IsAnnounced; at += step)
        {
            state = state.Step(threshold, at, measurements.Read(threshold, at));
        }

        return state;
    }

    private DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % step.Ticks), TimeSpan.Zero);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
