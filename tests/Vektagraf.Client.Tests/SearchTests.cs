using System.Net;
using System.Text.Json;

namespace Vektagraf.Client.Tests;

public class SearchTests(ServerFixture server)
{
    private VektagrafClient Client => server.Client;

    [Fact]
    public async Task Search_ByVector_RanksByDistance()
    {
        var name = await LineAsync();

        var answer = await Client.SearchAsync(name, new SearchRequest { Vector = new() { Value = new float[] { 3.1f, 0 } }, K = 3, Explain = true });

        Assert.Equal(["p03", "p04", "p02"], answer.Results.Select(r => r.Id));
        Assert.Equal(0.1, answer.Results[0].Distance!.Value, 5);
        Assert.Equal(1 / 1.1, answer.Results[0].Score, 5);
        Assert.Equal("even", answer.Results[1].Properties.GetProperty("color").GetString());
        Assert.Null(answer.Results[0].Vectors);
        Assert.Empty(answer.MissingShards);
        Assert.Equal(JsonValueKind.Object, answer.Plan.ValueKind);
        Assert.True(answer.TookMs >= 0);
    }

    [Fact]
    public async Task Search_WithEveryOption_HonoursThem()
    {
        var name = await LineAsync();
        var before = (await Client.GetObjectAsync(name, "p00"), Session: (await Client.QueryAsync(name, new QueryRequest { Limit = 1 })).Session);
        await Client.PutObjectAsync(name, Things.Make("late", "even", 0, 4, 0));

        var answer = await Client.SearchAsync(name, new SearchRequest
        {
            Vector = new() { Field = "place", Id = "p04" },
            K = 2,
            Offset = 1,
            Filter = "color eq 'even'",
            Recall = 1,
            Parameters = new() { EfSearch = 10, Nprobe = 2, Exact = true },
            Select = ["size"],
            IncludeVectors = true,
            MinScore = 0.01,
            AsOf = before.Session,
        });

        // Without p04 itself, odd ones, what came late, and the first: p02 and p06 are equally near, by id.
        Assert.Equal(["p06", "p00"], answer.Results.Select(r => r.Id));
        Assert.Equal("""{"size":6}""", answer.Results[0].Properties.GetRawText());
        Assert.Equal([6f, 0f], answer.Results[0].Vectors!["place"].ToArray());
        Assert.Equal(JsonValueKind.Undefined, answer.Plan.ValueKind);
    }

    [Fact]
    public async Task Search_ForASparseVector_CarriesItBothWays()
    {
        var name = server.NewName();
        var sparse = new Dictionary<string, SparseFieldDefinition> { ["lexical"] = new() };
        var created = await Client.PutCollectionAsync(name, new CollectionDefinition { Sparse = sparse, Fields = new Dictionary<string, FieldDefinition> { ["color"] = new() { Type = FieldType.Text } } });
        Assert.Equal(["lexical"], created.Collection.Definition.Sparse!.Keys);
        await Client.PutObjectAsync(name, Things.Make("a", "red", 1) with { Vectors = null, Sparse = new Dictionary<string, SparseVector> { ["lexical"] = new([7, 1], [0.5f, 2]) } });
        await Client.PutObjectAsync(name, (Things.Make("b", "blue", 2) with { Vectors = null }).WithSparse("lexical", new([uint.MaxValue, 7], [1, 1])));

        var answer = await Client.SearchAsync(name, new SearchRequest
        {
            Sparse = new SparseQuery { Field = "lexical", Indices = [7], Values = [2] },
            Text = new TextQuery { Query = "red" },
            Fusion = new RankFusion(Weights: new FusionWeights(Sparse: 3)),
            IncludeVectors = true,
            Explain = true,
        });

        Assert.Equal(["a", "b"], answer.Results.Select(r => r.Id));
        Assert.Equal((1.0 / 61) + (3.0 / 62), answer.Results[0].Score, 12);
        Assert.Equal((new SideRank(1, 2), new SideRank(2, 1)), (answer.Results[1].Ranks!["sparse"], answer.Results[0].Ranks!["sparse"]));
        Assert.Equal([1u, 7u], answer.Results[0].Sparse!["lexical"].Indices);
        Assert.Equal([2f, 0.5f], answer.Results[0].Sparse!["lexical"].Values);
        var got = await Client.GetObjectAsync(name, "b", includeVectors: true);
        Assert.Equal([7u, uint.MaxValue], got!.Sparse!["lexical"].Indices);
        Assert.Null((await Client.GetObjectAsync(name, "b"))!.Sparse);
    }

    [Fact]
    public async Task Search_ForWordsAndAVector_CarriesRanksAndExcerpts()
    {
        var name = server.NewName();
        await Client.PutCollectionAsync(name, new CollectionDefinition
        {
            Vectors = new Dictionary<string, VectorFieldDefinition> { ["v"] = new() { Dimensions = 2 } },
            Fields = new Dictionary<string, FieldDefinition> { ["text"] = new() { Type = FieldType.Text } },
        });
        await Client.PutObjectAsync(name, Text("a", "running shoes") with { Vectors = new Dictionary<string, ReadOnlyMemory<float>> { ["v"] = new float[] { 1, 0 } } });
        await Client.PutObjectAsync(name, Text("b", "rain jacket") with { Vectors = new Dictionary<string, ReadOnlyMemory<float>> { ["v"] = new float[] { 0, 1 } } });

        var words = await Client.SearchAsync(name, new SearchRequest { Text = new() { Query = "runs", Fields = ["text"], Weights = new Dictionary<string, double> { ["text"] = 2 } }, Highlight = new Highlight(PreTag: "[", PostTag: "]") });
        var both = await Client.SearchAsync(name, new SearchRequest { Vector = new() { Value = new float[] { 0, 1 } }, Text = new() { Query = "runs" }, Fusion = new RankFusion(10, new FusionWeights(1, 3)), Explain = true });

        Assert.Null(Assert.Single(words.Results).Distance);
        Assert.Equal(["[running] shoes"], words.Results[0].Highlights!["text"]);
        Assert.Equal(["a", "b"], both.Results.Select(r => r.Id));
        Assert.Equal((1.0 / 12) + (3.0 / 11), both.Results[0].Score, 12);
        Assert.Equal((2, 1), (both.Results[0].Ranks!["vector"].Rank, both.Results[0].Ranks!["text"].Rank));
    }

