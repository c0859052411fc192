using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsCheck;
using Vektagraf.Caching;
using Vektagraf.Collections;
using Vektagraf.Insights;
using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Tests.Collections;
using Vektagraf.Tests.Optimisation;

namespace Vektagraf.Tests.Caching;

/// <summary>Answers that are kept: recommended where requests come again, and never other than computed ones.</summary>
public class AnswerCacheTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private static readonly QueryRequest[] Queries =
    [
        new() { Filter = "n lt 6", OrderBy = ["price desc"], Limit = 4 },
        new() { Filter = "group eq 'g1'", Limit = 100, IncludeVectors = true },
        new()
        {
            Limit = 3,
            Aggregate = new AggregateRequest
            {
                Count = true, Min = ["n", "group"], Max = ["price"], Avg = ["n"], Sum = ["price"], Facets = [new FacetRequest("group")], GroupBy = new FacetRequest("n"),
            },
        },
    ];

    private static readonly SearchRequest[] Searches =
    [
        new() { Vector = new VectorQuery { Value = new float[] { 3, 1 } }, K = 3, Filter = "price lt 9", IncludeVectors = true },
        new() { Vector = new VectorQuery { Id = "o00001" }, K = 2, GroupBy = new GroupLimit("group", 1) },
        new() { Text = new TextQuery { Query = "red blue w*" }, Highlight = new TextHighlight(), K = 5 },
        new() { Vector = new VectorQuery { Value = new float[] { 1, 1 } }, Text = new TextQuery { Query = "red" }, K = 4 },
    ];

    private static readonly JsonSerializerOptions Lenient = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly SteppingClock _clock = new() { Step = TimeSpan.FromMilliseconds(1) };

    private enum Act
    {
        Ask,
        Save,
        Delete,
        Recreate,
    }

    [Fact]
    public async Task ListRecommendationsAsync_WhenTheSameIsAskedAgainAndAgain_RecommendsToKeepAnswers()
    {
        await using var things = await OptimiserWorld.CreateAsync(50, _clock);
        for (var i = 0; i < 40; i++)
        {
            await things.QueryAsync($"n lt {i % 4}");
            await things.QueryAsync($"group eq 'g{i}'");
        }

        var recommendation = Assert.Single(await ListAsync(things), r => r.Kind == RecommendationKind.UseCache);
        Assert.Equal("query top 100 where n lt ?number", Assert.Single(recommendation.Evidence).Shape);
        Assert.Equal(0.9, recommendation.RepeatedShare!.Value, 1e-9);
        Assert.True(recommendation.IsApplicable);
        Assert.InRange(recommendation.Predicted.Share, 0.1, 0.9);
    }

    [Fact]
    public async Task ListRecommendationsAsync_WhenDataChangesBetweenRequests_DoesNotRecommendIt()
    {
        await using var things = await OptimiserWorld.CreateAsync(50, _clock);
        for (var i = 0; i < 20; i++)
        {
            await things.QueryAsync("n lt 4");
            await things.SaveAsync($$"""{ "id": "new{{i}}" }""");
        }

        Assert.DoesNotContain(await ListAsync(things), r => r.Kind == RecommendationKind.UseCache);
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenKeptAnswersAreFaster_KeepsThem_HereAndInTheNextProcess()
    {
        var (store, insights) = (new MemoryObjectStore(), new MemoryInsightStore(_clock));
        await using (var things = await AskedAsync(store, insights))
        {
            await ApplyAsync(things);
            var applied = Assert.Single(await ListAsync(things), r => r.Kind == RecommendationKind.UseCache);
            Assert.Equal(RecommendationStatus.Applied, applied.Status);
            Assert.NotNull(applied.Measured);
            await AssertKeptAsync(things.Database, things.Collection);
        }

        await using var next = new VektagrafDatabase(store, new VektagrafOptions { Insights = insights, Time = _clock, IndexesInBackground = false });
        Assert.Equal(RecommendationStatus.Applied, Assert.Single(await next.ListRecommendationsAsync(TestCollection.Name, Cancel), r => r.Kind == RecommendationKind.UseCache).Status);
        await AssertKeptAsync(next, await next.GetCollectionAsync(TestCollection.Name, Cancel));
    }

    [Fact]
    public async Task ApplyRecommendationAsync_WhenKeptAnswersAreSlower_TakesItBack()
    {
        var looked = false;
        using var cache = new TieredCache(new CacheOptions
        {
            Time = new WatchedClock(() =>
            {
                // Once the first answer is kept, all takes three times as long.
                _clock.Step = looked ? _clock.Step : _clock.Step * 3;
                looked = true;
            }),
        });
        await using var things = await AskedAsync(new MemoryObjectStore(), new MemoryInsightStore(_clock), cache);
        await ApplyAsync(things);
        var rolledBack = Assert.Single(await ListAsync(things), r => r.Kind == RecommendationKind.UseCache);
        Assert.Equal(RecommendationStatus.RolledBack, rolledBack.Status);
        Assert.InRange(rolledBack.Measured!.Share, -2, -1);
        var lookUps = cache.Snapshot().Hits + cache.Snapshot().Misses;
        await things.QueryAsync("n lt 1");
        Assert.Equal(lookUps, cache.Snapshot().Hits + cache.Snapshot().Misses);
    }

    [Fact]
    public async Task SearchAsync_WhenManyAskTheSameAtOnce_AllGetTheSameAnswer()
    {
        using var cache = new TieredCache();
        await using var database = new VektagrafDatabase(new MemoryObjectStore(), new VektagrafOptions { Time = _clock, Cache = cache, Insights = new MemoryInsightStore(_clock) });
        var things = await CreateAsync(database, shards: 2);
        var expected = Text(await things.SearchAsync(Searches[0], Cancel));
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => things.SearchAsync(Searches[0], Cancel), Cancel)));
        Assert.All(answers, a => Assert.Equal(expected, Text(a)));
        Assert.All(answers, a => Assert.Equal("cache", a.Plan.AccessPath));
    }

    [Fact]
    public async Task QueryAsync_WhenAFilterHasHalfACharacter_IsComputedEachTime()
    {
        using var cache = new TieredCache();
        await using var database = new VektagrafDatabase(new MemoryObjectStore(), new VektagrafOptions { Time = _clock, Cache = cache });
        var things = await CreateAsync(database, shards: 1);
        var before = cache.Snapshot().Hits;

        // In JSON the two would be one.
        await things.QueryAsync(new QueryRequest { Filter = "group eq '\ud800'" }, Cancel);
        await things.QueryAsync(new QueryRequest { Filter = "group eq '\ud801'" }, Cancel);
        Assert.Equal(before, cache.Snapshot().Hits);
    }

    /// <summary>
    /// Promise: with answers kept every answer is the one that a database without would give at that moment: after any writes by this process or another one,
    /// at every level of consistency, and when the collection is dropped and created anew.
    /// </summary>
    [Fact]
    public async Task EveryRequest_BetweenRandomWrites_IsAnsweredAsWithoutTheCache()
    {
        var steps = Gen.Select(Gen.Frequency((8, Gen.Const(Act.Ask)), (3, Gen.Const(Act.Save)), (1, Gen.Const(Act.Delete)), (1, Gen.Const(Act.Recreate))), Gen.Int[0, 11], Gen.Int[0, 3], Gen.Bool).Array[10, 60];
        await Gen.Select(Gen.Int[1, 3], steps).SampleAsync(
            async (shards, run) =>
            {
                var store = new MemoryObjectStore();
                var insights = new MemoryInsightStore(_clock);
                using var cache = new TieredCache(new CacheOptions { MemoryBytes = 20_000, CompressedBytes = 20_000 });
                var options = new VektagrafOptions { Time = _clock, IndexesInBackground = false, CatalogStaleness = TimeSpan.Zero };
                await using var with = new VektagrafDatabase(store, options with { Insights = insights, Cache = cache });
                await using var without = new VektagrafDatabase(store, options);
                await CreateAsync(with, shards);
                foreach (var (act, number, consistency, isOther) in run)
                {
                    await StepAsync(with, without, isOther ? without : with, act, number, consistency, shards);
                }
            },
            iter: 60,
            threads: 1);
    }

    private static async Task StepAsync(VektagrafDatabase with, VektagrafDatabase without, VektagrafDatabase writer, Act act, int number, int level, int shards)
    {
        var collection = await writer.GetCollectionAsync(TestCollection.Name, Cancel);
        switch (act)
        {
            case Act.Save:
                await collection.SaveAsync(ObjectJson.Read(Thing(number), collection.Definition), default, Cancel);
                break;
            case Act.Delete:
                await OrNullAsync(() => collection.DeleteAsync($"o{number:D5}", default, Cancel));
                break;
            case Act.Recreate:
                await writer.DropCollectionAsync(TestCollection.Name, Cancel);
                await CreateAsync(writer, shards);
                await KeepAllAsync(await with.GetCollectionAsync(TestCollection.Name, Cancel));
                break;
            default:
                await AskAsync(with, without, number, level);
                break;
        }
    }

    /// <summary>Asks both, each twice; the one without a cache of the very state that the other answered from.</summary>
    private static async Task AskAsync(VektagrafDatabase with, VektagrafDatabase without, int number, int level)
    {
        var (kept, computed) = (await with.GetCollectionAsync(TestCollection.Name, Cancel), await without.GetCollectionAsync(TestCollection.Name, Cancel));
        var strong = await computed.QueryAsync(new QueryRequest { Limit = 1 }, Cancel);
        var consistency = level switch
        {
            0 => ReadConsistency.Strong,
            1 => ReadConsistency.Eventual,
            2 => new ReadConsistency(ConsistencyLevel.Bounded, TimeSpan.FromMilliseconds(5)),
            _ => new ReadConsistency(ConsistencyLevel.Session, Session: strong.Session),
        };
        for (var i = 0; i < 2; i++)
        {
            if (number < Queries.Length)
            {
                var answer = await kept.QueryAsync(Queries[number] with { Consistency = consistency }, Cancel);
                Assert.True(level is 1 or 2 || answer.Session == strong.Session);
                if (answer.Session == strong.Session)
                {
                    Assert.Equal(Text(await computed.QueryAsync(Queries[number], Cancel)), Text(answer));
                }
            }
            else
            {
                var search = Searches[number % Searches.Length];
                var answer = await OrNullAsync(() => kept.SearchAsync(search with { Consistency = consistency }, Cancel));
                if (answer is not null || level is 0 or 3)
                {
                    var expected = await OrNullAsync(() => computed.SearchAsync(search with { AsOf = answer?.Session }, Cancel));
                    Assert.True(level is 1 or 2 || answer is null || answer.Session == strong.Session);
                    Assert.Equal(Text(expected), Text(answer));
                }
            }
        }
    }

    private static async Task<Collection> CreateAsync(VektagrafDatabase database, int shards)
    {
        var definition = $$$"""
            { "shards": {{{shards}}}, "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } },
              "fields": { "n": { "type": "number", "index": true }, "price": { "type": "number" }, "group": { "type": "string" }, "title": { "type": "text" } } }
            """;
        var (collection, _) = await database.PutCollectionAsync(TestCollection.Name, CollectionJson.Read(Encoding.UTF8.GetBytes(definition)), Cancel);
        for (var i = 0; i < 12; i += 2)
        {
            await collection.SaveAsync(ObjectJson.Read(Thing(i), collection.Definition), default, Cancel);
        }

        await KeepAllAsync(collection);
        return collection;
    }

    /// <summary>Asks everything once, so that its shapes are known, and keeps the answers of all shapes.</summary>
    private static async Task KeepAllAsync(Collection collection)
    {
        foreach (var query in Queries.Append(new QueryRequest { Filter = "group eq 'x'" }))
        {
            await collection.QueryAsync(query, Cancel);
        }

        foreach (var search in Searches)
        {
            await OrNullAsync(() => collection.SearchAsync(search, Cancel));
        }

        foreach (var plan in await collection.ListPlansAsync(Cancel))
        {
            collection.KeepAnswers(plan.Signature, isKept: true);
        }
    }

    private static byte[] Thing(int number) => Encoding.UTF8.GetBytes($$$"""
        { "id": "o{{{number:D5}}}", "type": "T", "properties": { "n": {{{number % 7}}}, "price": {{{number}}}.5, "group": "g{{{number % 3}}}", "title": "{{{(number % 2 == 0 ? "red" : "blue")}}} w{{{number}}} rot é" },
          "vectors": { "e": [{{{number}}}, 1] } }
        """);

    private static async Task<T?> OrNullAsync<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    private static string? Text(SearchResponse? answer) => answer is null ? null : JsonSerializer.Serialize(new { answer.Hits, answer.Warnings, answer.Session }, Lenient);

    private static string Text(QueryResponse answer)
    {
        var aggregates = answer.Aggregates;
        var metrics = aggregates is null ? [] : aggregates.Groups!.Select(g => g.Metrics).Prepend(aggregates.Metrics).Select(m => string.Join(' ', [.. m.Min, .. m.Max, .. m.Sum]) + string.Join(' ', m.Avg)).ToList();
        var groups = string.Join(' ', aggregates?.Groups?.Select(g => $"{g.Value}:{g.Count}") ?? []) + string.Join(' ', aggregates?.Facets.SelectMany(f => f.Values).Select(v => $"{v.Value}:{v.Count}") ?? []);
        return JsonSerializer.Serialize(new { answer.Results, answer.Cursor, answer.Session, answer.Warnings, aggregates?.Count, metrics, groups }, Lenient);
    }

    private static Task<IReadOnlyList<Recommendation>> ListAsync(TestCollection things) => things.Database.ListRecommendationsAsync(TestCollection.Name, Cancel);

    private static async Task ApplyAsync(TestCollection things)
    {
        var open = Assert.Single(await ListAsync(things), r => r.Kind == RecommendationKind.UseCache);
        await (await things.Database.ApplyRecommendationAsync(TestCollection.Name, open.Id, Cancel)).Completion;
    }

    private static async Task AssertKeptAsync(VektagrafDatabase database, Collection collection)
    {
        var first = await collection.QueryAsync(new QueryRequest { Filter = "n lt 3" }, Cancel);
        var hits = database.Cache.Snapshot().Hits;
        Assert.Equal(Text(first), Text(await collection.QueryAsync(new QueryRequest { Filter = "n lt 3" }, Cancel)));
        Assert.Equal(hits + 1, database.Cache.Snapshot().Hits);
    }

    private async Task<TestCollection> AskedAsync(IObjectStore store, IInsightStore insights, TieredCache? cache = null)
    {
        await using (await OptimiserWorld.CreateAsync(50, _clock, store, insights))
        {
            // Its objects are there for the one that follows.
        }

        var things = await TestCollection.OpenAsync(store, new VektagrafOptions { Time = _clock, Insights = insights, IndexesInBackground = false, Cache = cache });
        for (var i = 0; i < 40; i++)
        {
            await things.QueryAsync($"n lt {i % 4}");
        }

        return things;
    }

    /// <summary>The system's clock; calls back when it is looked at.</summary>
    private sealed class WatchedClock(Action onLook) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow()
        {
            onLook();
            return DateTimeOffset.UnixEpoch.AddYears(56);
        }
    }
}
