using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Vektagraf.Client.VectorData;

namespace Vektagraf.Client.Tests.VectorData;

public class CollectionEndToEndTests(ServerFixture server)
{
    private readonly VektagrafVectorStore _store = new(server.Client);

    [Fact]
    public async Task Collection_FromCreationToDeletion_FollowsTheAbstraction()
    {
        var name = server.NewName("hotels");
        using var hotels = _store.GetCollection<string, Hotel>(name);

        Assert.False(await hotels.CollectionExistsAsync());
        await hotels.EnsureCollectionExistsAsync();
        await hotels.EnsureCollectionExistsAsync();
        Assert.True(await hotels.CollectionExistsAsync());
        Assert.True(await _store.CollectionExistsAsync(name));
        Assert.Contains(name, await _store.ListCollectionNamesAsync().ToListAsync());

        var info = await server.Client.GetCollectionAsync(name);
        Assert.Equal(new VectorFieldDefinition { Dimensions = 3, Metric = VectorMetric.Euclidean }, info!.Vectors["Place"]);
        Assert.Equal(new FieldDefinition { Type = FieldType.Number, Index = true }, info.Fields["Stars"]);
        Assert.Equal(new FieldDefinition { Type = FieldType.StringArray, Index = true }, info.Fields["Tags"]);
        Assert.Equal(new FieldDefinition { Type = FieldType.DateTime }, info.Fields["Founded"]);
        Assert.DoesNotContain("the_city", info.Fields.Keys);

        await hotels.EnsureCollectionDeletedAsync();
        await hotels.EnsureCollectionDeletedAsync();
        await _store.EnsureCollectionDeletedAsync(name);
        Assert.False(await hotels.CollectionExistsAsync());
    }

    [Fact]
    public async Task Upsert_OneThenMany_InsertsAndReplaces()
    {
        using var hotels = await LineOfHotelsAsync(0);
        await hotels.UpsertAsync(At(1));
        var changed = At(1);
        changed.City = "Uppsala";
        await hotels.UpsertAsync([changed, At(2)]);
        await hotels.UpsertAsync([]);

        var one = await hotels.GetAsync("h01", new RecordRetrievalOptions { IncludeVectors = true });
        Assert.Equal("Uppsala", one!.City);
        Assert.Equal([1f, 0f, 0f], one.Place!.Value.ToArray());
        Assert.Null((await hotels.GetAsync("h01"))!.Place);
        Assert.Null(await hotels.GetAsync("none"));
        Assert.Equal(["h02", "h01"], await hotels.GetAsync(["h02", "none", "h01"]).Select(h => h.Key).ToListAsync());
    }

    [Fact]
    public async Task Upsert_OfManyWithARefusedOne_NamesItAndKeepsTheOthers()
    {
        using var hotels = await LineOfHotelsAsync(0);
        var bad = At(2);
        bad.Place = new float[] { 1, 2 };

        var error = await Assert.ThrowsAsync<VectorStoreException>(() => hotels.UpsertAsync([At(1), bad, At(3)]));

        Assert.Contains("'h02'", error.Message, StringComparison.Ordinal);
        Assert.Equal("UpsertBatch", error.OperationName);
        Assert.Equal(["h01", "h03"], await hotels.GetAsync(h => true, 10).Select(h => h.Key).ToListAsync());
    }

    [Fact]
    public async Task Upsert_WithoutAKey_IsRefused()
    {
        using var hotels = await LineOfHotelsAsync(0);

        await Assert.ThrowsAsync<ArgumentException>(() => hotels.UpsertAsync(new Hotel()));
    }

    [Fact]
    public async Task Delete_OneThenMany_RemovesThemAndMindsNoMissingOnes()
    {
        using var hotels = await LineOfHotelsAsync(6);

        await hotels.DeleteAsync("h00");
        await hotels.DeleteAsync("h00");
        await hotels.DeleteAsync(["h01", "none", "h03", "h05"]);

        Assert.Equal(["h02", "h04"], await hotels.GetAsync(h => true, 10).Select(h => h.Key).ToListAsync());
    }

    [Fact]
    public async Task Get_ByFilterInOrder_SkipsAndTakes()
    {
        using var hotels = await LineOfHotelsAsync(30);
        var options = new FilteredRecordRetrievalOptions<Hotel> { Skip = 3, IncludeVectors = true, OrderBy = o => o.Descending(h => h.Stars).Ascending(h => h.City).Descending(h => h.Key) };

        var found = await hotels.GetAsync(h => h.Open, 5, options).ToListAsync();

        var expected = Enumerable.Range(0, 30).Select(At).Where(h => h.Open)
            .OrderByDescending(h => h.Stars).ThenBy(h => h.City, StringComparer.Ordinal).ThenByDescending(h => h.Key, StringComparer.Ordinal).Skip(3).Take(5);
        Assert.Equal(expected.Select(h => h.Describe()), found.Select(h => h.Describe()));
        Assert.All(found, h => Assert.Equal(3, h.Place!.Value.Length));
    }

