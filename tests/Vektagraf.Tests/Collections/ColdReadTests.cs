using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards;

namespace Vektagraf.Tests.Collections;

public class ColdReadTests
{
    private static readonly string[] Filters =
        ["n lt 5", "s eq 's1'", "n ge 2 and s ne 's2'", "free eq 1", "type eq 'type0'", "text eq 't1' or n eq 3", "id gt 'o3'", "s eq null"];

    [Fact]
    public Task GetAsync_OnARandomCollection_AnswersColdAsItDoesLoaded() => Gen.Int[0, 1_000_000].SampleAsync(
        async seed =>
        {
            var world = new ColdWorld(seed);
            await world.FillAsync(rounds: 1 + (seed % 6), operations: 25);
            await using var loaded = await LoadedAsync(world);
            await using var cold = ColdWorld.ColdNode(world.Store);
            var (expected, actual) = (await loaded.GetCollectionAsync(ColdWorld.Name, default), await cold.GetCollectionAsync(ColdWorld.Name, default));
            var ids = Enumerable.Range(0, world.Ids + 2).Select(i => $"o{i}").ToList();
            foreach (var id in ids)
            {
                Assert.Equal(await ColdWorld.GetAsync(expected, id), await ColdWorld.GetAsync(actual, id));
            }

            ids = [.. ids, "o1", "o1"];
            var (all, allCold) = (await BatchAsync(expected, ids), await BatchAsync(actual, ids));
            Assert.Equal(all, allCold);
        },
        iter: 40);

    [Fact]
    public Task SearchAsync_OnARandomCollection_AnswersColdAsItDoesLoaded() => Gen.Select(Gen.Int[0, 1_000_000], Gen.OneOf(Gen.Const("cosine"), Gen.Const("dot"), Gen.Const("euclidean"))).SampleAsync(
        async (seed, metric) =>
        {
            var world = new ColdWorld(seed, metric);
            await world.FillAsync(rounds: 1 + (seed % 6), operations: 25);
            await using var loaded = await LoadedAsync(world);
            await using var cold = ColdWorld.ColdNode(world.Store);
            var (expected, actual) = (await loaded.GetCollectionAsync(ColdWorld.Name, default), await cold.GetCollectionAsync(ColdWorld.Name, default));
            var random = new Random(seed);
            foreach (var request in Requests(random))
            {
                var (a, b) = (await SearchAsync(expected, request), await SearchAsync(actual, request));
                Assert.True(string.Equals(a, b, StringComparison.Ordinal), $"{request}\nloaded:\n{a}\ncold:\n{b}");
            }

            var few = Requests(random).Where(r => r.Vector!.Id is null).Take(4).ToList();
            Assert.Equal((await expected.SearchBatchAsync(few, default)).Select(ColdWorld.Text), (await actual.SearchBatchAsync(few, default)).Select(ColdWorld.Text));
            if (seed % 6 > 0)
            {
                Assert.All((await actual.SearchBatchAsync(few, default)).Select(r => r.Plan), p => Assert.Equal("flat-by-range", p.AccessPath));
                var plan = await actual.SearchAsync(Requests(random).First(), default);
                Assert.Equal("flat-by-range", plan.Plan.AccessPath);
            }
        },
        iter: 40);

    [Fact]
    public async Task GetAsync_WhenOthersWriteMeanwhile_SeesEveryAcknowledgedWrite()
    {
        // Promise: strong reads are strong while nothing is loaded, whatever is folded and merged behind the reader's back.
        var world = new ColdWorld(seed: 4) { Ids = 6 };
        await world.FillAsync(rounds: 3, operations: 10);
        await using var writer = new VektagrafDatabase(world.Store);
        await using var reader = ColdWorld.ColdNode(world.Store);
        var (written, read) = (await writer.GetCollectionAsync(ColdWorld.Name, default), await reader.GetCollectionAsync(ColdWorld.Name, default));
        for (var round = 0; round < 60; round++)
        {
            await world.ChangeAsync(written);
            if (round % 7 == 0)
            {
                await written.MaintainAsync(new() { FoldEntries = 1, TierWidth = 2, SmallestTierRows = 2 }, default);
            }

            for (var i = 0; i < world.Ids; i++)
            {
                Assert.Equal(await ColdWorld.GetAsync(written, $"o{i}"), await ColdWorld.GetAsync(read, $"o{i}"));
            }

            var request = new SearchRequest { Vector = new VectorQuery { Field = "v", Value = new float[] { 1, 1, 0 } }, K = 20 };
            Assert.Equal(await SearchAsync(written, request), await SearchAsync(read, request));
        }
    }

