using Microsoft.Extensions.Logging;
using Vektagraf.Insights;
using Vektagraf.Monitoring;
using Vektagraf.Storage;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Monitoring;

public class ThresholdTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task CheckThresholdsAsync_WhenAValueLasts_RaisesOneAlert_WithValueThresholdAndDuration()
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 60), Cancel);
        Assert.Equal(0, (await nodes.PassAsync(120, 0)).Raised);
        nodes.Ratio = 0.95;
        Assert.Equal(0, (await nodes.PassAsync(60, 0)).Raised);
        Assert.Equal(ThresholdPhase.Pending, (await nodes[0].GetThresholdAsync("t", Cancel)).State!.Phase);
        Assert.Empty(await nodes.AlertsAsync());
        Assert.Equal(1, (await nodes.PassAsync(600, 0)).Raised);
        var alert = Assert.Single(await nodes.AlertsAsync());
        Assert.Equal(("t", MonitoredNodes.Memory, 0.9, 0.95, AlertSeverity.Critical, AlertState.Active), (alert.Name, alert.Metric, alert.Threshold, alert.Value, alert.Severity, alert.State));
        Assert.Equal(TimeSpan.FromSeconds(60), alert.RaisedAt - alert.Since);
        Assert.True(alert.Duration(nodes.Clock.GetUtcNow()) > TimeSpan.FromSeconds(500));
        Assert.Equal((LogLevel.Error, true), Assert.Single(nodes.Log.Messages.Where(m => m.Text.StartsWith("Alert", StringComparison.Ordinal)).Select(m => (m.Level, m.Text.Contains("is 0.95, > 0.9 for 60 s", StringComparison.Ordinal)))));
    }

    [Fact]
    public async Task CheckThresholdsAsync_WhenAValueIsBadForLessLong_RaisesNothing()
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 300), Cancel);
        for (var round = 0; round < 5; round++)
        {
            nodes.Ratio = 0.99;
            await nodes.PassAsync(150, 0);
            nodes.Ratio = 0.5;
            await nodes.PassAsync(150, 0);
        }

        Assert.Empty(await nodes.AlertsAsync());
    }

    [Fact]
    public async Task CheckThresholdsAsync_WhenTheValueComesBackALittle_GoesOn_AndEndsWhenItIsFarEnoughForLongEnough()
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.8, seconds: 60) with { Hysteresis = 0.1 }, Cancel);
        nodes.Ratio = 0.85;
        Assert.Equal(1, (await nodes.PassAsync(180, 0)).Raised);
        nodes.Ratio = 0.75;
        Assert.Equal(0, (await nodes.PassAsync(600, 0)).Resolved);
        nodes.Ratio = 0.65;
        Assert.Equal(0, (await nodes.PassAsync(90, 0)).Resolved);
        nodes.Ratio = 0.97;
        await nodes.PassAsync(15, 0);
        nodes.Ratio = 0.65;
        Assert.Equal(0, (await nodes.PassAsync(90, 0)).Resolved);
        Assert.Equal(1, (await nodes.PassAsync(300, 0)).Resolved);
        var alert = Assert.Single(await nodes.AlertsAsync());
        Assert.Equal((AlertState.Resolved, Alert.Cleared, 0.97), (alert.State, alert.Resolution, alert.WorstValue));
        Assert.Equal(["alert.raised", "alert.resolved"], (await nodes.EventsAsync()).Select(e => e.Type));
    }

    [Fact]
    public async Task CheckThresholdsAsync_WhenTwoRunAtOnce_RaiseOneAlertAndOneEvent()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            await using var nodes = new MonitoredNodes();
            // Every call to the store gives way to the others.
            nodes.Insights = new YieldingInsightStore(new MemoryInsightStore(nodes.Clock));
            nodes.Start();
            nodes.Start();
            nodes.Start();
            await nodes[0].PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 30), Cancel);
            await nodes[0].PutThresholdAsync(MonitoredNodes.Above(0.8, seconds: 0, name: "u"), Cancel);
            nodes.Ratio = 0.95;
            await nodes.PassAsync(300);
            nodes.Clock.Advance(TimeSpan.FromSeconds(5));
            var checks = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => Task.Run(() => nodes[i].CheckThresholdsAsync(Cancel))));
            Assert.Equal(2, checks.Sum(c => c.Raised));
            nodes.Ratio = 0.1;
            await nodes.PassAsync(300);
            checks = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => Task.Run(() => nodes[i].CheckThresholdsAsync(Cancel))));
            Assert.Equal(2, checks.Sum(c => c.Resolved));
            Assert.Equal(2, (await nodes.AlertsAsync()).Count);
            var events = await nodes.EventsAsync();
            Assert.Equal([1L, 2, 3, 4], events.Select(e => e.Number));
            Assert.Equal(4, events.DistinctBy(e => e.Id).Count());
            Assert.Equal(4, nodes.Log.Messages.Count(m => m.Text.StartsWith("Alert", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task CheckThresholdsAsync_WhenAnotherProcessGoesOn_KnowsWhatWasPending()
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 120), Cancel);
        await nodes.PassAsync(60, 0);
        nodes.Ratio = 0.95;
        await nodes.PassAsync(90, 0);
        Assert.Equal(ThresholdPhase.Pending, (await nodes[0].GetThresholdAsync("t", Cancel)).State!.Phase);

        // The first one never looks again; two minutes go by before the next one does.
        nodes.Start();
        await nodes.PassAsync(120);
        Assert.Equal(1, (await nodes.PassAsync(15, 1)).Raised);
        var alert = Assert.Single(await nodes.AlertsAsync());
        Assert.Equal(TimeSpan.FromSeconds(120), alert.RaisedAt - alert.Since);
    }

    [Fact]
    public async Task CheckThresholdsAsync_WhenKilledAtAnyWrite_TheNextOneCompletesIt()
    {
        for (var writes = 0; writes < 14; writes++)
        {
            await using var nodes = new MonitoredNodes();
            var dying = new DyingInsightStore(nodes.Insights);
            nodes.Start();
            await nodes[0].PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 30), Cancel);
            nodes.Ratio = 0.95;
            await nodes.PassAsync(120);
            nodes.Insights = dying;
            nodes.Start();
            dying.WritesLeft = writes;
            await CheckUntilDeadAsync(nodes[1]);
            nodes.Ratio = 0.2;
            await nodes.PassAsync(15);
            await CheckUntilDeadAsync(nodes[1]);
            dying.WritesLeft = int.MaxValue;
            await nodes.PassAsync(300, 0);
            var alert = Assert.Single(await nodes.AlertsAsync());
            Assert.Equal(AlertState.Resolved, alert.State);
            Assert.Equal(["alert.raised", "alert.resolved"], (await nodes.EventsAsync()).Select(e => e.Type));
        }
    }

    [Fact]
    public async Task CheckThresholdsAsync_WhenNothingIsMeasured_NeitherRaisesNorEnds_UntilAnHourIsOver()
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 60), Cancel);
        nodes.Ratio = 0.95;
        Assert.Equal(1, (await nodes.PassAsync(180, 0)).Raised);

        // A node that only looks: its own measurements do not reach the store.
        for (var minute = 0; minute < 50; minute++)
        {
            await nodes.Insights.DeletePartitionAsync("metrics");
            nodes.Clock.Advance(TimeSpan.FromMinutes(1));
            await nodes.Insights.DeletePartitionAsync("metrics");
            Assert.Equal(0, (await nodes[0].CheckThresholdsAsync(Cancel)).Resolved);
        }

        for (var minute = 0; minute < 20; minute++)
        {
            nodes.Clock.Advance(TimeSpan.FromMinutes(1));
            await nodes.Insights.DeletePartitionAsync("metrics");
            await nodes[0].CheckThresholdsAsync(Cancel);
        }

        Assert.Equal(Alert.NoData, Assert.Single(await nodes.AlertsAsync()).Resolution);
    }

    [Fact]
    public async Task CheckThresholdsAsync_WhenNobodyAsks_LatencyIsNotBad()
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0, seconds: 0, metric: "p95QueryLatency") with { Hysteresis = 0 }, Cancel);
        Assert.Equal(0, (await nodes.PassAsync(120, 0)).Raised);
        var (_, state) = await nodes[0].GetThresholdAsync("t", Cancel);
        Assert.Equal((ThresholdPhase.Ok, null), (state!.Phase, state.Value));
        Assert.NotNull(state.DataAt);
    }

    [Fact]
    public async Task PutThresholdAsync_WhenAnAlertLastsAndTheValueChanges_EndsIt()
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 15), Cancel);
        nodes.Ratio = 0.95;
        await nodes.PassAsync(90, 0);
        Assert.False((await nodes[0].PutThresholdAsync(MonitoredNodes.Above(0.99, seconds: 15), Cancel)).Created);
        Assert.Null((await nodes[0].GetThresholdAsync("t", Cancel)).State);
        Assert.Equal((0, 1), (await nodes.PassAsync(120, 0)) is var check ? (check.Raised, check.Resolved) : default);
        Assert.Equal(Alert.ThresholdChanged, Assert.Single(await nodes.AlertsAsync()).Resolution);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Threshold_WhenDeletedOrSwitchedOff_EndsItsAlert(bool isDeleted)
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 0), Cancel);
        nodes.Ratio = 0.95;
        await nodes.PassAsync(60, 0);
        if (isDeleted)
        {
            await nodes[0].DeleteThresholdAsync("t", Cancel);
            await TestCollection.FailsAsync(ErrorKind.NotFound, () => nodes[0].GetThresholdAsync("t", Cancel));
            await TestCollection.FailsAsync(ErrorKind.NotFound, () => nodes[0].DeleteThresholdAsync("t", Cancel));
        }
        else
        {
            await nodes[0].PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 0) with { Enabled = false }, Cancel);
        }

        await nodes.PassAsync(60, 0);
        Assert.Equal((AlertState.Resolved, Alert.ThresholdChanged), Assert.Single(await nodes.AlertsAsync()) is var a ? (a.State, a.Resolution) : default);
        Assert.Equal(2, (await nodes.EventsAsync()).Count);
    }

    [Theory]
    [InlineData(ThresholdComparison.Above, 10, 10.001, 9.9, 9.4)]
    [InlineData(ThresholdComparison.Below, 10, 9.999, 10.1, 10.6)]
    [InlineData(ThresholdComparison.Equal, 10, 10.0, 10.1, 10.6)]
    public async Task CheckThresholdsAsync_ForEachComparison_RaisesAndEndsOnItsSide(ThresholdComparison comparison, double limit, double bad, double near, double good)
    {
        await using var nodes = new MonitoredNodes { Ratio = good };
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(limit, seconds: 0) with { Comparison = comparison }, Cancel);
        Assert.Equal(0, (await nodes.PassAsync(120, 0)).Raised);
        nodes.Ratio = bad;
        // The worst of a minute counts, so a value that is less is seen once the minute is over.
        Assert.Equal(1, (await nodes.PassAsync(120, 0)).Raised);
        nodes.Ratio = near;
        Assert.Equal(0, (await nodes.PassAsync(120, 0)).Resolved);
        nodes.Ratio = good;
        Assert.Equal(1, (await nodes.PassAsync(120, 0)).Resolved);
    }

    [Fact]
    public async Task PutThresholdAsync_WhenItIsWrong_SaysWhatAndWhere()
    {
        await using var nodes = new MonitoredNodes();
        var wrong = MonitoredNodes.Above(double.NaN, seconds: -1, metric: "speed", name: "a b") with { Hysteresis = -1 };
        var e = await TestCollection.FailsAsync(ErrorKind.Invalid, () => nodes.Start().PutThresholdAsync(wrong, Cancel));
        Assert.Equal(["/durationMs", "/hysteresis", "/metric", "/name", "/value"], e.Errors.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("averageQueryLatency", e.Errors["/metric"], StringComparison.Ordinal);
        Assert.Empty(await nodes[0].ListThresholdsAsync(Cancel));
        Assert.All(Threshold.Suggested, s => s.Check());
    }

    [Fact]
    public async Task EveryCall_WhenTheInsightStoreFails_SaysSo()
    {
        await using var nodes = new MonitoredNodes();
        nodes.Insights = new DyingInsightStore(nodes.Insights) { WritesLeft = 0 };
        await TestCollection.FailsAsync(ErrorKind.Unavailable, () => nodes.Start().PutThresholdAsync(MonitoredNodes.Above(1, 1), Cancel));
        await TestCollection.FailsAsync(ErrorKind.Unavailable, () => nodes[0].HeartbeatAsync(Cancel));
        nodes.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await nodes[0].FlushMetricsAsync(Cancel));
    }

    [Fact]
    public async Task StreamAlertsAsync_AfterAnEvent_GivesThoseBehindIt_AndThoseToCome()
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start().PutThresholdAsync(MonitoredNodes.Above(0.9, seconds: 0), Cancel);
        nodes.Start();
        var stream = nodes[1].StreamAlertsAsync(0, TimeSpan.FromSeconds(1), Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await stream.MoveNextAsync());
        Assert.Null(stream.Current);
        var next = stream.MoveNextAsync();
        nodes.Ratio = 0.95;
        await nodes.PassAsync(60, 0);
        while (!next.IsCompleted || (await next && stream.Current is null))
        {
            next = next.IsCompleted ? stream.MoveNextAsync() : next;
            nodes.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal((1L, "alert.raised"), (stream.Current!.Number, stream.Current.Type));
        await stream.DisposeAsync();
        nodes.Ratio = 0.1;
        await nodes.PassAsync(120, 0);
        Assert.Equal([2L], (await nodes.EventsAsync(after: 1, node: 1)).Select(e => e.Number));
        Assert.Empty(await nodes.EventsAsync(after: 2));
        Assert.Equal(2, await nodes[1].LastAlertEventAsync(Cancel));
    }

    private static async Task CheckUntilDeadAsync(VektagrafDatabase node)
    {
        try
        {
            await node.CheckThresholdsAsync(Cancel);
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.Unavailable)
        {
            // Dead.
        }
    }
}

