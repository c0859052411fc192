using Vektagraf.Caching;
using Vektagraf.Collections;
using Vektagraf.Insights;
using Vektagraf.Monitoring;
using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Storage;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Monitoring;

public class MetricsTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadMetricsAsync_OfSeveralNodesAndRestarts_IsWhatExactComputationGives()
    {
        await using var nodes = new MonitoredNodes();
        var random = new Random(7);
        var store = new SlowObjectStore(new MemoryObjectStore(), nodes.Clock);
        var took = new List<double>();
        var writes = 0;
        var from = nodes.Clock.GetUtcNow();
        foreach (var name in new[] { "a", "b", "a" })
        {
            var node = nodes.Start(store, name);
            var (things, _) = await node.PutCollectionAsync("things", new CollectionDefinition(), Cancel);
            await things.WarmAsync(Cancel);
            for (var i = 0; i < 200; i++)
            {
                // Log-normal, a few of them very slow.
                store.Delay = TimeSpan.FromMilliseconds(Math.Exp((random.NextDouble() * 6) - 1));
                var startedAt = nodes.Clock.GetTimestamp();
                await things.QueryAsync(new QueryRequest { Filter = $"a eq {i}" }, Cancel);
                took.Add(nodes.Clock.GetElapsedTime(startedAt).TotalMilliseconds);
                store.Delay = TimeSpan.Zero;
                if (i % 50 == 49)
                {
                    await things.SaveAsync(new ObjectDraft { Id = $"{name}{i}", Properties = "{}"u8.ToArray() }, default, Cancel);
                    writes++;
                    nodes.Clock.Advance(TimeSpan.FromSeconds(1));
                    Assert.True(await node.FlushMetricsAsync(Cancel));
                }
            }

            await nodes.StopAsync(node);
        }

        var to = nodes.Clock.GetUtcNow();
        var report = await nodes.Start().ReadMetricsAsync(new MetricRequest([], from, to, to - from), Cancel);
        took.Sort();
        Assert.Equal(Metric.All.Count, report.Series.Count);
        Assert.Equal(took.Average(), Value(report, "averageQueryLatency"), took.Average() * 1e-4);
        var exact = took[(int)Math.Ceiling(took.Count * 0.95) - 1];
        Assert.InRange(Value(report, "p95QueryLatency"), exact * (1 - QuantileSketch.RelativeError - 1e-9), exact * (1 + QuantileSketch.RelativeError + 1e-9));
        Assert.Equal((took.Count + writes) / (to - from).TotalSeconds, Value(report, "throughput"), 1e-6);
        Assert.Equal(0, Value(report, "errorRate"));
        Assert.True(Value(report, "costPerHour") > 0);
        Assert.Equal(0.5, Value(report, "memoryUsageRatio"), 1e-6);
        Assert.Null(report.Series.Single(s => s.Metric.Name == "recall").Points[0].Value);
    }

    [Fact]
    public async Task ReadMetricsAsync_OfTheCache_IsTheShareOfLookUpsSinceTheLastInterval()
    {
        await using var nodes = new MonitoredNodes();
        var node = nodes.Start();
        var key = new CacheKey("k");
        LookUp(times: 5);
        nodes.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.True(await node.FlushMetricsAsync(Cancel));
        node.Cache.Set(key, "value"u8.ToArray());
        LookUp(times: 3);
        nodes.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(3 / 8.0, Value(await node.ReadMetricsAsync(new MetricRequest(["cacheHitRate"], Step: TimeSpan.FromHours(1)), Cancel), "cacheHitRate"), 1e-9);

        void LookUp(int times)
        {
            for (var i = 0; i < times; i++)
            {
                node.Cache.TryGet(key, out _);
            }
        }
    }

    [Fact]
    public async Task ReadMetricsAsync_WhenTheStoreFails_CountsErrors_ButNotTheCallersOwn()
    {
        await using var nodes = new MonitoredNodes();
        var store = new SlowObjectStore(new MemoryObjectStore(), nodes.Clock);
        var (things, _) = await nodes.Start(store).PutCollectionAsync("things", new CollectionDefinition(), Cancel);
        await things.QueryAsync(new QueryRequest { Filter = "a eq 1" }, Cancel);
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => things.QueryAsync(new QueryRequest { Filter = "a eq 1", Cursor = "x" }, Cancel));
        store.IsFailing = true;
        await TestCollection.FailsAsync(ErrorKind.Unavailable, () => things.QueryAsync(new QueryRequest { Filter = "a eq 1" }, Cancel));
        nodes.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0.5, Value(await nodes[0].ReadMetricsAsync(new MetricRequest(["ERRORRATE"], Step: TimeSpan.FromHours(1)), Cancel), "errorRate"));
    }

    [Fact]
    public async Task FlushMetricsAsync_WhenAReplyIsLost_CountsOnce()
    {
        await using var nodes = new MonitoredNodes();
        var losing = new ReplyLosingInsightStore(nodes.Insights);
        nodes.Insights = losing;
        var (things, _) = await nodes.Start().PutCollectionAsync("things", new CollectionDefinition(), Cancel);
        await things.QueryAsync(new QueryRequest { Filter = "a eq 1" }, Cancel);
        nodes.Clock.Advance(TimeSpan.FromSeconds(10));
        losing.IsLosing = true;
        Assert.False(await nodes[0].FlushMetricsAsync(Cancel));
        Assert.Equal(0.1, Value(await nodes[0].ReadMetricsAsync(new MetricRequest(["throughput"], Step: TimeSpan.FromHours(1)), Cancel), "throughput"));
        losing.IsLosing = false;
        Assert.True(await nodes[0].FlushMetricsAsync(Cancel));
        Assert.Single((await nodes.Insights.QueryAsync("metrics", default(InsightRange) with { PageSize = 100 }, null, Cancel)).Documents);
    }

    [Fact]
    public async Task Timer_WhenItFires_FlushesWithoutBeingAsked_AndDocumentsExpire()
    {
        await using var nodes = new MonitoredNodes();
        var (things, _) = await nodes.Start().PutCollectionAsync("things", new CollectionDefinition(), Cancel);
        await things.QueryAsync(new QueryRequest { Filter = "a eq 1" }, Cancel);
        nodes.Clock.Advance(TimeSpan.FromSeconds(15));
        var document = Assert.Single((await nodes.Insights.QueryAsync("metrics", new InsightRange(PageSize: 100), null, Cancel)).Documents);
        Assert.Equal(TimeSpan.FromDays(7), document.TimeToLive);
    }

    [Fact]
    public async Task ReadMetricsAsync_WithSteps_PutsEachIntervalIntoItsOwn_AndLeavesGaps()
    {
        await using var nodes = new MonitoredNodes();
        nodes.Start();
        var from = nodes.Clock.GetUtcNow();
        await nodes.PassAsync(60);
        nodes.Ratio = 0.7;
        await nodes.PassAsync(60);
        nodes.Start(ratio: () => 0.9);
        await nodes.PassAsync(60);
        var report = await nodes[0].ReadMetricsAsync(new MetricRequest([MonitoredNodes.Memory], from, from.AddMinutes(5), TimeSpan.FromMinutes(1)), Cancel);
        var series = Assert.Single(report.Series);
        Assert.Equal([0.5, 0.7, 0.9, null, null], series.Points.Select(p => p.Value));
        Assert.Equal(from.AddMinutes(1), series.Points[0].At);
    }

    [Fact]
    public async Task ReadMetricsAsync_WhenTheRequestIsWrong_SaysSo()
    {
        await using var nodes = new MonitoredNodes();
        var now = nodes.Clock.GetUtcNow();
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => nodes.Start().ReadMetricsAsync(new MetricRequest(["speed"]), Cancel));
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => nodes[0].ReadMetricsAsync(new MetricRequest([], now, now), Cancel));
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => nodes[0].ReadMetricsAsync(new MetricRequest([], now.AddDays(-7), now, TimeSpan.FromSeconds(1)), Cancel));
    }

    [Fact]
    public async Task HeartbeatAsync_WhenNodesComeAndGo_ListsThoseSeenLately()
    {
        await using var nodes = new MonitoredNodes();
        await nodes.Start(name: "one").HeartbeatAsync(Cancel);
        nodes.Clock.Advance(TimeSpan.FromMinutes(2));
        var (things, _) = await nodes.Start(name: "two").PutCollectionAsync("things", new CollectionDefinition(), Cancel);
        await things.WarmAsync(Cancel);
        await nodes[1].HeartbeatAsync(Cancel);
        var now = nodes.Clock.GetUtcNow();
        var known = await nodes[0].Nodes.ListAsync(Cancel);
        Assert.Equal([("one", false), ("two", true)], known.Select(n => (n.Id, n.IsAlive(now))));
        Assert.Equal(["things"], known[1].Load.Collections);
        Assert.Equal(0.5, known[1].Load.MemoryRatio);
        nodes.Clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(["two"], (await nodes[0].Nodes.ListAsync(Cancel)).Select(n => n.Id));
        Assert.True(await nodes[0].Nodes.RemoveAsync("two", Cancel));
        Assert.Empty(await nodes[0].Nodes.ListAsync(Cancel));
    }

    private static double Value(MetricReport report, string name) => Assert.NotNull(Assert.Single(report.Series.Single(s => s.Metric.Name == name).Points).Value);
}

