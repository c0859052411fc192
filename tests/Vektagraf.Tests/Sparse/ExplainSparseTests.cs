using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Sparse;

/// <summary>Searches for sparse vectors are explained and recorded like others.</summary>
public class ExplainSparseTests
{
    [Fact]
    public async Task ExplainAsync_OfASparseVectorWithWordsAndAVector_HasAStepForEach()
    {
        await using var world = await SparseWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(4), 150, 80);
        var query = new Dictionary<uint, float> { [0] = 1 };
        var search = new SearchRequest { Sparse = SparseWorld.Query(query), K = 100 };
        var alone = await world.Things.Collection.ExplainAsync(new ExplainRequest { Search = search, Analyze = true }, TestCollection.Cancel);
        var step = Assert.Single(alone.Plan.Children);
        Assert.Equal(("sparse-index", "lexical"), (step.Kind, step.Field));
        Assert.Equal(world.Rank(query).Count, alone.Actual!.Rows);
        Assert.Equal(("sparse-index", "dot", "lexical"), (alone.Actual.Search!.AccessPath, alone.Actual.Search.Metric, alone.Actual.Search.Field));
        Assert.StartsWith("search sparse lexical top 100", alone.Shape, StringComparison.Ordinal);

        var both = search with { Vector = new VectorQuery { Value = new float[] { 1, 2 } }, Text = new TextQuery { Query = "w1" }, Filter = "n lt 20" };
        var explained = await world.Things.Collection.ExplainAsync(new ExplainRequest { Search = both }, TestCollection.Cancel);
        Assert.Equal(["text-index", "sparse-index", "flat", "index"], explained.Plan.Children.Select(c => c.Kind));
        Assert.Contains("text (title) sparse lexical", explained.Shape, StringComparison.Ordinal);
        Assert.NotEqual(alone.Signature, explained.Signature);
        var other = await world.Things.Collection.ExplainAsync(new ExplainRequest { Search = search with { Sparse = SparseWorld.Query(query, "other") } }, TestCollection.Cancel);
        Assert.NotEqual(alone.Signature, other.Signature);
        var refused = await Assert.ThrowsAsync<VektagrafException>(
            () => world.Things.Collection.ExplainAsync(new ExplainRequest { Search = search, WhatIf = [new Alternative { EfSearch = 10 }] }, TestCollection.Cancel));
        Assert.Contains("/whatIf", refused.Errors.Keys);
    }
}