    [Fact]
    public async Task SearchBatchAsync_WhenOthersWriteMeanwhile_ReadsOneSnapshot()
    {
        // Promise: a batch sees one state, whether segments answer all of it or a write in between makes the loaded collection answer.
        var world = new ColdWorld(seed: 5);
        await world.FillAsync(rounds: 3, operations: 20);
        await using var writer = new VektagrafDatabase(world.Store);
        var written = await writer.GetCollectionAsync(ColdWorld.Name, default);
        using var enough = new CancellationTokenSource();
        var writing = Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    await world.ChangeAsync(written);
                }
            },
            CancellationToken.None);
        try
        {
            for (var round = 0; round < 30; round++)
            {
                await using var reader = ColdWorld.ColdNode(world.Store);
                var request = new SearchRequest { Vector = new VectorQuery { Field = "v", Value = new float[] { 1, 1, 0 } }, K = 50 };
                var answers = await (await reader.GetCollectionAsync(ColdWorld.Name, default)).SearchBatchAsync([request, request with { K = 49 }, request, request], default);
                Assert.Single(answers.Select(a => a.Session).Distinct(StringComparer.Ordinal));
                Assert.Single(answers.Select(ColdWorld.Text).Distinct(StringComparer.Ordinal));
            }
        }
        finally
        {
            await enough.CancelAsync();
            await writing;
        }
    }

    [Fact]
    public async Task GetAsync_WithTheSessionOfAWrite_SeesIt_AndRefusesOneThatNoWriteGave()
    {
        var world = new ColdWorld(seed: 3);
        await world.FillAsync(rounds: 3, operations: 20);
        await using var reader = ColdWorld.ColdNode(world.Store);
        var things = await reader.GetCollectionAsync(ColdWorld.Name, default);
        await ColdWorld.GetAsync(things, "o1");
        await using var writer = new VektagrafDatabase(world.Store);
        var result = await (await writer.GetCollectionAsync(ColdWorld.Name, default))
            .SaveAsync(ObjectJson.Read("""{"id":"o1","properties":{"n":77}}"""u8, world.Definition), default, default);

        var stale = await things.GetAsync("o1", withVectors: false, ReadConsistency.Eventual, default);
        var fresh = await things.GetAsync("o1", withVectors: false, new ReadConsistency(ConsistencyLevel.Session, Session: result.Session), default);

        Assert.Equal(result.ETag, fresh.ETag);
        Assert.NotEqual(result.ETag, stale.ETag);
        var parts = result.Session.Split('.');
        var ahead = $"{parts[0]}.{string.Join('-', parts[1].Split('-').Select(_ => "999"))}";
        var refused = await Assert.ThrowsAsync<VektagrafException>(() =>
            things.GetAsync("o1", withVectors: false, new ReadConsistency(ConsistencyLevel.Session, Session: ahead), default));
        Assert.Equal(ErrorKind.Invalid, refused.Kind);
    }

    private static IEnumerable<SearchRequest> Requests(Random random)
    {
        for (var i = 0; i < 12; i++)
        {
            yield return new SearchRequest
            {
                Vector = new VectorQuery { Field = "v", Value = new float[] { 1, random.Next(3), random.Next(2) } },
                K = 1 + random.Next(12),
                Offset = random.Next(4),
                Filter = random.Next(2) == 0 ? null : Filters[random.Next(Filters.Length)],
                IncludeVectors = random.Next(2) == 0,
            };
            yield return new SearchRequest { Vector = new VectorQuery { Field = "v", Id = $"o{random.Next(40)}" }, K = 5 };
            yield return new SearchRequest
            {
                Vector = new VectorQuery { Field = "v", Value = new float[] { 1, random.Next(3), random.Next(2) } },
                K = 1 + random.Next(8),
                MinScore = random.Next(2) == 0 ? null : random.NextDouble(),
                Offset = random.Next(3),
                Diversity = random.Next(3) == 0 ? null : new SearchDiversity(random.Next(5) / 4.0, random.Next(2) == 0 ? null : 12),
                Recall = random.Next(2) == 0 ? null : 0.5,
                IncludeVectors = random.Next(2) == 0,
            };
        }
    }

    private static async Task<string> SearchAsync(Collection things, SearchRequest request)
    {
        try
        {
            return ColdWorld.Text(await things.SearchAsync(request, CancellationToken.None));
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound || e.Message.Contains("has no vector", StringComparison.Ordinal))
        {
            return $"{e.Slug} {e.Message}";
        }
    }

    private static async Task<string> BatchAsync(Collection things, IReadOnlyList<string> ids) =>
        string.Join('\n', (await things.BatchGetAsync(ids, withVectors: true, ReadConsistency.Strong, CancellationToken.None)).Select(ColdWorld.Text));

    private static async Task<VektagrafDatabase> LoadedAsync(ColdWorld world)
    {
        var node = new VektagrafDatabase(world.Store);
        await (await node.GetCollectionAsync(ColdWorld.Name, CancellationToken.None)).WarmAsync(CancellationToken.None);
        return node;
    }
}