    [Fact]
    public async Task Get_ByFilterBeyondTheEnd_IsShortOrEmpty()
    {
        using var hotels = await LineOfHotelsAsync(5);

        Assert.Equal(["h04"], await hotels.GetAsync(h => true, 10, new() { Skip = 4 }).Select(h => h.Key).ToListAsync());
        Assert.Empty(await hotels.GetAsync(h => true, 10, new() { Skip = 5 }).ToListAsync());
        Assert.Empty(await hotels.GetAsync(h => h.Stars > 100, 10).ToListAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await hotels.GetAsync(h => true, 0).ToListAsync());
    }

    [Fact]
    public async Task Search_WithFilterSkipAndVectors_RanksAndScores()
    {
        using var hotels = await LineOfHotelsAsync(10);
        var options = new VectorSearchOptions<Hotel> { Filter = h => h.Open && h.Stars >= 0, Skip = 1, IncludeVectors = true };

        var results = await hotels.SearchAsync(new ReadOnlyMemory<float>([4.2f, 0, 0]), 3, options).ToListAsync();

        // Open are the even ones: nearest is h04, which is skipped.
        Assert.Equal(["h06", "h02", "h08"], results.Select(r => r.Record.Key));
        Assert.Equal(1.8, results[0].Score!.Value, 5);
        Assert.Equal([6f, 0f, 0f], results[0].Record.Place!.Value.ToArray());
        Assert.Equal("City 6", results[0].Record.City);
    }

    [Theory]
    [InlineData(DistanceFunction.CosineSimilarity)]
    [InlineData(DistanceFunction.CosineDistance)]
    [InlineData(DistanceFunction.DotProductSimilarity)]
    [InlineData(DistanceFunction.NegativeDotProductSimilarity)]
    [InlineData(DistanceFunction.EuclideanDistance)]
    [InlineData(DistanceFunction.EuclideanSquaredDistance)]
    public async Task Search_ByEveryDistanceFunction_ScoresAndCutsAsItDefines(string function)
    {
        using var collection = _store.GetDynamicCollection(server.NewName("points"), new VectorStoreCollectionDefinition
        {
            Properties = [new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreVectorProperty("V", typeof(float[]), 2) { DistanceFunction = function }],
        });
        await collection.EnsureCollectionExistsAsync();
        float[][] points = [[1, 0], [3, 1], [0.5f, 2], [-1, 0.3f], [-2, -2]];
        await collection.UpsertAsync(points.Select((p, i) => new Dictionary<string, object?> { ["Key"] = "p" + i, ["V"] = p }));
        float[] query = [2, 1];
        double ScoreOf(float[] p) => function switch
        {
            DistanceFunction.CosineSimilarity => Dot(p, query) / Math.Sqrt(Dot(p, p) * Dot(query, query)),
            DistanceFunction.CosineDistance => 1 - (Dot(p, query) / Math.Sqrt(Dot(p, p) * Dot(query, query))),
            DistanceFunction.DotProductSimilarity => Dot(p, query),
            DistanceFunction.NegativeDotProductSimilarity => -Dot(p, query),
            DistanceFunction.EuclideanDistance => Math.Sqrt(Dot(p, p) + Dot(query, query) - (2 * Dot(p, query))),
            _ => Dot(p, p) + Dot(query, query) - (2 * Dot(p, query)),
        };
        var sign = function is DistanceFunction.CosineSimilarity or DistanceFunction.DotProductSimilarity ? -1 : 1;
        var expected = points.Select((p, i) => (Key: "p" + i, Score: ScoreOf(p))).OrderBy(p => sign * p.Score).ToList();

        var all = await collection.SearchAsync(query, 10).ToListAsync();
        var threshold = all[2].Score!.Value;
        var cut = await collection.SearchAsync(query, 10, new() { ScoreThreshold = threshold }).ToListAsync();

        Assert.Equal(expected.Select(e => e.Key), all.Select(r => (string)r.Record["Key"]!));
        Assert.All(expected.Zip(all), pair => Assert.Equal(pair.First.Score, pair.Second.Score!.Value, 1e-4));
        // The third itself reaches a threshold of its own score.
        Assert.Equal(expected.Take(3).Select(e => e.Key), cut.Select(r => (string)r.Record["Key"]!));
    }

