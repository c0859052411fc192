using System.Text;
using Vektagraf.Collections;
using Vektagraf.Shards;

namespace Vektagraf.Tests.Collections;

/// <summary>Transactions as callers see them: within one shard and across several alike.</summary>
public class TransactionTests
{
    private static readonly string[] Ids = ["a", "b", "c", "d", "e", "f", "g", "h"];

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task TransactAsync_OfSavesPatchesAndDeletes_AppliesAllOfThem(int shards)
    {
        await using var things = await CreateAsync(shards);
        await things.SaveAllAsync(Ids.Take(4).Select(id => $$"""{"id":"{{id}}","properties":{"n":1,"keep":true} }"""));
        var old = await things.GetAsync("a");

        var result = await TransactAsync(things, """
            [{"save":{"id":"new","properties":{"n":7}},"ifNoneMatch":"*"},
             {"patch":{"id":"a","properties":{"n":2}},"ifMatch":"\"ETAG\""},
             {"delete":{"id":"b"}},
             {"check":{"id":"c"},"ifMatch":"*"},
             {"save":{"id":"d","properties":{"n":9}}},
             {"patch":{"id":"d","properties":{"m":1}}}]
            """.Replace("ETAG", old.ETag, StringComparison.Ordinal));

        Assert.Equal("a c d new", await things.IdsAsync());
        Assert.Equal("""{"n":2,"keep":true}""", await things.PropertiesAsync("a"));
        Assert.Equal("""{"n":9,"m":1}""", await things.PropertiesAsync("d"));
        Assert.Equal(["new", "a", "b", "c", "d", "d"], result.Operations.Select(o => o.Id));
        Assert.Equal([true, false, false, false, false, false], result.Operations.Select(o => o.Created));
        Assert.Equal((await things.GetAsync("new")).ETag, result.Operations[0].ETag);
        Assert.Equal((await things.GetAsync("a")).ETag, result.Operations[1].ETag);
        Assert.Equal((null, null), (result.Operations[2].ETag, result.Operations[3].ETag));
        Assert.Equal((await things.GetAsync("d")).ETag, result.Operations[5].ETag);
    }

    [Theory]
    [InlineData(1, """{"save":{"id":"a"},"ifNoneMatch":"*"}""")]
    [InlineData(4, """{"save":{"id":"a"},"ifNoneMatch":"*"}""")]
    [InlineData(1, """{"save":{"id":"zz"},"ifMatch":"*"}""")]
    [InlineData(4, """{"save":{"id":"zz"},"ifMatch":"*"}""")]
    [InlineData(1, """{"patch":{"id":"zz"}}""")]
    [InlineData(4, """{"patch":{"id":"zz"}}""")]
    [InlineData(4, """{"patch":{"id":"a","properties":{"n":3}},"ifMatch":"ffff-0"}""")]
    [InlineData(1, """{"delete":{"id":"zz"}}""")]
    [InlineData(4, """{"delete":{"id":"zz"}}""")]
    [InlineData(4, """{"delete":{"id":"a"},"ifMatch":"\"ffff-0\""}""")]
    [InlineData(1, """{"check":{"id":"a"},"ifNoneMatch":"*"}""")]
    [InlineData(4, """{"check":{"id":"zz"},"ifMatch":"*"}""")]
    public async Task TransactAsync_WhenOneOperationIsRefused_AppliesNoneAndNamesIt(int shards, string operation)
    {
        await using var things = await CreateAsync(shards);
        await things.SaveAllAsync(Ids.Select(id => $$"""{"id":"{{id}}","properties":{"n":1} }"""));
        var before = await ContentAsync(things);
        var saves = string.Join(',', Ids.Skip(1).Select(id => $$"""{"save":{"id":"{{id}}","properties":{"n":2} } }"""));

        var e = await TestCollection.FailsAsync(ErrorKind.Conflict, () => TransactAsync(things, $"[{saves},{operation}]"));

        Assert.Equal("transaction-refused", e.Slug);
        Assert.Equal("/operations/7", Assert.Single(e.Errors).Key);
        Assert.Equal(before, await ContentAsync(things));
        // Nothing stays locked.
        await TransactAsync(things, $"[{saves}]");
        Assert.Equal("""{"n":2}""", await things.PropertiesAsync("b"));
    }

