using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Optimisation;

public class ExplainTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private static readonly SearchRequest Near = new() { Vector = new VectorQuery { Value = new float[] { 50, 1 } }, K = 5 };

    private readonly SteppingClock _clock = new();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task ExplainAsync_WhenAnIndexAnswers_TheEstimateIsExact(int shards)
    {
        await using var things = await OptimiserWorld.CreateAsync(700, _clock, shards: shards);
        var explained = await QueryAsync(things, "group eq 'g3' and n lt 350", analyze: true);
        Assert.Equal("query", explained.Plan.Kind);
        var and = Assert.Single(explained.Plan.Children);
        Assert.Equal("and", and.Kind);
        Assert.Equal(["group", "n"], and.Children.Select(c => c.Field).Order(StringComparer.Ordinal));
        Assert.All(and.Children, c => Assert.Equal(("index", 1.0), (c.Kind, Math.Round(c.QError!.Value, 1))));
        Assert.Equal(50, and.ActualRows);
        Assert.Equal(50, explained.Actual!.Rows);
        Assert.InRange(explained.Plan.Estimate.Expected, 25, 100);
        Assert.Equal(["group", "n"], explained.Analysis.Usable);
        Assert.Empty(explained.Analysis.Missing);
        Assert.Equal(("low", 2), (explained.Analysis.Complexity, explained.Analysis.Conditions));
    }

    [Fact]
    public async Task ExplainAsync_WhenAFieldHasNoIndex_SaysSo_AndEstimatesWhatOneWouldChange()
    {
        await using var things = await OptimiserWorld.CreateAsync(2_000, _clock);
        var explained = await QueryAsync(things, "price lt 1000", analyze: true, new Alternative { FieldIndex = "price" }, new Alternative { FieldIndex = "n" });
        var scan = Assert.Single(explained.Plan.Children);
        Assert.Equal(("scan", true, 1_000L), (scan.Kind, scan.LacksIndex, scan.ActualRows));
        Assert.Equal(ExplainNode.QErrorOf(scan.Estimate.Expected, 1_000), scan.QError!.Value, 0.01);
        Assert.InRange(scan.QError!.Value, 1, 1.5);
        Assert.Equal(["price"], explained.Analysis.Missing);
        Assert.InRange(explained.Analysis.Selectivity, 0.3, 0.7);
        var hypothetical = explained.Alternatives[0];
        Assert.True(hypothetical.IsHypothetical);
        Assert.True(hypothetical.Predicted!.Value.CpuMs < explained.Predicted.CpuMs);
        Assert.Null(hypothetical.Ms);
        Assert.Contains("index already", explained.Alternatives[1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExplainAsync_WhenNotAnalyzed_RunsNothing()
    {
        await using var things = await OptimiserWorld.CreateAsync(100, _clock);
        var explained = await QueryAsync(things, "n lt 10", analyze: false);
        Assert.Null(explained.Actual);
        Assert.All(explained.Plan.Children.Prepend(explained.Plan), n => Assert.Null(n.ActualRows));
        Assert.Null(explained.Recorded);
        Assert.True(explained.Predicted.CpuMs > 0);
    }

    [Fact]
    public async Task ExplainAsync_WhenASearchIsAnalyzed_ComparesWhatItDidWithWhatWasPredicted()
    {
        var store = new CountingObjectStore(new MemoryObjectStore());
        await using var things = await OptimiserWorld.CreateAsync(300, _clock, store);
        await things.Collection.SearchAsync(Near, Cancel);
        var before = store.Snapshot();
        await things.Collection.SearchAsync(Near, Cancel);
        var requests = store.Snapshot().Since(before).Get.Requests;
        var explained = await things.Collection.ExplainAsync(new ExplainRequest { Search = Near, Analyze = true }, Cancel);
        var actual = explained.Actual!;
        Assert.Equal(requests, actual.Cost.Requests);
        Assert.Equal(explained.Predicted.Requests, actual.Cost.Requests);
        Assert.Equal(["snapshot", "vector", "rank", "read"], actual.Stages.Select(s => s.Name));
        Assert.Equal(actual.Ms, actual.Stages.Sum(s => s.Ms), 1e-9);
        Assert.Equal((5L, 300L, 300L, "memory"), (actual.Rows, actual.Considered, actual.Search!.Scored, actual.CacheTier));
        Assert.Equal(["flat"], explained.Plan.Children.Select(c => c.Kind));
        Assert.Equal(1, explained.Plan.QError);
        Assert.Equal(2, explained.Recorded!.Statistics.Executions);
        Assert.True(actual.Cost.Money > 0);
    }

    [Fact]
    public async Task ExplainAsync_WhenAlternativesAreAsked_RunsThemBesideTheRequest()
    {
        await using var things = await OptimiserWorld.CreateAsync(300, _clock);
        var request = new ExplainRequest
        {
            Search = Near with { Filter = "group eq 'g2'" },
            WhatIf = [new() { Index = "flat" }, new() { FilterMode = "before" }, new() { FilterMode = "after" }, new() { EfSearch = 32 }, new() { Index = "ivf" }, new() { FieldIndex = "price" }],
        };
        var results = (await things.Collection.ExplainAsync(request, Cancel)).Alternatives;
        Assert.Equal(7, results.Count);
        Assert.Null(results[0].Alternative);
        Assert.All(results.Take(4), r => Assert.Equal((1.0, 5L, null), (r.Recall, r.Rows, r.Problem)));
        Assert.All(results.Take(4), r => Assert.True(r.Ms > 0 && r.Bytes > 0 && r.Predicted!.Value.CpuMs > 0));
        Assert.True(results[3].Scored > results[1].Scored, "Testing afterwards scores what does not match, too.");
        Assert.Contains("flat index at present", results[4].Problem, StringComparison.Ordinal);
        Assert.Contains("flat index at present", results[5].Problem, StringComparison.Ordinal);
        Assert.NotNull(results[6].Problem);
        Assert.Equal(request.WhatIf, results.Skip(1).Select(r => r.Alternative));
    }

    [Fact]
    public async Task ExplainAsync_WhenAskedAgain_FindsThePlanInTheCache_UntilTheCollectionGrows()
    {
        await using var things = await OptimiserWorld.CreateAsync(300, _clock);
        Assert.False((await QueryAsync(things, "n lt 10", analyze: false)).IsCached);
        Assert.True((await QueryAsync(things, "n lt 99", analyze: false)).IsCached);
        Assert.False((await QueryAsync(things, "n gt 99", analyze: false)).IsCached);
        await things.SaveAllAsync(Enumerable.Range(0, 150).Select(i => $$"""{ "id": "new{{i}}" }"""));
        Assert.False((await QueryAsync(things, "n lt 10", analyze: false)).IsCached);
    }

    [Fact]
    public async Task ExplainAsync_WhenTheRequestIsWrong_SaysWhere()
    {
        await using var things = await OptimiserWorld.CreateAsync(3, _clock);
        await FailsAsync(things, new ExplainRequest(), string.Empty);
        await FailsAsync(things, new ExplainRequest { Search = Near, WhatIf = [new(), new()] }, "/whatIf/0");
        await FailsAsync(things, new ExplainRequest { Search = Near, WhatIf = [new() { EfSearch = 1, NProbe = 1 }] }, "/whatIf/0");
        await FailsAsync(things, new ExplainRequest { Search = Near, WhatIf = [new() { EfSearch = 9 }, new() { EfSearch = 0 }] }, "/whatIf/1");
        await FailsAsync(things, new ExplainRequest { Search = Near, WhatIf = [new() { Index = "btree" }] }, "/whatIf/0");
        await FailsAsync(things, new ExplainRequest { Search = Near, WhatIf = [new() { FilterMode = "after" }] }, "/whatIf/0");
        await FailsAsync(things, new ExplainRequest { Query = new(), WhatIf = [new() { EfSearch = 9 }] }, "/whatIf/0");
        await FailsAsync(things, new ExplainRequest { Search = Near, WhatIf = [.. Enumerable.Repeat(new Alternative { EfSearch = 9 }, 17)] }, "/whatIf");
    }

    [Fact]
    public void Parse_WhenAPriceListIsGiven_PredictsByIt()
    {
        var list = PriceList.BuiltIn with { BlobReadsPer10000 = 10_000, FunctionsGbSecond = 0, FunctionsExecutionsPerMillion = 0 };
        Assert.Equal(new QueryCost(4, 5, 7, 4), new CostModel(list).Price(4, 5, 7));
        Assert.Equal("USD", PriceList.BuiltIn.Currency);
        Assert.Throws<System.Text.Json.JsonException>(() => PriceList.Parse("{}"u8));
    }

    private static async Task FailsAsync(TestCollection things, ExplainRequest request, string pointer) =>
        Assert.Contains(pointer, (await TestCollection.FailsAsync(ErrorKind.Invalid, () => things.Collection.ExplainAsync(request, Cancel))).Errors.Keys);

    private static Task<Explanation> QueryAsync(TestCollection things, string filter, bool analyze, params Alternative[] alternatives) =>
        things.Collection.ExplainAsync(new ExplainRequest { Query = new QueryRequest { Filter = filter }, Analyze = analyze, WhatIf = alternatives }, Cancel);
}
