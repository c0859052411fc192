using Microsoft.Extensions.Time.Testing;
using Vektagraf.Insights;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.TestKit.Insights;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Optimisation;

public class PlanRecordingTests
{
    private const string Definition = """
        { "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } },
          "fields": { "price": { "type": "number", "index": true }, "color": { "type": "string" } } }
        """;

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(56)) { AutoAdvanceAmount = TimeSpan.FromMicroseconds(250) };

    [Fact]
    public async Task ListPlansAsync_WhenRequestsDifferInLiterals_ListsOnePlan()
    {
        await using var things = await CreateAsync();
        foreach (var price in new[] { 1, 2, 3 })
        {
            await things.QueryAsync($"price lt {price}");
        }

        await things.QueryAsync("color eq 'red'");
        var plans = await things.Collection.ListPlansAsync(Cancel);
        Assert.Equal(["query top 100 where color eq ?string", "query top 100 where price lt ?number"], plans.Select(p => p.Shape).Order(StringComparer.Ordinal));
        var lessThan = plans.Single(p => p.Shape.Contains("price", StringComparison.Ordinal));
        Assert.Equal((3L, 0L, 6L), (lessThan.Statistics.Executions, lessThan.Statistics.Failures, lessThan.Statistics.Rows));
        Assert.Equal(3, lessThan.Samples.Count);
        Assert.Equal("price lt 1", lessThan.Samples[0].Query!.Filter);
    }

    [Fact]
    public async Task ListPlansAsync_WhenSearchesWereMade_CountsEachOfThem_AlsoOfABatch()
    {
        await using var things = await CreateAsync();
        var request = new SearchRequest { Vector = new VectorQuery { Value = new float[] { 1, 2 } }, K = 3 };
        await things.Collection.SearchAsync(request, Cancel);
        await things.Collection.SearchBatchAsync([request, request with { K = 4 }, request with { Filter = "price ge 2" }], Cancel);
        var plans = await things.Collection.ListPlansAsync(Cancel);
        Assert.Equal([1L, 3L], plans.Select(p => p.Statistics.Executions).Order());
        var all = plans.Single(p => p.Statistics.Executions == 3);
        Assert.Equal("search e by value top 10 recall ≤0.95", all.Shape);
        Assert.Equal("flat", all.AccessPath);
        Assert.Equal(30, all.Statistics.Scored);
    }

    [Fact]
    public async Task ListPlansAsync_WhenTheCallersVectorChangesLater_TheSampleDoesNot()
    {
        await using var things = await CreateAsync();
        var vector = new float[] { 1, 2 };
        await things.Collection.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = vector } }, Cancel);
        vector[0] = 9;
        var plan = Assert.Single(await things.Collection.ListPlansAsync(Cancel));
        Assert.Equal([1f, 2f], plan.Samples[0].Search!.Vector!.Value!.Value.ToArray());
    }

    [Fact]
    public async Task ListPlansAsync_WhenTwoProcessesShareAnInsightStore_EachSeesBoth()
    {
        var (store, insights) = (new MemoryObjectStore(), new MemoryInsightStore(_clock));
        await using var first = await CreateAsync(store, insights);
        await using var second = new VektagrafDatabase(store, new VektagrafOptions { Insights = insights, Time = _clock });
        var same = await second.GetCollectionAsync(TestCollection.Name, Cancel);
        await first.QueryAsync("price lt 1");
        await same.QueryAsync(new QueryRequest { Filter = "price lt 2" }, Cancel);
        await first.Collection.ListPlansAsync(Cancel);
        Assert.Equal(2, Assert.Single(await same.ListPlansAsync(Cancel)).Statistics.Executions);
        Assert.Equal(2, Assert.Single(await first.Collection.ListPlansAsync(Cancel)).Statistics.Executions);
        Assert.Equal(2, Assert.Single(await first.Collection.ListPlansAsync(Cancel)).Statistics.Executions);
    }

    [Fact]
    public async Task DisposeAsync_WhenPlansWereRecorded_StoresThem()
    {
        var (store, insights) = (new MemoryObjectStore(), new MemoryInsightStore(_clock));
        await using (var things = await CreateAsync(store, insights))
        {
            await things.QueryAsync("price lt 1", "price desc");
        }

        await using var again = new VektagrafDatabase(store, new VektagrafOptions { Insights = insights, Time = _clock });
        var plan = Assert.Single(await (await again.GetCollectionAsync(TestCollection.Name, Cancel)).ListPlansAsync(Cancel));
        Assert.Equal("query top 100 where price lt ?number order by price desc", plan.Shape);
        Assert.Equal("price desc", Assert.Single(Assert.Single(plan.Samples).Query!.OrderBy));
    }

    [Fact]
    public async Task Timer_WhenItFires_StoresBehindTheRequests()
    {
        var insights = new MemoryInsightStore(_clock);
        await using var things = await CreateAsync(insights: insights);
        await things.QueryAsync("price lt 1");
        _clock.Advance(TimeSpan.FromMinutes(1));
        var plans = await things.Collection.ListPlansAsync(Cancel);
        Assert.Equal(1, Assert.Single(plans).Statistics.Executions);
    }

    [Fact]
    public async Task EveryRequest_WhenTheInsightStoreFails_GoesOn_AndIsStoredLater()
    {
        var insights = new FaultyInsightStore(new MemoryInsightStore(_clock)) { Fault = InsightFault.Fails };
        await using var things = await CreateAsync(insights: insights);
        Assert.Null(things.Database.InsightsFailure);
        await things.QueryAsync("price lt 2");
        await things.SaveAsync("""{ "id": "new", "properties": { "price": 1 } }""");
        Assert.Equal("new o0 o1", await things.IdsAsync("price lt 2"));
        Assert.Equal(2, Assert.Single(await things.Collection.ListPlansAsync(Cancel)).Statistics.Executions);
        Assert.Equal("It is down.", things.Database.InsightsFailure?.Error);
        insights.Recover();
        Assert.Equal(2, Assert.Single(await things.Collection.ListPlansAsync(Cancel)).Statistics.Executions);
        Assert.Null(things.Database.InsightsFailure);
        insights.Fault = InsightFault.Fails;
        Assert.Equal(2, Assert.Single(await things.Collection.ListPlansAsync(Cancel)).Statistics.Executions);
    }

    [Fact]
    public async Task EveryRequest_WhenTheInsightStoreHangs_WaitsForNoneOfIt()
    {
        var insights = new FaultyInsightStore(new MemoryInsightStore(_clock)) { Fault = InsightFault.Hangs };
        await using var things = await CreateAsync(insights: insights);
        await things.QueryAsync("price lt 2");
        _clock.Advance(TimeSpan.FromSeconds(16));
        Assert.NotEqual(0, insights.Calls);
        await things.SaveAsync("""{ "id": "new", "properties": { "price": 1 }, "vectors": { "e": [0, 1] } }""");
        Assert.Equal("new o0 o1", await things.IdsAsync("price lt 2"));
        Assert.Equal("new", await things.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = new float[] { 0, 1 } }, K = 1, Filter = "price eq 1" }));
        insights.Recover();
        Assert.Equal(3, (await things.Collection.ListPlansAsync(Cancel)).Sum(p => p.Statistics.Executions));
    }

    [Fact]
    public async Task Timer_WhenTheInsightStoreIsBack_NoticesItWithoutAnythingToStore()
    {
        var insights = new FaultyInsightStore(new MemoryInsightStore(_clock)) { Fault = InsightFault.Fails };
        await using var things = await CreateAsync(insights: insights);
        await things.Database.ListRecommendationsAsync(TestCollection.Name, Cancel);
        Assert.NotNull(things.Database.InsightsFailure);
        insights.Recover();
        _clock.Advance(TimeSpan.FromSeconds(16));
        Assert.Null(things.Database.InsightsFailure);
    }

    [Fact]
    public async Task ListPlansAsync_WhenAnswersOfTheInsightStoreAreLost_CountsNothingTwice()
    {
        var (store, insights) = (new MemoryObjectStore(), new FaultyInsightStore(new MemoryInsightStore(_clock)));
        await using var first = await CreateAsync(store, insights);
        await using var second = new VektagrafDatabase(store, new VektagrafOptions { Insights = insights, Time = _clock });
        var same = await second.GetCollectionAsync(TestCollection.Name, Cancel);
        insights.Fault = InsightFault.LosesAnswers;
        await first.QueryAsync("price lt 1");
        Assert.Equal(1, Assert.Single(await first.Collection.ListPlansAsync(Cancel)).Statistics.Executions);
        await first.QueryAsync("price lt 2");
        await same.QueryAsync(new QueryRequest { Filter = "price lt 2" }, Cancel);
        await same.ListPlansAsync(Cancel);
        insights.Recover();
        Assert.Equal(3, Assert.Single(await first.Collection.ListPlansAsync(Cancel)).Statistics.Executions);
        Assert.Equal(3, Assert.Single(await same.ListPlansAsync(Cancel)).Statistics.Executions);
    }

    [Fact]
    public async Task ListPlansAsync_WhenTheObjectStoreFails_CountsFailures()
    {
        var store = new FailingObjectStore();
        await using var things = await CreateAsync(store);
        await things.QueryAsync("price lt 2");
        store.IsFailing = true;
        await TestCollection.FailsAsync(ErrorKind.Unavailable, () => things.QueryAsync("price lt 3"));
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => things.Collection.QueryAsync(new QueryRequest { Filter = "price lt 3", Cursor = "nonsense" }, Cancel));
        store.IsFailing = false;
        var statistics = Assert.Single(await things.Collection.ListPlansAsync(Cancel)).Statistics;
        Assert.Equal((2L, 1L, 0.5), (statistics.Executions, statistics.Failures, statistics.Lifetime().SuccessRate));
    }

    [Fact]
    public async Task ListPlansAsync_WhenTheCostWasMeasured_ComparesItWithThePrediction()
    {
        await using var things = await CreateAsync();
        await things.QueryAsync("price lt 2");
        var statistics = Assert.Single(await things.Collection.ListPlansAsync(Cancel)).Statistics;
        Assert.Equal(1, statistics.Measured);
        Assert.Equal(statistics.Predicted.Requests, statistics.Actual.Requests);
        Assert.NotEqual(0, statistics.Actual.Requests);
        Assert.True(statistics.Predicted.CpuMs > 0 && statistics.Actual.CpuMs > 0);
        Assert.True(statistics.Actual.Money > 0);
    }

    [Fact]
    public async Task ListPlansAsync_WhenShapesAreTooMany_KeepsTheBound_AndStoresTheOthers()
    {
        var insights = new MemoryInsightStore(_clock);
        await using var things = await CreateAsync(insights: insights);
        for (var i = 0; i < 600; i++)
        {
            await things.Collection.QueryAsync(new QueryRequest { Filter = $"f{i} eq 1", Consistency = ReadConsistency.Eventual }, Cancel);
        }

        Assert.Equal(600, (await things.Collection.ListPlansAsync(Cancel)).Sum(p => p.Statistics.Executions));
    }

    private async Task<TestCollection> CreateAsync(IObjectStore? store = null, IInsightStore? insights = null)
    {
        var options = new VektagrafOptions { Time = _clock, Insights = insights, IndexesInBackground = false };
        var things = await TestCollection.CreateAsync(Definition, store, options);
        await things.SaveAllAsync(Enumerable.Range(0, 10).Select(i => $$"""{ "id": "o{{i}}", "properties": { "price": {{i}}, "color": "red" }, "vectors": { "e": [{{i}}, 1] } }"""));
        await things.Collection.WarmAsync(Cancel);
        return things;
    }

    private sealed class FailingObjectStore : IObjectStore
    {
        private readonly MemoryObjectStore _inner = new();

        public bool IsFailing { get; set; }

        public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) =>
            IsFailing ? Task.FromException<GetResult>(new ObjectStoreException("It is down.", isTransient: true)) : _inner.GetAsync(key, range, ifNoneMatch, cancellationToken);

        public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) =>
            _inner.PutAsync(key, content, condition, cancellationToken);

        public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
            _inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

        public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => _inner.DeleteAsync(key, cancellationToken);
    }
}
