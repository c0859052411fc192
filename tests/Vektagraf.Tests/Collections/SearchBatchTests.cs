using CsCheck;
using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Shards;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class SearchBatchTests
{
    [Fact]
    public Task SearchBatchAsync_OfAnyRequests_AnswersEachAsItsSearchAlone() => Gen.Select(Gen.Int[0, 1_000_000], Gen.Enum<DistanceMetric>()).SampleAsync(
        async (seed, metric) =>
        {
            var random = new Random(seed);
            await using var world = await VectorWorld.CreateAsync(metric, shards: 1 + (seed % 3), objects: 1 + random.Next(200), random);
            await world.Things.DeleteAsync("o000");
            var token = (await world.Things.QueryAsync()).Session;
            await world.Things.SaveAsync("""{"id":"late","properties":{"n":3},"vectors":{"v":[1,1,1]}}""");

            // Few distinct settings, so that many ask alike; more than fit into one pass.
            var requests = Enumerable.Range(0, 1 + random.Next(200)).Select(_ => RandomRequest(random, token)).ToList();
            var answers = await world.Things.Collection.SearchBatchAsync(requests, Cancel);
            Assert.Equal(requests.Count, answers.Count);
            foreach (var (request, answer) in requests.Zip(answers))
            {
                var alone = await world.Things.Collection.SearchAsync(request, Cancel);
                Assert.True(VectorWorld.Describe(alone) == VectorWorld.Describe(answer), $"{request}\nalone: {VectorWorld.Describe(alone)}\nbatch: {VectorWorld.Describe(answer)}");
                Assert.Equal((alone.Session, alone.Plan.Considered, alone.Plan.Filter), (answer.Session, answer.Plan.Considered, answer.Plan.Filter));
            }
        },
        iter: 25);

    [Fact]
    public async Task SearchBatchAsync_WhenOneQueryIsBad_NamesIt()
    {
        await using var things = await CreateAsync("""{"vectors":{"v":{"dimensions":2,"metric":"dot"}}}""");
        await things.SaveAsync("""{"id":"bare"}""");
        var valid = new SearchRequest { Vector = new VectorQuery { Value = new float[2] } };
        (SearchRequest Request, ErrorKind Kind, string? Pointer)[] bad =
        [
            (valid with { K = 0 }, ErrorKind.Invalid, "/queries/1/k"),
            (valid with { Vector = new VectorQuery { Value = new float[3] } }, ErrorKind.Invalid, "/queries/1/vector/value"),
            (valid with { Vector = new VectorQuery { Value = new[] { float.NaN, 0 } } }, ErrorKind.Invalid, "/queries/1/vector/value"),
            (valid with { Vector = new VectorQuery { Id = "bare" } }, ErrorKind.Invalid, "/queries/1/vector/id"),
            (valid with { Vector = new VectorQuery { Text = "word" } }, ErrorKind.Invalid, "/queries/1/vector/text"),
            (valid with { Filter = "n eq" }, ErrorKind.Invalid, "/queries/1/filter"),
            (valid with { AsOf = "x" }, ErrorKind.Invalid, "/queries/1/asOf"),
            (valid with { Consistency = new ReadConsistency(ConsistencyLevel.Session, Session: "x") }, ErrorKind.Invalid, "/queries/1/consistency/session"),
            (valid with { Vector = new VectorQuery { Id = "none" } }, ErrorKind.NotFound, null),
        ];
        foreach (var (request, kind, pointer) in bad)
        {
            var e = await FailsAsync(kind, () => things.Collection.SearchBatchAsync([valid, request, valid], Cancel));
            Assert.StartsWith("/queries/1", e.Message, StringComparison.Ordinal);
            Assert.Equal(pointer, e.Errors.Keys.SingleOrDefault());
        }

        Assert.Equal("/queries", Assert.Single((await FailsAsync(ErrorKind.Invalid, () => things.Collection.SearchBatchAsync([], Cancel))).Errors).Key);
    }

    [Fact]
    public async Task SearchBatchAsync_WhileOthersWrite_ReadsOneSnapshotForEachConsistency()
    {
        await using var things = await CreateAsync("""{"shards":2,"vectors":{"v":{"dimensions":1,"metric":"euclidean"}}}""");
        var strong = new SearchRequest { Vector = new VectorQuery { Value = new[] { 0f } }, K = 1_000 };
        var writing = WriteAsync();
        for (var batches = 0; !writing.IsCompleted || batches < 5; batches++)
        {
            // Of different k and filter, so that they are not one pass.
            var answers = await things.Collection.SearchBatchAsync([strong, strong with { K = 999 }, strong with { Filter = "id ne 'x'" }, strong], Cancel);
            Assert.Single(answers.Select(a => a.Session).Distinct(StringComparer.Ordinal));
            Assert.Single(answers.Select(a => a.Hits.Count).Distinct());
        }

        await writing;

        async Task WriteAsync()
        {
            await Task.Yield();
            for (var i = 0; i < 200; i++)
            {
                await things.SaveAsync($$$"""{"id":"o{{{i:000}}}","vectors":{"v":[{{{i}}}]}}""");
            }
        }
    }

    private static SearchRequest RandomRequest(Random random, string token)
    {
        var request = new SearchRequest
        {
            Vector = random.Next(5) == 0 ? new VectorQuery { Id = "late" } : new VectorQuery { Value = VectorWorld.Draw(random) },
            K = 1 + (random.Next(2) * 7),
            Offset = random.Next(4) == 0 ? 2 : 0,
            Filter = random.Next(3) switch { 0 => "n gt 20", 1 => "not (n  gt  20)", _ => null },
            MinScore = random.Next(4) == 0 ? 0.25 : null,
            Params = random.Next(4) == 0 ? new SearchParams { EfSearch = 30 } : null,
            Consistency = random.Next(4) == 0 ? ReadConsistency.Eventual : ReadConsistency.Strong,
        };
        return random.Next(6) switch
        {
            0 => request with { Diversity = new SearchDiversity(0.5) },
            1 => request with { GroupBy = new GroupLimit("n", 1) },
            2 when request.Vector!.Id is null => request with { AsOf = token },
            _ => request,
        };
    }
}