/// <summary>Takes as long for a read as the test says.</summary>
internal sealed class SlowObjectStore(IObjectStore inner, Microsoft.Extensions.Time.Testing.FakeTimeProvider clock) : IObjectStore
{
    public TimeSpan Delay { get; set; }

    public bool IsFailing { get; set; }

    public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
    {
        clock.Advance(Delay);
        return IsFailing ? throw new ObjectStoreException("failing", isTransient: true) : inner.GetAsync(key, range, ifNoneMatch, cancellationToken);
    }

    public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) =>
        inner.PutAsync(key, content, condition, cancellationToken);

    public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => inner.DeleteAsync(key, cancellationToken);
}

/// <summary>Writes, and fails all the same.</summary>
internal sealed class ReplyLosingInsightStore(IInsightStore inner) : IInsightStore
{
    public bool IsLosing { get; set; }

    public Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken) => inner.GetAsync(partition, id, cancellationToken);

    public async Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken)
    {
        var etag = await inner.PutAsync(document, condition, cancellationToken);
        return IsLosing ? throw new InsightStoreException("lost") : etag;
    }

    public Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken) =>
        inner.QueryAsync(partition, range, continuation, cancellationToken);

    public Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken) => inner.DeleteAsync(partition, id, etag, cancellationToken);
}
