using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Storage;
using Vektagraf.Tests.Collections;
using Vektagraf.Tests.Segments;

namespace Vektagraf.Tests.Querying.Execution;

/// <summary>Queries by indexes against a look at every object.</summary>
public class QueryModelTests
{
    private static readonly Gen<(int Id, string? Type, string? Properties)> Write = Gen.Select(
        Gen.Int[0, 40], FieldIndexWorld.AnyOf("A", "B", null), QueryWorld.Properties, Gen.Int[0, 4], (id, type, properties, fate) => (id, type, fate == 0 ? null : properties));

    [Fact]
    public async Task QueryAsync_OfAnyFilterAndOrder_FindsWhatALookAtEveryObjectFinds() => await Gen.Select(
        QueryWorld.Definitions, Write.Array[0, 60], Write.Array[0, 30], Gen.Select(QueryWorld.Filters, QueryWorld.Orders, Gen.Int[1, 12]).Array[1, 6]).SampleAsync(async (definition, first, second, queries) =>
    {
        var store = new MemoryObjectStore();
        await using (var things = await TestCollection.CreateAsync(definition, store))
        {
            await ApplyAsync(things, first);
            await AssertAllAsync(things, queries);
            await ApplyAsync(things, second);
            await AssertAllAsync(things, queries);
            await things.Collection.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, default);
        }

        // From segments and, behind them, a tail of entries.
        await using var again = await TestCollection.CreateAsync(definition, store);
        await again.SaveAsync(QueryWorld.ObjectOf("o7", "A", """{"price":2,"name":"ab","tags":["a"]}"""));
        await AssertAllAsync(again, queries);
        await ApplyAsync(again, first);
        await AssertAllAsync(again, queries);
    }, iter: 300);

    [Fact]
    public async Task QueryAsync_OverPagesWhileOthersWrite_GivesTheFirstPagesSnapshot() => await Gen.Select(
        QueryWorld.Definitions, Write.Array[20, 60], Write.Array[60], QueryWorld.Filters, QueryWorld.Orders, Gen.Int[1, 6]).SampleAsync(async (definition, first, later, filter, order, limit) =>
    {
        await using var things = await TestCollection.CreateAsync(definition);
        await ApplyAsync(things, first);
        var expected = QueryWorld.Expected(await QueryWorld.AllAsync(things), filter, order, things.Collection.Definition);
        var found = new List<string>();
        string? cursor = null;
        var writes = 0;
        do
        {
            var page = await things.Collection.QueryAsync(new QueryRequest { Filter = filter, OrderBy = order, Limit = limit, Cursor = cursor, Aggregate = new AggregateRequest { Count = true } }, default);
            Assert.Equal(expected.Count, page.Aggregates!.Count);
            found.AddRange(page.Results.Select(o => o.Id));
            cursor = page.Cursor;
            await ApplyAsync(things, later.Skip(writes).Take(3));
            writes += 3;
        }
        while (cursor is not null);
        Assert.Equal(expected.Select(o => o.Id), found);
    }, iter: 200);

    [Fact]
    public async Task PlanFilterAsync_OfAnyFilter_BracketsTheTruth() => await Gen.Select(
        QueryWorld.Definitions, Write.Array[0, 100], QueryWorld.Filters.Array[1, 10]).SampleAsync(async (definition, writes, filters) =>
    {
        await using var things = await TestCollection.CreateAsync(definition);
        await ApplyAsync(things, writes);
        var all = await QueryWorld.AllAsync(things);
        foreach (var filter in filters)
        {
            var truth = QueryWorld.Expected(all, filter, [], things.Collection.Definition).Count;
            var plan = await things.Collection.PlanFilterAsync(filter, run: true, default);
            var (min, expected, max) = plan.Estimate;
            Assert.True(min <= truth && truth <= max && min <= expected && expected <= max, $"{plan.Estimate} for {truth} objects of {filter}");
            Assert.Equal((truth, all.Count), (plan.ActualRows!.Value, plan.LiveRows));
            foreach (var node in plan.Shards.SelectMany(s => s.DescendantsAndSelf()))
            {
                Assert.InRange(node.OutputRows, 0, node.InputRows);
                Assert.True(node.Estimate.Min <= node.Estimate.Expected && node.Estimate.Expected <= node.Estimate.Max, $"{node.Estimate} of {node.Expression}");
            }
        }
    }, iter: 300);

    [Fact]
    public async Task QueryAsync_OverManyRows_UsesListsAndBitsAlike()
    {
        // Enough rows for bits, for values kept as bits, for runs that are joined, and for walks in order.
        await using var things = await TestCollection.CreateAsync("""{"fields":{"k":{"type":"string","index":true},"n":{"type":"number","index":true},"u":{"type":"string","index":true},"t":{"type":"string[]","index":true},"free":{"type":"number"}}}""");
        var random = new Random(5);
        for (var round = 0; round < 4; round++)
        {
            await things.Collection.ImportAsync(Enumerable.Range(0, 9_000 >> round).Select(_ => Draft(random, things.Collection.Definition)), null, default);
            var all = await QueryWorld.AllAsync(things);
            foreach (var filter in (string[])["k eq 'k1'", "k in ('k1','k2') and n lt 100", "n ge 10 and n lt 12", "u eq 'u77'", "t/any(x: x eq 'a') and k ne 'k0'", "t/all(x: x ne 'a')", "n lt 300 or k eq 'k3'", "not (n lt 900) and free lt 5", "contains(u, '7') and n gt 500", "free eq 3", "n eq null", "k eq 'k1' and n lt 500 and free lt 5 and u gt 'u3'"])
            {
                foreach (var order in (string[][])[[], ["n"], ["n desc", "u"], ["k", "n desc"], ["k desc"], ["u"], ["id desc"], ["free"]])
                {
                    var expected = QueryWorld.Expected(all, filter, order, things.Collection.Definition);
                    var first = await things.Collection.QueryAsync(new QueryRequest { Filter = filter, OrderBy = order, Limit = 20 }, default);
                    Assert.Equal(QueryWorld.Show(expected.Take(20).Select(o => o.Id)), QueryWorld.Show(first.Results.Select(o => o.Id)));
                    if (first.Cursor is not null)
                    {
                        var second = await things.Collection.QueryAsync(new QueryRequest { Filter = filter, OrderBy = order, Limit = 30, Cursor = first.Cursor }, default);
                        Assert.Equal(QueryWorld.Show(expected.Skip(20).Take(30).Select(o => o.Id)), QueryWorld.Show(second.Results.Select(o => o.Id)));
                    }
                }

                var plan = await things.Collection.PlanFilterAsync(filter, run: true, default);
                Assert.InRange(plan.ActualRows!.Value, plan.Estimate.Min, plan.Estimate.Max);
                Assert.Equal(QueryWorld.Expected(all, filter, [], things.Collection.Definition).Count, plan.ActualRows);
            }
        }
    }

    private static ObjectDraft Draft(Random random, CollectionDefinition definition)
    {
        var number = random.Next(20) == 0 ? "null" : $"{random.Next(1000)}";
        var json = $$"""{"id":"o{{random.Next(12_000)}}","properties":{"k":"k{{random.Next(6)}}","n":{{number}},"u":"u{{random.Next(100_000)}}","t":["{{"abc"[random.Next(3)]}}","{{"xyz"[random.Next(3)]}}"],"free":{{random.Next(10)}} } }""";
        return ObjectJson.Read(System.Text.Encoding.UTF8.GetBytes(json), definition);
    }

    private static async Task ApplyAsync(TestCollection things, IEnumerable<(int Id, string? Type, string? Properties)> writes)
    {
        foreach (var (id, type, properties) in writes)
        {
            if (properties is not null)
            {
                await things.SaveAsync(QueryWorld.ObjectOf($"o{id}", type, properties));
            }
            else if ((await things.Collection.BatchGetAsync([$"o{id}"], false, default, default))[0] is not null)
            {
                await things.DeleteAsync($"o{id}");
            }
        }
    }

    private static async Task AssertAllAsync(TestCollection things, (string Filter, string[] Order, int Limit)[] queries)
    {
        var all = await QueryWorld.AllAsync(things);
        foreach (var (filter, order, limit) in queries)
        {
            var expected = QueryWorld.Expected(all, filter, order, things.Collection.Definition);
            var found = await things.Collection.QueryAsync(new QueryRequest { Filter = filter, OrderBy = order, Limit = limit, Aggregate = new AggregateRequest { Count = true } }, default);
            Assert.Equal(QueryWorld.Show(expected.Take(limit).Select(o => o.Id)), QueryWorld.Show(found.Results.Select(o => o.Id)));
            Assert.Equal((expected.Count, expected.Count > limit), (found.Aggregates!.Count, found.Cursor is not null));
        }
    }
}
