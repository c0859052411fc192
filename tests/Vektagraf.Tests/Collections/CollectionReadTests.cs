using System.Text;
using Vektagraf.Shards;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class CollectionReadTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task ExportAsync_AsOfAToken_GivesTheDataOfThatTime(int shards)
    {
        await using var things = await CreateAsync($"{{\"shards\":{shards}," + """ "fields":{"n":{"type":"number"}}}""");
        List<(string Token, string Content)> history = [];
        var random = new Random(5);
        var model = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < 60; i++)
        {
            var id = $"o{random.Next(8)}";
            if (random.Next(4) == 0 && model.Remove(id))
            {
                await things.DeleteAsync(id);
            }
            else
            {
                model[id] = i;
                await things.SaveAsync($$$"""{"id":"{{{id}}}","properties":{"n":{{{i}}}}}""");
            }

            var token = (await things.QueryAsync()).Session;
            history.Add((token, string.Join(' ', model.Select(m => $$$"""{{{m.Key}}}={"n":{{{m.Value}}}}"""))));
        }

        foreach (var (token, content) in history)
        {
            Assert.Equal(content, await ExportAsync(things, token));
        }

        Assert.Equal(history[^1].Content, await ExportAsync(things, asOf: null));
    }

    [Fact]
    public async Task ExportAsync_WhenWritesGoOnMeanwhile_ShowsNoneOfThem()
    {
        await using var things = await CreateAsync("""{"shards":3}""");
        await things.SaveAllAsync(Enumerable.Range(0, 20).Select(i => $$$"""{"id":"o{{{i}}}","properties":{"n":1}}"""));
        var export = await things.Collection.ExportAsync(asOf: null, Cancel);
        var read = new List<string>();
        foreach (var stored in export)
        {
            read.Add(Encoding.UTF8.GetString(stored.Properties.Span));
            await things.SaveAsync($$$"""{"id":"o{{{read.Count % 20}}}","properties":{"n":2}}""");
            await things.SaveAsync($$"""{"id":"new{{read.Count}}"}""");
        }

        Assert.Equal(Enumerable.Repeat("""{"n":1}""", 20), read);
    }

    [Fact]
    public async Task BatchGetAsync_WhenSomeAreMissing_KeepsTheOrder()
    {
        await using var things = await CreateAsync("""{"shards":4}""");
        await things.SaveAllAsync(["""{"id":"a"}""", """{"id":"b"}"""]);
        var read = await things.Collection.BatchGetAsync(["b", "missing", "a", "b", "a/b", ""], withVectors: false, ReadConsistency.Strong, Cancel);
        Assert.Equal(["b", null, "a", "b", null, null], read.Select(o => o?.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("x.")]
    [InlineData("x.1")]
    [InlineData("x.1-2")]
    [InlineData("x.-1")]
    [InlineData("x.1-")]
    [InlineData("x.99999999999999999999")]
    public async Task ExportAsync_WhenTheTokenIsNotOfThisCollection_IsInvalid(string token)
    {
        await using var things = await CreateAsync();
        await FailsAsync(ErrorKind.Invalid, () => things.Collection.ExportAsync(token, Cancel));
        var session = new ReadConsistency(ConsistencyLevel.Session, Session: token);
        await FailsAsync(ErrorKind.Invalid, () => things.Collection.GetAsync("x", withVectors: false, session, Cancel));
    }

    [Fact]
    public async Task Get_WhenTheSessionIsAheadOfTheLog_IsRefused()
    {
        // Promise: a token no answer can have carried is an error, not an answer that pretends to be fresh enough.
        await using var things = await TestCollection.CreateAsync();
        var written = await things.SaveAsync("""{"id":"a"}""");
        var ahead = string.Concat(written.Session.AsSpan(0, written.Session.IndexOf('.', StringComparison.Ordinal) + 1), "99");
        var error = await Assert.ThrowsAsync<VektagrafException>(() =>
            things.Collection.GetAsync("a", withVectors: false, new ReadConsistency(ConsistencyLevel.Session, Session: ahead), CancellationToken.None));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
    }

    [Fact]
    public void GetAsync_AtEachConsistency_IsAsFreshAsAskedAndNoMore() => Simulator.Run(1, async simulator =>
    {
        var memory = new MemoryObjectStore(simulator.Time);
        await using var writer = await CreateAsync(store: memory, options: new VektagrafOptions { Time = simulator.Time });
        var store = new FaultInjectingObjectStore(memory, simulator.Time);
        await using var reader = await CreateAsync(store: store, options: new VektagrafOptions { Time = simulator.Time });
        await reader.Collection.WarmAsync(Cancel);
        var written = await writer.SaveAsync("""{"id":"x"}""");

        Assert.Equal(0, await CountRequestsAsync(ReadConsistency.Eventual, finds: false));
        Assert.Equal(0, await CountRequestsAsync(new ReadConsistency(ConsistencyLevel.Bounded, TimeSpan.FromSeconds(1)), finds: false));
        Assert.True(await CountRequestsAsync(new ReadConsistency(ConsistencyLevel.Session, Session: written.Session), finds: true) > 0);
        Assert.Equal(0, await CountRequestsAsync(new ReadConsistency(ConsistencyLevel.Session, Session: written.Session), finds: true));
        await Task.Delay(TimeSpan.FromSeconds(2), simulator.Time);
        Assert.True(await CountRequestsAsync(new ReadConsistency(ConsistencyLevel.Bounded, TimeSpan.FromSeconds(1)), finds: true) > 0);
        Assert.Equal(0, await CountRequestsAsync(new ReadConsistency(ConsistencyLevel.Bounded, TimeSpan.FromSeconds(1)), finds: true));
        Assert.True(await CountRequestsAsync(ReadConsistency.Strong, finds: true) > 0);

        async Task<int> CountRequestsAsync(ReadConsistency consistency, bool finds)
        {
            var before = store.Count(StoreOperation.Get, "");
            var found = await reader.Collection.BatchGetAsync(["x"], withVectors: false, consistency, Cancel);
            Assert.Equal(finds, found[0] is not null);
            return store.Count(StoreOperation.Get, "") - before;
        }
    });

    [Fact]
    public void GetAsync_OfOneObject_AsksOneShard() => Simulator.Run(2, async simulator =>
    {
        var store = new FaultInjectingObjectStore(new MemoryObjectStore(), simulator.Time);
        await using var things = await CreateAsync("""{"shards":8}""", store, new VektagrafOptions { Time = simulator.Time });
        await things.SaveAsync("""{"id":"x"}""");
        var before = store.Count(StoreOperation.Get, "");
        await things.GetAsync("x");
        Assert.InRange(store.Count(StoreOperation.Get, "") - before, 1, 2);
    });

    [Fact]
    public void QueryAsync_AfterAReload_StandsAtThePositionOfTheHead() => Simulator.Run(3, async simulator =>
    {
        // The floor passes the tail of a sleeping node. What it reads then, and the tokens it gives, are of the new position; there is
        // no manifest in this version that would hold what was folded.
        var memory = new MemoryObjectStore(simulator.Time);
        var options = new VektagrafOptions { Time = simulator.Time };
        await using var sleeper = await CreateAsync(store: memory, options: options);
        await using var writer = await CreateAsync(store: memory, options: options);
        var early = await sleeper.SaveAsync("""{"id":"o1"}""");
        await writer.SaveAsync("""{"id":"o2"}""");
        var head = (await memory.ListAsync("c/")).Entries.Single(e => e.Key.EndsWith("/head", StringComparison.Ordinal)).Key;
        await memory.PutAsync(head, new ShardHead { Folded = 2, Floor = 2 }.Encode(), PutCondition.None);
        foreach (var slot in (await memory.ListAsync(head[..^4] + "wal/")).Entries)
        {
            await memory.DeleteAsync(slot.Key);
        }

        var empty = await sleeper.QueryAsync();
        Assert.Empty(empty.Results);
        Assert.EndsWith(".2", empty.Session, StringComparison.Ordinal);
        var late = await writer.SaveAsync("""{"id":"o3"}""");
        Assert.EndsWith(".3", late.Session, StringComparison.Ordinal);
        foreach (var session in new[] { early.Session, empty.Session, late.Session })
        {
            var consistency = new ReadConsistency(ConsistencyLevel.Session, Session: session);
            var read = await sleeper.Collection.QueryAsync(new() { Consistency = consistency }, Cancel);
            Assert.Equal(session == late.Session ? "o3" : "", Ids(read.Results));
        }
    });

    [Fact]
    public async Task GetStatisticsAsync_AfterWrites_CountsLiveObjects()
    {
        await using var things = await CreateAsync("""{"shards":2,"vectors":{"v":{"dimensions":4}},"fields":{"city":{"type":"string"},"n":{"type":"number"}}}""");
        await things.SaveAllAsync(Enumerable.Range(0, 10).Select(i =>
            $$$"""{"id":"o{{{i}}}","properties":{"city":"c{{{i % 3}}}","n":{{{i}}}},"vectors":{"v":[1,2,3,{{{i}}}]}}"""));
        await things.DeleteAsync("o1");
        await things.SaveAsync("""{"id":"o2"}""");
        var statistics = await things.Collection.GetStatisticsAsync(Cancel);
        Assert.Equal(9, statistics.Objects);
        Assert.InRange(statistics.WalTail, 3, 12);
        Assert.True(statistics.VectorBytes >= 10 * 4 * sizeof(float) && statistics.PropertyBytes > 100);
        Assert.InRange(statistics.Cardinality["city"], 3, 6);
        Assert.False(statistics.Cardinality.ContainsKey("n"));
    }

    private static async Task<string> ExportAsync(TestCollection things, string? asOf) => string.Join(' ', (await things.Collection.ExportAsync(asOf, Cancel))
        .OrderBy(o => o.Id, StringComparer.Ordinal).Select(o => $"{o.Id}={Encoding.UTF8.GetString(o.Properties.Span)}"));
}