    [Fact]
    public async Task Search_GroupedByAField_LimitsEachValue()
    {
        var name = await LineAsync();

        var answer = await Client.SearchAsync(name, new SearchRequest { Vector = new() { Value = new float[] { 0, 0 } }, GroupBy = new GroupBy("color") });

        Assert.Equal(["p00", "p01"], answer.Results.Select(r => r.Id));
    }

    [Fact]
    public async Task Search_WithDiversity_PassesOverWhatIsAlike()
    {
        var name = await LineAsync();
        await Client.PutObjectAsync(name, Things.Make("q", "odd", 0, 0, 0));
        var request = new SearchRequest { Vector = new() { Value = new float[] { 0, 0 } }, K = 2 };

        Assert.Equal(["p00", "q"], (await Client.SearchAsync(name, request)).Results.Select(r => r.Id));
        Assert.Equal(["p00", "p09"], (await Client.SearchAsync(name, request with { Diversity = new Diversity(0.4, 20) })).Results.Select(r => r.Id));
    }

    [Fact]
    public async Task Search_ByTextWithAGenerator_FindsByMeaning()
    {
        var name = server.NewName();
        await Client.PutCollectionAsync(name, new CollectionDefinition
        {
            Vectors = new Dictionary<string, VectorFieldDefinition> { ["v"] = new() { Dimensions = 8, Generator = "lsa", From = ["text"] } },
        });
        string[] texts = ["the cat sat on the mat", "a dog and a cat", "stocks fell on monday", "bonds and stocks rose", "the mat was red"];
        await Client.ImportAsync(name, texts.Select((t, i) => Text("t" + i, t)).ToAsyncEnumerable());

        var answer = await Client.SearchAsync(name, new SearchRequest { Vector = new() { Text = "stocks" }, K = 2 });

        Assert.Equal(["t2", "t3"], answer.Results.Select(r => r.Id).Order());
    }

    [Fact]
    public async Task SearchBatch_OfSeveral_AnswersInOrder()
    {
        var name = await LineAsync();

        var answers = await Client.SearchBatchAsync(name, [.. new[] { 7f, 2f }.Select(x => new SearchRequest { Vector = new() { Value = new[] { x, 0 } }, K = 1 })]);

        Assert.Equal(["p07", "p02"], answers.Select(a => a.Results.Single().Id));
    }

    [Fact]
    public async Task Search_WithAFilterThatDoesNotParse_SaysWhereAndWhatToWrite()
    {
        var name = await LineAsync();

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.SearchAsync(name, new SearchRequest { Vector = new() { Id = "p00" }, Filter = "size = 3" }));

        Assert.Equal(HttpStatusCode.BadRequest, error.Status);
        Assert.Equal("invalid-filter", error.Slug);
        Assert.Contains("eq", error.Errors["/filter"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_ByPages_FollowsTheCursor()
    {
        var name = await LineAsync();
        var request = new QueryRequest { Filter = "size ge 2", OrderBy = ["color desc", "size"], Limit = 3, Select = ["color"] };

        var first = await Client.QueryAsync(name, request);
        var second = await Client.QueryAsync(name, request with { Cursor = first.Cursor });

        Assert.Equal(["p03", "p05", "p07"], first.Results.Select(r => r.Id));
        Assert.Equal(["p09", "p02", "p04"], second.Results.Select(r => r.Id));
        Assert.Equal("""{"color":"odd"}""", first.Results[0].Properties.GetRawText());
        Assert.NotNull(first.Results[0].ETag);
    }

    [Fact]
    public async Task QueryAll_WhileOthersWrite_ReadsTheSnapshotOfTheFirstPage()
    {
        var name = await LineAsync();
        var seen = new List<string>();
        await foreach (var found in Client.QueryAllAsync(name, new QueryRequest { Limit = 4, IncludeVectors = true }))
        {
            if (seen.Count == 0)
            {
                await Client.DeleteObjectAsync(name, "p05");
                await Client.PutObjectAsync(name, Things.Make("p99", "odd", 99));
            }

            seen.Add(found.Id);
            Assert.Equal(2, found.Vectors!["place"].Length);
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"p{i:00}"), seen);
    }

    [Fact]
    public async Task Query_ForAnUnknownFieldCloseToAKnownOne_Warns()
    {
        var name = await LineAsync();

        var page = await Client.QueryAsync(name, new QueryRequest { Filter = "colour eq 'odd'" });

        Assert.Contains("color", Assert.Single(page.Warnings), StringComparison.Ordinal);
    }

    private static VektagrafObject Text(string id, string text) => new() { Id = id, Properties = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["text"] = text }) };

    /// <summary>Ten points on a line, p00 at 0 to p09 at 9.</summary>
    private async Task<string> LineAsync()
    {
        var name = await server.NewCollectionAsync(shards: 2);
        await Client.ImportAsync(name, Enumerable.Range(0, 10).Select(i => Things.Make($"p{i:00}", i % 2 == 0 ? "even" : "odd", i, i, 0)).ToAsyncEnumerable());
        return name;
    }
}
