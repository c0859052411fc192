using Vektagraf.Insights;
using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Storage;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Optimisation;

public class RecommendationTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly SteppingClock _clock = new();

    [Fact]
    public async Task ListRecommendationsAsync_WhenAShapeScansForAField_RecommendsItsIndexWithThatShapeAsEvidence()
    {
        await using var things = await AskedAsync(20);
        await things.QueryAsync("group eq 'g1'");
        var recommendation = Assert.Single(await ListAsync(things));
        var plan = (await things.Collection.ListPlansAsync(Cancel)).Single(p => p.Shape.Contains("price", StringComparison.Ordinal));
        Assert.Equal((RecommendationKind.CreateIndex, "price", RecommendationStatus.Open), (recommendation.Kind, recommendation.Field, recommendation.Status));
        var evidence = Assert.Single(recommendation.Evidence);
        Assert.Equal(new RecommendationEvidence(plan.Signature.ToString(), "query top 100 where price eq ?number", 20, plan.Statistics.TotalMs), evidence);
        Assert.Equal(plan.Statistics.TotalMs / 20, recommendation.Predicted.BeforeMs, 1e-9);
        Assert.InRange(recommendation.Predicted.Share, 0.1, 1);
        Assert.Equal(RecommendationImpact.High, recommendation.Impact);
    }

    [Fact]
    public async Task ListRecommendationsAsync_WhenExecutionsAreFew_RecommendsNothing()
    {
        await using var things = await AskedAsync(9);
        Assert.Empty(await ListAsync(things));
    }

    [Fact]
    public async Task ListRecommendationsAsync_WhenAnIndexWouldSaveLittleOfTheTime_RecommendsNothing()
    {
        _clock.Step = TimeSpan.FromSeconds(1);
        await using var things = await AskedAsync(20);
        Assert.Empty(await ListAsync(things));
    }

    [Fact]
    public async Task ListRecommendationsAsync_WhenAnotherConditionLeavesFewRows_RecommendsNothing()
    {
        await using var things = await OptimiserWorld.CreateAsync(2_000, _clock);
        for (var i = 0; i < 20; i++)
        {
            await things.QueryAsync($"n eq {i} and price eq {i}");
        }

        Assert.Empty(await ListAsync(things));
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenRequestsGetFaster_KeepsTheIndex_AndRecordsTheMeasuredGain()
    {
        var store = new CatalogWatch(new MemoryObjectStore());
        await using var things = await AskedAsync(20, store);
        var open = Assert.Single(await ListAsync(things));
        store.OnWrite = () => _clock.Step /= 2;
        var (applying, completion) = await things.Database.ApplyRecommendationAsync(TestCollection.Name, open.Id, Cancel);
        Assert.Equal(RecommendationStatus.Applying, applying.Status);
        await completion;
        var applied = Assert.Single(await ListAsync(things));
        Assert.Equal((open.Id, RecommendationStatus.Applied), (applied.Id, applied.Status));
        Assert.InRange(applied.Measured!.Share, 0.4, 0.6);
        Assert.Equal(open.Predicted, applied.Predicted);
        Assert.True(await IsIndexedAsync(things));
        Assert.Equal(open.Evidence, applied.Evidence);
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenRequestsGetSlower_TakesItBack_AndSaysSo()
    {
        var store = new CatalogWatch(new MemoryObjectStore());
        await using var things = await AskedAsync(20, store);
        var open = Assert.Single(await ListAsync(things));
        store.OnWrite = () => _clock.Step *= 3;
        await (await things.Database.ApplyRecommendationAsync(TestCollection.Name, open.Id, Cancel)).Completion;
        store.OnWrite = null;
        Assert.False(await IsIndexedAsync(things));
        var rolledBack = (await ListAsync(things)).Single(r => r.Id == open.Id);
        Assert.Equal(RecommendationStatus.RolledBack, rolledBack.Status);
        Assert.Equal(-2, rolledBack.Measured!.Share, 0.2);
        Assert.Contains("taken back", rolledBack.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenAppliedAlready_ChangesNothingMore()
    {
        var store = new CatalogWatch(new MemoryObjectStore());
        await using var things = await AskedAsync(20, store);
        var id = Assert.Single(await ListAsync(things)).Id;
        await (await things.Database.ApplyRecommendationAsync(TestCollection.Name, id, Cancel)).Completion;
        var writes = 0;
        store.OnWrite = () => writes++;
        var (again, completion) = await things.Database.ApplyRecommendationAsync(TestCollection.Name, id, Cancel);
        await completion;
        Assert.Equal(RecommendationStatus.Applied, again.Status);
        Assert.Equal(0, writes);
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenReplayed_RecordsNothingOfIt()
    {
        await using var things = await AskedAsync(20);
        var id = Assert.Single(await ListAsync(things)).Id;
        await (await things.Database.ApplyRecommendationAsync(TestCollection.Name, id, Cancel)).Completion;
        var collection = await things.Database.GetCollectionAsync(TestCollection.Name, Cancel);
        Assert.Equal(20, (await collection.ListPlansAsync(Cancel)).Sum(p => p.Statistics.Executions));
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenOnlyTheCallerCanDoIt_ConflictsAndSaysWhatToDo()
    {
        await using var things = await OptimiserWorld.CreateAsync(2_000, _clock);
        for (var i = 0; i < 10; i++)
        {
            await things.Collection.QueryAsync(new QueryRequest { Limit = 2_000 }, Cancel);
        }

        var limit = Assert.Single(await ListAsync(things), r => r.Kind == RecommendationKind.AddLimit);
        Assert.False(limit.IsApplicable);
        var e = await TestCollection.FailsAsync(ErrorKind.Conflict, () => things.Database.ApplyRecommendationAsync(TestCollection.Name, limit.Id, Cancel));
        Assert.Equal("not-applicable", e.Slug);
        Assert.Contains("cursor", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenASearchTestsItsConditionsInADearOrder_TestsThemInABetterOne()
    {
        var insights = new MemoryInsightStore(_clock);
        var store = new MemoryObjectStore();
        await using var things = await OptimiserWorld.CreateAsync(2_000, _clock, store, insights);
        var request = new SearchRequest { Vector = new VectorQuery { Value = new float[] { 5, 1 } }, Filter = "contains(group, 'g') and price lt 7 and n ne -1" };
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(7, (await things.Collection.SearchAsync(request, Cancel)).Hits.Count);
        }

        var open = Assert.Single(await ListAsync(things), r => r.Kind == RecommendationKind.ReorderFilters);
        Assert.Contains("price lt ?number, ", open.Title, StringComparison.Ordinal);
        Assert.Equal(20, Assert.Single(open.Evidence).Executions);
        await (await things.Database.ApplyRecommendationAsync(TestCollection.Name, open.Id, Cancel)).Completion;
        var applied = Assert.Single(await ListAsync(things), r => r.Kind == RecommendationKind.ReorderFilters);
        Assert.Equal((open.Id, RecommendationStatus.Applied), (applied.Id, applied.Status));
        Assert.NotNull(applied.Measured);
        Assert.Equal(7, (await things.Collection.SearchAsync(request, Cancel)).Hits.Count);
        await using var other = new VektagrafDatabase(store, new VektagrafOptions { Insights = insights, Time = _clock, IndexesInBackground = false });
        Assert.Equal(RecommendationStatus.Applied, Assert.Single(await other.ListRecommendationsAsync(TestCollection.Name, Cancel), r => r.Kind == RecommendationKind.ReorderFilters).Status);
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenThereIsNone_IsNotFound()
    {
        await using var things = await OptimiserWorld.CreateAsync(10, _clock);
        var e = await TestCollection.FailsAsync(ErrorKind.NotFound, () => things.Database.ApplyRecommendationAsync(TestCollection.Name, "createIndex-0", Cancel));
        Assert.Equal("recommendation-not-found", e.Slug);
        await TestCollection.FailsAsync(ErrorKind.NotFound, () => things.Database.ListRecommendationsAsync("nobody", Cancel));
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenItCannotBeWrittenDown_ChangesNothing()
    {
        var insights = new BrokenInsightStore();
        await using var things = await AskedAsync(20, insights: insights);
        var id = Assert.Single(await ListAsync(things)).Id;
        await TestCollection.FailsAsync(ErrorKind.Unavailable, () => things.Database.ApplyRecommendationAsync(TestCollection.Name, id, Cancel));
        Assert.False(await IsIndexedAsync(things));
    }

    private static Task<IReadOnlyList<Recommendation>> ListAsync(TestCollection things) => things.Database.ListRecommendationsAsync(TestCollection.Name, Cancel);

    private static async Task<bool> IsIndexedAsync(TestCollection things) => (await things.Database.GetCollectionAsync(TestCollection.Name, Cancel)).Definition.Fields["price"].Index;

    private async Task<TestCollection> AskedAsync(int times, IObjectStore? store = null, IInsightStore? insights = null)
    {
        var things = await OptimiserWorld.CreateAsync(2_000, _clock, store, insights);
        for (var i = 0; i < times; i++)
        {
            await things.QueryAsync($"price eq {i}");
        }

        return things;
    }

    private sealed class BrokenInsightStore : IInsightStore
    {
        public Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken) => Task.FromException<InsightDocument?>(new InsightStoreException("Down."));

        public Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken) => Task.FromException<string?>(new InsightStoreException("Down."));

        public Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken) => Task.FromException<InsightPage>(new InsightStoreException("Down."));

        public Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken) => Task.FromException<bool>(new InsightStoreException("Down."));
    }
}