    [Theory]
    [InlineData("""[]""", "/operations")]
    [InlineData("""[{}]""", "/operations/0/")]
    [InlineData("""[{"save":{"id":"a"}},{"save":{"id":"a"},"delete":{"id":"a"}}]""", "/operations/1/delete")]
    [InlineData("""[{"save":{"id":"a","properties":7}}]""", "/operations/0/save/properties")]
    [InlineData("""[{"save":{"properties":{}}}]""", "/operations/0/save/id")]
    [InlineData("""[{"patch":{"properties":{}}}]""", "/operations/0/patch/id")]
    [InlineData("""[{"patch":{"id":"x","properties":7}},{"save":{"id":"q"}}]""", "/operations/0/patch/properties")]
    [InlineData("""[{"delete":{"id":"a","force":true}}]""", "/operations/0/delete/force")]
    [InlineData("""[{"delete":{"id":"a/b"}}]""", "/operations/0/delete/id")]
    [InlineData("""[{"check":{"id":"a"}}]""", "/operations/0/check")]
    [InlineData("""[{"save":{"id":"a"},"ifNoneMatch":"x"}]""", "/operations/0/ifNoneMatch")]
    [InlineData("""[{"save":{"id":"a"},"ifNoneMatch":"*","ifMatch":"*"}]""", "/operations/0")]
    [InlineData("""[7]""", "/operations/0")]
    [InlineData("""{}""", "/operations")]
    public async Task TransactAsync_OfABadRequest_NamesThePlace(string operations, string pointer)
    {
        await using var things = await CreateAsync(2);
        await things.SaveAsync("""{"id":"x"}""");
        var e = await TestCollection.FailsAsync(ErrorKind.Invalid, () => TransactAsync(things, operations));
        Assert.Equal(pointer, Assert.Single(e.Errors).Key);
    }

