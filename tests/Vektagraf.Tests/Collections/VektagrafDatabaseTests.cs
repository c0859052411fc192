using System.Text;
using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.TestKit;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class VektagrafDatabaseTests
{
    private const string Definition = """{"shards":2,"vectors":{"v":{"dimensions":2}},"fields":{"n":{"type":"number"}}}""";

    // Every call reads the catalog, so that what another instance did shows at once.
    private static readonly VektagrafOptions NoCache = new() { CatalogStaleness = TimeSpan.Zero };

    [Fact]
    public async Task PutCollectionAsync_WhenTheDefinitionIsTheSame_ChangesNothing()
    {
        await using var things = await CreateAsync(Definition);
        await things.SaveAsync("""{"id":"a"}""");
        var before = (await things.Store.GetAsync("catalog/things")).ETag;
        var (collection, created) = await things.Database.PutCollectionAsync(Name, Parse(Definition), Cancel);
        Assert.False(created);
        Assert.Equal(before, (await things.Store.GetAsync("catalog/things")).ETag);
        Assert.NotNull(await collection.GetAsync("a", withVectors: false, ReadConsistency.Strong, Cancel));
    }

    [Theory]
    [InlineData("""{"shards":3,"vectors":{"v":{"dimensions":2}},"fields":{"n":{"type":"number"}}}""")]
    [InlineData("""{"shards":2,"fields":{"n":{"type":"number"}}}""")]
    [InlineData("""{"shards":2,"vectors":{"v":{"dimensions":3}},"fields":{"n":{"type":"number"}}}""")]
    [InlineData("""{"shards":2,"vectors":{"v":{"dimensions":2,"metric":"dot"}},"fields":{"n":{"type":"number"}}}""")]
    [InlineData("""{"shards":2,"vectors":{"v":{"dimensions":2,"generator":"lsa","from":["t"]}},"fields":{"n":{"type":"number"}}}""")]
    [InlineData("""{"shards":2,"vectors":{"v":{"dimensions":2}},"fields":{"n":{"type":"string"}}}""")]
    public async Task PutCollectionAsync_WhenTheChangeNeedsARebuild_IsAConflict(string changed)
    {
        await using var things = await CreateAsync(Definition);
        var e = await FailsAsync(ErrorKind.Conflict, () => things.Database.PutCollectionAsync(Name, Parse(changed), Cancel));
        Assert.Equal("needs-rebuild", e.Slug);
        Assert.Equal(2, (await things.Database.GetCollectionAsync(Name, Cancel)).Definition.Vectors["v"].Dimensions);
    }

    [Fact]
    public async Task PutCollectionAsync_WhenFieldsAreAdded_FillsTheirColumnsFromWhatIsThere()
    {
        await using var things = await CreateAsync("""{"vectors":{"v":{"dimensions":2}}}""");
        await things.SaveAllAsync(
        [
            """{"id":"a","properties":{"price":3,"tags":["x","y"],"at":"2030-01-01T00:00:00Z"},"vectors":{"v":[1,0]}}""",
            """{"id":"b","properties":{"price":"not a number"}}""",
            """{"id":"c"}""",
        ]);
        var (changed, created) = await things.Database.PutCollectionAsync(
            Name,
            Parse("""{"vectors":{"v":{"dimensions":2,"index":"hnsw"},"w":{"dimensions":1,"metric":"dot"}},"fields":{"price":{"type":"number"},"tags":{"type":"string[]"},"at":{"type":"datetime"}}}"""),
            Cancel);
        Assert.False(created);
        async Task<string> Find(string filter) => Ids((await changed.QueryAsync(new() { Filter = filter }, Cancel)).Results);
        Assert.Equal("a", await Find("price ge 3"));
        Assert.Equal("a", await Find("at gt 2029-12-31T00:00:00Z"));
        Assert.Equal("b", await Find("not (id eq 'a') and not (id eq 'c')"));

        // New objects must fit, and may have the new vector.
        await FailsAsync(ErrorKind.Invalid, () => Task.FromResult(ObjectJson.Read("""{"id":"d","properties":{"price":"x"}}"""u8, changed.Definition)));
        await changed.SaveAsync(ObjectJson.Read("""{"id":"d","vectors":{"w":[4]}}"""u8, changed.Definition), default, Cancel);
        var hits = await changed.SearchAsync(new() { Vector = new() { Field = "w", Value = new[] { 1f } } }, Cancel);
        Assert.Equal("d", Assert.Single(hits.Hits).Object.Id);
        hits = await changed.SearchAsync(new() { Vector = new() { Field = "v", Value = new[] { 1f, 1 } } }, Cancel);
        Assert.Equal("a", Assert.Single(hits.Hits).Object.Id);
    }

    [Fact]
    public async Task PutCollectionAsync_WhenTheDefinitionIsInvalid_SaysAllThatIs()
    {
        await using var things = await CreateAsync();
        (string Json, string[] Pointers)[] definitions =
        [
            ("""{"shards":0,"objective":{"recall":1.5,"k":0}}""", ["/shards", "/objective/k", "/objective/recall"]),
            ("""{"shards":65,"vectors":{"v":{"dimensions":16385},"w":{"dimensions":0}}}""", ["/shards", "/vectors/v/dimensions", "/vectors/w/dimensions"]),
            ("""{"vectors":{"":{"dimensions":1}}}""", ["/vectors/"]),
            ("""{"vectors":{"a/b~":{"dimensions":1,"generator":"lsa"}}}""", ["/vectors/a~1b~0/from"]),
            ("""{"vectors":{"v":{"dimensions":1,"from":["x"]}}}""", ["/vectors/v/from"]),
            ("""{"vectors":{"v":{"dimensions":1,"generator":"none","from":["x"]}}}""", ["/vectors/v/generator"]),
            ("""{"vectors":{"v":{"dimensions":1,"generator":"lsa","from":["n"]}},"fields":{"n":{"type":"number"}}}""", ["/vectors/v/from"]),
            ("""{"fields":{"id":{"type":"string"},"type":{"type":"number"}}}""", ["/fields/id", "/fields/type"]),
            ("""{"vectors":{"v":{"dimensions":"many"}}}""", ["/vectors/v/dimensions"]),
            ("""{"vectors":{"v":{"dimensions":1,"metric":"manhattan"}}}""", ["/vectors/v/metric"]),
            ("""{"what":1}""", ["/what"]),
        ];
        foreach (var (json, pointers) in definitions)
        {
            var e = await FailsAsync(ErrorKind.Invalid, () => things.Database.PutCollectionAsync("other", Parse(json), Cancel));
            Assert.Equal(pointers, e.Errors.Keys);
        }

        foreach (var json in (string[])["null", "[]", "{", "1", """{"shards":1,"shards":2}"""])
        {
            await FailsAsync(ErrorKind.Invalid, () => Task.FromResult(Parse(json)));
        }

        foreach (var name in (string[])["", "-a", ".a", "a/b", "é", "a b", new string('x', 129), "../x"])
        {
            await FailsAsync(ErrorKind.Invalid, () => things.Database.PutCollectionAsync(name, new CollectionDefinition(), Cancel));
            await FailsAsync(ErrorKind.Invalid, () => things.Database.GetCollectionAsync(name, Cancel));
            await FailsAsync(ErrorKind.Invalid, () => things.Database.DropCollectionAsync(name, Cancel));
        }

        Assert.Equal([Name], await things.Database.ListCollectionsAsync(Cancel));
    }

    [Fact]
    public async Task PutCollectionAsync_WithTheLongestName_Works()
    {
        await using var database = new VektagrafDatabase(new MemoryObjectStore());
        var name = "A.z_-" + new string('x', Limits.MaxCollectionNameLength - 5);
        var (collection, _) = await database.PutCollectionAsync(name, new CollectionDefinition(), Cancel);
        await collection.SaveAsync(ObjectJson.Read("""{"id":"a"}"""u8, collection.Definition), default, Cancel);
        Assert.Equal([name], await database.ListCollectionsAsync(Cancel));
    }

    [Fact]
    public async Task DropCollectionAsync_WhenCreatedAgain_ShowsNoneOfItsObjects()
    {
        await using var things = await CreateAsync(Definition);
        await things.SaveAllAsync(["""{"id":"a"}""", """{"id":"b"}"""]);
        var token = (await things.QueryAsync()).Session;
        await things.Database.DropCollectionAsync(Name, Cancel);
        await FailsAsync(ErrorKind.NotFound, () => things.Database.GetCollectionAsync(Name, Cancel));
        await FailsAsync(ErrorKind.NotFound, () => things.Database.DropCollectionAsync(Name, Cancel));
        Assert.Empty((await things.Store.ListAsync("")).Entries);

        var (again, created) = await things.Database.PutCollectionAsync(Name, Parse(Definition), Cancel);
        Assert.True(created);
        Assert.Empty((await again.QueryAsync(new(), Cancel)).Results);
        await FailsAsync(ErrorKind.NotFound, () => again.GetAsync("a", withVectors: false, ReadConsistency.Strong, Cancel));
        await FailsAsync(ErrorKind.Invalid, () => again.ExportAsync(token, Cancel));

        // Whoever held on to the dropped one neither reads nor writes it on.
        await FailsAsync(ErrorKind.NotFound, () => things.GetAsync("a"));
        await FailsAsync(ErrorKind.Unavailable, () => things.SaveAsync("""{"id":"c"}"""));
    }

    [Fact]
    public async Task GetCollectionAsync_FromTwoInstances_SeesWhatTheOtherDid()
    {
        var store = new MemoryObjectStore();
        await using var one = new VektagrafDatabase(store, NoCache);
        await using var two = new VektagrafDatabase(store, NoCache);
        var (ofOne, _) = await one.PutCollectionAsync(Name, Parse(Definition), Cancel);
        Assert.Equal([Name], await two.ListCollectionsAsync(Cancel));
        var ofTwo = await two.GetCollectionAsync(Name, Cancel);
        await ofOne.SaveAsync(ObjectJson.Read("""{"id":"a","properties":{"n":1}}"""u8, ofOne.Definition), default, Cancel);
        Assert.Equal("a", Ids((await ofTwo.QueryAsync(new() { Filter = "n eq 1" }, Cancel)).Results));
        await ofTwo.DeleteAsync("a", default, Cancel);
        await FailsAsync(ErrorKind.NotFound, () => ofOne.GetAsync("a", withVectors: false, ReadConsistency.Strong, Cancel));

        await two.PutCollectionAsync(Name, Parse(Definition.Replace("\"n\"", "\"n\":{\"type\":\"number\"},\"m\"", StringComparison.Ordinal)), Cancel);
        Assert.True((await one.GetCollectionAsync(Name, Cancel)).Definition.Fields.ContainsKey("m"));
        await one.DropCollectionAsync(Name, Cancel);
        await FailsAsync(ErrorKind.NotFound, () => two.GetCollectionAsync(Name, Cancel));
        await one.PutCollectionAsync(Name, new CollectionDefinition(), Cancel);
        Assert.Empty((await two.GetCollectionAsync(Name, Cancel)).Definition.Fields);
    }

    [Fact]
    public async Task PutCollectionAsync_WhenAnotherInstanceChangedItThatWay_GivesTheChangedCollection()
    {
        var store = new MemoryObjectStore();
        await using var one = new VektagrafDatabase(store);
        await using var two = new VektagrafDatabase(store);
        await one.PutCollectionAsync(Name, Parse("{}"), Cancel);
        await two.PutCollectionAsync(Name, Parse("""{"fields":{"n":{"type":"number"}}}"""), Cancel);
        var (collection, created) = await one.PutCollectionAsync(Name, Parse("""{"fields":{"n":{"type":"number"}}}"""), Cancel);
        Assert.False(created);
        Assert.True(collection.Definition.Fields.ContainsKey("n"));
    }

    [Fact]
    public async Task GetCollectionAsync_AfterARestartOverADirectory_HasEverything()
    {
        using var directory = new TemporaryDirectory();
        string before, token;
        await using (var things = await CreateAsync(Definition, new DirectoryObjectStore(directory.Path)))
        {
            await things.SaveAllAsync(Enumerable.Range(0, 20).Select(i => $$$"""{"id":"ž {{{i}}}","type":"T","properties":{"n":{{{i}}}},"vectors":{"v":[1,{{{i}}}]}}"""));
            token = (await things.QueryAsync()).Session;
            await things.DeleteAsync("ž 3");
            await things.PatchAsync("ž 4", """{"properties":{"n":null}}""");
            before = await DumpAsync(things.Collection, asOf: null);
        }

        await using var restarted = new VektagrafDatabase(new DirectoryObjectStore(directory.Path));
        var collection = await restarted.GetCollectionAsync(Name, Cancel);
        Assert.Equal(before, await DumpAsync(collection, asOf: null));
        Assert.Contains("ž 3", await DumpAsync(collection, token), StringComparison.Ordinal);
        Assert.Equal(19, (await collection.GetStatisticsAsync(Cancel)).Objects);
        var like = await collection.SearchAsync(new() { Vector = new() { Id = "ž 7" }, K = 2 }, Cancel);
        Assert.Equal("ž 8 ž 6", Ids(like.Hits.Select(h => h.Object)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"name\":\"things\"")]
    public async Task GetCollectionAsync_WhenTheCatalogEntryIsDamaged_IsCorrupt(string entry)
    {
        var store = new MemoryObjectStore();
        await store.PutAsync("catalog/things", Encoding.UTF8.GetBytes(entry), PutCondition.None);
        await using var database = new VektagrafDatabase(store);
        await FailsAsync(ErrorKind.Corrupt, () => database.GetCollectionAsync(Name, Cancel));
        await FailsAsync(ErrorKind.Corrupt, () => database.PutCollectionAsync(Name, new CollectionDefinition(), Cancel));
    }

    private static CollectionDefinition Parse(string json) => CollectionJson.Read(Encoding.UTF8.GetBytes(json));

    private static async Task<string> DumpAsync(Collection collection, string? asOf) => string.Join('\n', (await collection.ExportAsync(asOf, Cancel)).Select(o =>
        $"{o.Id} {o.Type} {o.ETag} {Encoding.UTF8.GetString(o.Properties.Span)} {string.Join(' ', o.Vectors!.Select(v => $"{v.Field}={string.Join(',', v.Values.ToArray())}"))}"));
}