    [Fact]
    public async Task Search_ByEveryVectorType_FindsTheSame()
    {
        using var hotels = await LineOfHotelsAsync(5);
        float[] query = [3, 0, 0];

        Assert.Equal("h03", (await hotels.SearchAsync(query, 1).SingleAsync()).Record.Key);
        Assert.Equal("h03", (await hotels.SearchAsync(new ReadOnlyMemory<float>(query), 1).SingleAsync()).Record.Key);
        Assert.Equal("h03", (await hotels.SearchAsync(new Embedding<float>(query), 1).SingleAsync()).Record.Key);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await hotels.SearchAsync(42, 1).ToListAsync());
    }

    [Fact]
    public async Task Search_ForTextWhereNobodyEmbeds_IsTheServersToRefuse()
    {
        using var hotels = await LineOfHotelsAsync(1);

        var error = await Assert.ThrowsAsync<VectorStoreException>(async () => await hotels.SearchAsync("by the sea", 1).ToListAsync());

        Assert.Contains("generator", error.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, Assert.IsType<VektagrafClientException>(error.InnerException).Status);
        Assert.Equal("vektagraf", error.VectorStoreSystemName);
        Assert.Equal(hotels.Name, error.CollectionName);
        Assert.Equal("VectorizedSearch", error.OperationName);
    }

    [Fact]
    public void GetService_KnowsMetadataAndClient()
    {
        using var hotels = _store.GetCollection<string, Hotel>("some");
        var metadata = (VectorStoreCollectionMetadata)hotels.GetService(typeof(VectorStoreCollectionMetadata))!;

        Assert.Equal("vektagraf", metadata.VectorStoreSystemName);
        Assert.Equal("some", metadata.CollectionName);
        Assert.Same(server.Client, hotels.GetService(typeof(VektagrafClient)));
        Assert.Same(hotels, hotels.GetService(typeof(IVectorSearchable<Hotel>)));
        Assert.Same(server.Client, _store.GetService(typeof(VektagrafClient)));
        Assert.IsType<VectorStoreMetadata>(_store.GetService(typeof(VectorStoreMetadata)));
        Assert.Null(_store.GetService(typeof(string)));
    }

    [Fact]
    public void Collections_OfWhatVektagrafCannotHold_SayWhy()
    {
        Assert.Throws<ArgumentException>(() => _store.GetCollection<string, Dictionary<string, object?>>("x", new VectorStoreCollectionDefinition()));
        Assert.ThrowsAny<Exception>(() => _store.GetCollection<int, Hotel>("x"));
        var numeric = new VectorStoreCollectionDefinition { Properties = [new VectorStoreKeyProperty("Key", typeof(int))] };
        Assert.Contains("strings", Assert.Throws<NotSupportedException>(() => _store.GetDynamicCollection("x", numeric)).Message, StringComparison.Ordinal);
        var nested = new VectorStoreCollectionDefinition { Properties = [new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreDataProperty("Data", typeof(Uri))] };
        Assert.ThrowsAny<Exception>(() => _store.GetDynamicCollection("x", nested));
    }

    [Theory]
    [InlineData(DistanceFunction.HammingDistance, null)]
    [InlineData(null, IndexKind.DiskAnn)]
    public async Task EnsureCollectionExists_ForWhatIsNotThere_SaysWhatIs(string? function, string? index)
    {
        using var collection = _store.GetDynamicCollection(server.NewName("x"), new VectorStoreCollectionDefinition
        {
            Properties = [new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreVectorProperty("V", typeof(float[]), 2) { DistanceFunction = function, IndexKind = index }],
        });

        await Assert.ThrowsAsync<NotSupportedException>(() => collection.EnsureCollectionExistsAsync());
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b).Sum(pair => (double)pair.First * pair.Second);

    private static Hotel At(int i) => new()
    {
        Key = $"h{i:00}",
        Name = "Hotel " + i,
        City = "City " + i,
        Stars = i % 5,
        Open = i % 2 == 0,
        Place = new float[] { i, 0, 0 },
    };

    /// <summary>Hotels on a line: h00 at 0, h01 at 1…; even ones are open.</summary>
    private async Task<VectorStoreCollection<string, Hotel>> LineOfHotelsAsync(int count)
    {
        var hotels = _store.GetCollection<string, Hotel>(server.NewName("hotels"));
        await hotels.EnsureCollectionExistsAsync();
        await hotels.UpsertAsync(Enumerable.Range(0, count).Select(At));
        return hotels;
    }
}