    [Theory]
    [InlineData("""{"operations":[{"save":{"id":"a"}}],"operations":[]}""")]
    [InlineData("""{"ops":[]}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""{"operations":[{"save":{"id":"a"}}]""")]
    [InlineData("""{"operations":[{"save":{"id":"a"}}]} x""")]
    [InlineData("null")]
    [InlineData("")]
    public void Read_OfWhatIsNoTransaction_IsInvalid(string json) => Assert.Equal(
        ErrorKind.Invalid,
        Assert.Throws<VektagrafException>(() => TransactionJson.Read(Encoding.UTF8.GetBytes(json), new CollectionDefinition())).Kind);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task TransactAsync_WhenSentAgainUnderItsKey_AnswersTheSameAndAppliesOnce(int shards)
    {
        await using var things = await CreateAsync(shards);
        const string Operations = """[{"save":{"id":"a"},"ifNoneMatch":"*"},{"save":{"id":"b"}},{"save":{"id":"c"}},{"save":{"id":"d"}}]""";
        var first = await TransactAsync(things, Operations, "key");
        await things.DeleteAsync("b");
        var again = await TransactAsync(things, Operations, "key");
        Assert.Equal(first.Operations, again.Operations);
        Assert.Equal("a c d", await things.IdsAsync());

        var e = await TestCollection.FailsAsync(ErrorKind.Conflict, () => TransactAsync(things, """[{"save":{"id":"a"}},{"save":{"id":"b"}},{"save":{"id":"c"}},{"save":{"id":"e"}}]""", "key"));
        Assert.Equal("idempotency-key-reused", e.Slug);
        Assert.Equal("a c d", await things.IdsAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task TransactAsync_OfPatchesSentAgain_DoesNotPatchTwice(int shards)
    {
        await using var things = await CreateAsync(shards);
        await things.SaveAllAsync(Ids.Select(id => $$"""{"id":"{{id}}","properties":{"n":1} }"""));
        const string Operations = """[{"patch":{"id":"a","properties":{"n":2}}},{"patch":{"id":"b","properties":{"n":2}}},{"delete":{"id":"c"}}]""";
        var first = await TransactAsync(things, Operations, "key");
        await things.DeleteAsync("a");
        Assert.Equal(first.Operations, (await TransactAsync(things, Operations, "key")).Operations);
    }

    [Fact]
    public async Task TransactAsync_OfManyAtOnce_MovesNothingOutOfThinAir()
    {
        // Serializable: transfers between accounts in several shards, each reading two and writing two, keep the sum at any moment.
        await using var things = await CreateAsync(4);
        await things.SaveAllAsync(Ids.Select(id => $$"""{"id":"{{id}}","properties":{"n":100} }"""));
        var running = Task.WhenAll(Enumerable.Range(0, 6).Select(worker => TransferAsync(things, new Random(worker), 25)));
        var sums = 0;
        while (!running.IsCompleted)
        {
            var read = await things.Collection.BatchGetAsync(Ids, withVectors: false, ReadConsistency.Strong, default);
            Assert.Equal(800, read.Sum(o => NumberOf(o!)));
            sums++;
        }

        var committed = (await running).Sum();
        Assert.True(committed > 20 && sums > 0, $"{committed} transfers, {sums} sums");
        Assert.Equal(800, (await things.Collection.BatchGetAsync(Ids, withVectors: false, ReadConsistency.Strong, default)).Sum(o => NumberOf(o!)));
    }

    [Fact]
    public async Task SaveAsync_WhileATransactionIsOnTheSameObjects_WaitsAndLosesNothing()
    {
        await using var things = await CreateAsync(4);
        await things.SaveAllAsync(Ids.Select(id => $$"""{"id":"{{id}}","properties":{"n":0} }"""));
        var saves = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                await things.SaveAsync($$"""{"id":"w{{worker}}-{{i}}","properties":{"n":{{i}}} }""");
                await things.PatchAsync(Ids[worker], $$"""{"properties":{"m":{{i}}} }""");
            }
        })).ToList();
        for (var i = 1; i <= 20; i++)
        {
            await TransactAsync(things, $"[{string.Join(',', Ids.Select(id => $$"""{"patch":{"id":"{{id}}","properties":{"n":{{i}}} } }"""))}]");
        }

        await Task.WhenAll(saves);
        Assert.All(Ids.Take(4), id => Assert.Equal("""{"n":20,"m":19}""", things.PropertiesAsync(id).Result));
        Assert.Equal(80 + 8, (await things.Collection.GetStatisticsAsync(default)).Objects);
    }

    private static async Task<int> TransferAsync(TestCollection things, Random random, int count)
    {
        var committed = 0;
        for (var i = 0; i < count; i++)
        {
            var (from, to) = (Ids[random.Next(Ids.Length)], Ids[random.Next(Ids.Length)]);
            if (from == to)
            {
                continue;
            }

            var (a, b) = (await things.GetAsync(from), await things.GetAsync(to));
            var amount = random.Next(10);
            try
            {
                await TransactAsync(things, $$"""
                    [{"save":{"id":"{{from}}","properties":{"n":{{NumberOf(a) - amount}}} },"ifMatch":"{{a.ETag}}"},
                     {"save":{"id":"{{to}}","properties":{"n":{{NumberOf(b) + amount}}} },"ifMatch":"{{b.ETag}}"}]
                    """);
                committed++;
            }
            catch (VektagrafException e) when (e.Kind is ErrorKind.Conflict or ErrorKind.Busy)
            {
                // Another one was faster.
            }
        }

        return committed;
    }

    private static int NumberOf(StoredObject stored) =>
        System.Text.Json.JsonDocument.Parse(stored.Properties).RootElement.GetProperty("n").GetInt32();

    private static Task<TestCollection> CreateAsync(int shards) => TestCollection.CreateAsync($$"""{"shards":{{shards}},"fields":{"n":{"type":"number"} } }""");

    private static async Task<string> ContentAsync(TestCollection things) => string.Join(
        '\n', (await things.Collection.ExportAsync(null, default)).OrderBy(o => o.Id, StringComparer.Ordinal).Select(o => $"{o.Id} {o.ETag} {Encoding.UTF8.GetString(o.Properties.Span)}"));

    private static async Task<TransactionResult> TransactAsync(TestCollection things, string operations, string? key = null)
    {
        var json = Encoding.UTF8.GetBytes($$"""{"operations":{{operations}} }""");
        return await things.Collection.TransactAsync(TransactionJson.Read(json, things.Collection.Definition), key, TestCollection.Cancel);
    }
}
