using Vektagraf.Monitoring;
using Vektagraf.Querying;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Monitoring;

public class RecallTests
{
    private const int Dimensions = 32;

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task MeasureRecallAsync_OfRecordedQueries_IsWhatAnIndependentBruteForceSays()
    {
        var vectors = Vectors(4_000, seed: 3);
        await using var things = await CreateAsync(vectors);
        var queries = Vectors(12, seed: 4);
        var parameters = new SearchParams { EfSearch = 10 };
        var (right, found) = (0, new List<int>());
        foreach (var query in queries)
        {
            // Each in a shape of its own, so that all are kept.
            var hits = (await things.Collection.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = query }, K = 10 + (16 * found.Count), Params = parameters }, Cancel)).Hits;
            Assert.NotEmpty(hits);
            hits = (await things.Collection.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = query }, K = 10, Params = parameters, Filter = $"n ne {-1 - found.Count}" }, Cancel)).Hits;
            var truth = vectors.Select((v, i) => (Distance: Distance(v, query), Id: $"o{i:D5}")).OrderBy(p => p.Distance).Take(10).Select(p => p.Id).ToHashSet(StringComparer.Ordinal);
            found.Add(hits.Count(h => truth.Contains(h.Object.Id)));
            right += found[^1];
        }

        var recorded = (await things.Collection.ListPlansAsync(Cancel)).Sum(p => p.Samples.Count);
        var report = await things.Collection.MeasureRecallAsync(new RecallRequest { K = 10, Samples = recorded, Params = parameters }, Cancel);
        Assert.Equal((recorded, recorded), (report.Queries, report.Recorded));
        Assert.Equal("hnsw", report.AccessPath);
        var estimate = Assert.NotNull(report.Estimate);
        Assert.True(estimate.Lower < estimate.Recall && estimate.Recall < estimate.Upper && estimate.Recall < 1, $"{estimate}");
        Assert.InRange(right / 120.0, estimate.Lower, estimate.Upper);
        Assert.Equal(report.Distribution.Average(), estimate.Recall, 1e-9);
    }

    [Fact]
    public async Task MeasureRecallAsync_WhenSearchesAreExact_IsOne_AndLeavesTheObjectItselfOut()
    {
        var vectors = Vectors(500, seed: 5);
        await using var things = await CreateAsync(vectors);
        var report = await things.Collection.MeasureRecallAsync(new RecallRequest { K = 5, Samples = 40 }, Cancel);
        Assert.Equal((40, 0, 5, "flat"), (report.Queries, report.Recorded, report.K, report.AccessPath));
        var estimate = Assert.NotNull(report.Estimate);
        Assert.Equal(1, estimate.Recall);
        Assert.Equal(1, estimate.Upper, 1e-12);
        Assert.InRange(estimate.Lower, 0.9, 0.99);
        Assert.True(report.IsComplete);
    }

    [Fact]
    public async Task MeasureRecallAsync_OfStoredVectors_IsWhatAnIndependentBruteForceSays()
    {
        var vectors = Vectors(3_000, seed: 6);
        await using var things = await CreateAsync(vectors);
        var parameters = new SearchParams { EfSearch = 12 };
        var report = await things.Collection.MeasureRecallAsync(new RecallRequest { K = 10, Samples = 2_000, Params = parameters, Budget = TimeSpan.FromHours(1) }, Cancel);
        var right = 0;
        for (var i = 0; i < 300; i++)
        {
            var hits = (await things.Collection.SearchAsync(new SearchRequest { Vector = new VectorQuery { Id = $"o{i:D5}" }, K = 10, Params = parameters }, Cancel)).Hits;
            var truth = Enumerable.Range(0, vectors.Length).Where(j => j != i).OrderBy(j => Distance(vectors[j], vectors[i])).Take(10).Select(j => $"o{j:D5}").ToHashSet(StringComparer.Ordinal);
            right += hits.Count(h => truth.Contains(h.Object.Id));
        }

        // Both are samples of the same collection; the greater one is within two percent of the truth.
        Assert.Equal(right / 3_000.0, report.Estimate!.Value.Recall, 0.02);
    }

    [Fact]
    public async Task MeasureRecallAsync_WhenThereIsNothing_SaysNothing()
    {
        await using var things = await CreateAsync([]);
        var report = await things.Collection.MeasureRecallAsync(new RecallRequest(), Cancel);
        Assert.Equal((0, null), (report.Queries, report.Estimate));
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => things.Collection.MeasureRecallAsync(new RecallRequest { Samples = 0 }, Cancel));
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => things.Collection.MeasureRecallAsync(new RecallRequest { K = 100_000 }, Cancel));
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => things.Collection.MeasureRecallAsync(new RecallRequest { Field = "none" }, Cancel));
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => things.Collection.MeasureRecallAsync(new RecallRequest { Filter = "n eq" }, Cancel));
        await TestCollection.FailsAsync(ErrorKind.Invalid, () => things.Collection.MeasureRecallAsync(new RecallRequest { Recall = 2 }, Cancel));
    }

    [Theory]
    [InlineData(0.95, 5.0)]
    [InlineData(0.9, 2.0)]
    [InlineData(0.99, 20.0)]
    public void Of_WhenMissesComeTogether_HoldsTheTruthAsOftenAsItSays(double recall, double concentration)
    {
        // Queries have recalls of their own, drawn from a beta distribution; the smaller the concentration, the more they differ.
        var random = new Random(11);
        var held = 0;
        const int Trials = 1_000;
        for (var trial = 0; trial < Trials; trial++)
        {
            var hits = Enumerable.Range(0, 100).Select(_ =>
            {
                var p = Beta(random, recall * concentration, (1 - recall) * concentration);
                return (Enumerable.Range(0, 10).Count(_ => random.NextDouble() < p), 10);
            }).ToList();
            var estimate = RecallEstimate.Of(hits)!.Value;
            held += estimate.Lower <= recall && recall <= estimate.Upper ? 1 : 0;
        }

        Assert.InRange(held / (double)Trials, 0.92, 1);
    }

    [Fact]
    public void Of_ForIndependentTrials_IsWilsonsInterval()
    {
        // One neighbour a query: 90 of 100, as tables have it.
        var estimate = RecallEstimate.Of([.. Enumerable.Range(0, 100).Select(i => (i < 90 ? 1 : 0, 1))])!.Value;
        Assert.Equal((0.9, 0.8256, 0.9448), (estimate.Recall, Math.Round(estimate.Lower, 4), Math.Round(estimate.Upper, 4)));
        Assert.Null(RecallEstimate.Of([(0, 0)]));
    }

    [Fact]
    public async Task ProbeRecallAsync_WhenItRuns_WritesWhatThresholdsAndSeriesShow()
    {
        var nodes = new MonitoredNodes();
        var store = new Vektagraf.Storage.MemoryObjectStore();
        await using var things = await CreateAsync(Vectors(3_000, seed: 8), nodes, store);
        var probe = Assert.Single(await things.Database.ProbeRecallAsync(new RecallProbeOptions { Samples = 30 }, Cancel));
        Assert.Equal((TestCollection.Name, "e", 30, false), (probe.Collection, probe.Field, probe.Queries, probe.Recalibrated));
        Assert.InRange(probe.Recall, probe.Lower, probe.Upper);
        nodes.Clock.Advance(TimeSpan.FromMinutes(1));
        var report = await things.Database.ReadMetricsAsync(new MetricRequest(["recall"], Step: TimeSpan.FromHours(1)), Cancel);
        Assert.Equal(probe.Recall, report.Series[0].Points[0].Value);
        var threshold = MonitoredNodes.Above(1.01, seconds: 0, metric: "recall") with { Comparison = ThresholdComparison.Below, Collection = TestCollection.Name };
        await things.Database.PutThresholdAsync(threshold, Cancel);
        await things.Database.PutThresholdAsync(threshold with { Name = "other", Collection = "other" }, Cancel);
        nodes.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, (await things.Database.CheckThresholdsAsync(Cancel)).Raised);
        Assert.Single(await things.Database.ListRecallProbesAsync(nodes.Clock.GetUtcNow().AddHours(-1), Cancel));
        await nodes.DisposeAsync();
    }

    [Fact]
    public async Task ProbeRecallAsync_WhenRecallFallsShortTimeAfterTime_MeasuresTheIndexAnew()
    {
        var nodes = new MonitoredNodes();

        // The index is measured on vectors of a plane, where little effort finds all; then come as many that fill the space.
        var plane = Array.ConvertAll(Vectors(4_600, seed: 9), v => v.Select((x, i) => i < 2 ? 10 + x : 0).ToArray());
        await using var things = await CreateAsync(plane, nodes, objective: 0.95);
        await ImportAsync(things, Vectors(3_000, seed: 10), first: plane.Length);
        var probes = new List<RecallProbe>();
        for (var i = 0; i < 4; i++)
        {
            nodes.Clock.Advance(TimeSpan.FromMinutes(10));
            probes.AddRange(await things.Database.ProbeRecallAsync(new RecallProbeOptions { Samples = 100 }, Cancel));
        }

        var text = string.Join(' ', probes.Select(p => $"{p.Recall:F3}<{p.Upper:F3}"));
        Assert.Equal([false, false, true, false], probes.Select(p => p.Recalibrated));
        Assert.True(probes.Take(3).All(p => p.Upper < 0.95), text);
        Assert.True(probes[3].Recall > probes[2].Upper, text);
        Assert.Single(nodes.Log.Messages, m => m.Text.Contains("measured anew: True", StringComparison.Ordinal));
        await nodes.DisposeAsync();
    }

    private static double Beta(Random random, double a, double b)
    {
        // Jöhnk's method.
        while (true)
        {
            var (x, y) = (Math.Pow(random.NextDouble(), 1 / a), Math.Pow(random.NextDouble(), 1 / b));
            if (x + y is > 0 and <= 1)
            {
                return x / (x + y);
            }
        }
    }

    private static double Distance(float[] a, float[] b) => a.Zip(b).Sum(p => (p.First - (double)p.Second) * (p.First - p.Second));

    private static float[][] Vectors(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, Dimensions).Select(_ => (float)(random.NextDouble() + random.NextDouble() - 1)).ToArray())];
    }

    private static async Task<TestCollection> CreateAsync(float[][] vectors, MonitoredNodes? nodes = null, Vektagraf.Storage.IObjectStore? store = null, double objective = 0.9)
    {
        var definition = $$"""{ "objective": { "recall": {{objective.ToString(System.Globalization.CultureInfo.InvariantCulture)}}, "k": 10 }, "vectors": { "e": { "dimensions": {{Dimensions}}, "metric": "euclidean", "index": "{{(vectors.Length > 1_000 ? "hnsw" : "flat")}}" } }, "fields": { "n": { "type": "number" } } }""";
        var options = nodes is null
            ? new VektagrafOptions { IndexesInBackground = false }
            : new VektagrafOptions { IndexesInBackground = false, Time = nodes.Clock, Insights = nodes.Insights, Logging = nodes.Log };
        var things = await TestCollection.CreateAsync(definition, store, options);
        await ImportAsync(things, vectors, first: 0);
        return things;
    }

    private static async Task ImportAsync(TestCollection things, float[][] vectors, int first)
    {
        var lines = vectors.Select((v, i) => $$"""{ "id": "o{{first + i:D5}}", "properties": { "n": {{first + i}} }, "vectors": { "e": [{{string.Join(',', v.Select(x => x.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))}}] } }""");
        Assert.Equal(vectors.Length, (await things.ImportAsync(string.Join('\n', lines))).Imported);
        await things.Collection.MaintainAsync(new Vektagraf.Compaction.CompactionOptions { FoldEntries = 1 }, Cancel);
    }
}