internal static class InsightStoreCalls
{
    public static async Task DeletePartitionAsync(this IInsightStore store, string partition)
    {
        foreach (var document in (await store.QueryAsync(partition, new InsightRange(PageSize: 1000), null, CancellationToken.None)).Documents)
        {
            await store.DeleteAsync(partition, document.Id, null, CancellationToken.None);
        }
    }
}

/// <summary>Fails every write once so many were made, as if the process were killed there: some happened, the rest never do.</summary>
internal sealed class DyingInsightStore(IInsightStore inner) : IInsightStore
{
    public int WritesLeft { get; set; } = int.MaxValue;

    public Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken) => inner.GetAsync(partition, id, cancellationToken);

    public Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken) =>
        WritesLeft-- > 0 ? inner.PutAsync(document, condition, cancellationToken) : Task.FromException<string?>(new InsightStoreException("killed"));

    public Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken) =>
        inner.QueryAsync(partition, range, continuation, cancellationToken);

    public Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken) =>
        WritesLeft-- > 0 ? inner.DeleteAsync(partition, id, etag, cancellationToken) : Task.FromException<bool>(new InsightStoreException("killed"));
}

/// <summary>Gives way to other tasks at every call.</summary>
internal sealed class YieldingInsightStore(IInsightStore inner) : IInsightStore
{
    public async Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await inner.GetAsync(partition, id, cancellationToken);
    }

    public async Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await inner.PutAsync(document, condition, cancellationToken);
    }

    public async Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await inner.QueryAsync(partition, range, continuation, cancellationToken);
    }

    public async Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await inner.DeleteAsync(partition, id, etag, cancellationToken);
    }
}
