using System.Text;
using Microsoft.Extensions.AI;
using Vektagraf.Querying;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class CollectionEmbeddingTests
{
    private const string Definition = """{"shards":2,"vectors":{"v":{"dimensions":16,"generator":"lsa","from":["title","body"]}}}""";

    private static readonly string[] Subjects = ["tea leaves brewed in a warm pot", "steam engines pull heavy railway trains", "violins and cellos play a string quartet"];

    [Fact]
    public async Task SearchAsync_WithTextBeforeAnyModel_LearnsOneFromTheObjects()
    {
        await using var things = await CreateAsync(Definition);
        Assert.Equal("", await SearchTextAsync(things, "tea"));
        for (var i = 0; i < 9; i++)
        {
            await things.SaveAsync(Thing($"o{i}", Subjects[i % 3], $"number {i}"));
        }

        Assert.Empty((await things.GetAsync("o0")).Vectors!);
        Assert.Equal("o0 o3 o6", Sorted(await SearchTextAsync(things, "tea pot", k: 3)));
        Assert.Equal("o1 o4 o7", Sorted(await SearchTextAsync(things, "railway engines", k: 3)));
        Assert.Equal((16, (byte)1), ((await things.GetAsync("o0")).Vectors![0].Values.Length, (await things.GetAsync("o0")).Vectors![0].GeneratedBy));

        // From now on objects are embedded as they are saved, and patched.
        await things.SaveAsync(Thing("new", Subjects[2], "and a tea pot"));
        Assert.NotEmpty((await things.GetAsync("new")).Vectors!);
        await things.PatchAsync("new", """{"properties":{"title":"steam engines","body":"railway trains"}}""");
        Assert.Contains("new", await SearchTextAsync(things, "railway engines", k: 4), StringComparison.Ordinal);
        Assert.DoesNotContain("new", await SearchTextAsync(things, "string quartet", k: 3), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SearchAsync_WithTextThatHasNoWord_IsInvalid()
    {
        await using var things = await CreateAsync(Definition);
        await things.SaveAsync(Thing("o", Subjects[0]));
        await FailsAsync(ErrorKind.Invalid, () => SearchTextAsync(things, "?!"));
    }

    [Fact]
    public async Task ImportAsync_OfText_LearnsOnceAndSpares()
    {
        var store = new FaultInjectingObjectStore(new MemoryObjectStore(), TimeProvider.System);
        await using var things = await CreateAsync(Definition, store);
        var result = await things.ImportAsync(string.Concat(Enumerable.Range(0, 600).Select(i => Thing($"o{i:000}", Subjects[i % 3]) + "\n")));
        Assert.Equal(600, result.Imported);
        Assert.Equal(1, store.Count(StoreOperation.Put, "/models/"));
        Assert.InRange(store.Count(StoreOperation.Get, "/models/"), 1, 10);
        Assert.All(await things.Collection.ExportAsync(asOf: null, Cancel), o => Assert.Single(o.Vectors!));
        Assert.All((await things.Collection.SearchAsync(Text("tea", k: 200), Cancel)).Hits, h => Assert.Equal(0, int.Parse(h.Object.Id[1..], System.Globalization.CultureInfo.InvariantCulture) % 3));
    }

    [Fact]
    public async Task SearchAsync_WhenTheCollectionHasOutgrownItsModel_LearnsAnew()
    {
        await using var things = await CreateAsync(Definition);
        await things.SaveAllAsync(Enumerable.Range(0, 4).Select(i => Thing($"o{i}", Subjects[0])));
        await SearchTextAsync(things, "tea");
        Assert.Equal(1, await ModelVersionAsync(things));
        await things.SaveAllAsync(Enumerable.Range(4, 11).Select(i => Thing($"o{i}", Subjects[i % 3])));
        await SearchTextAsync(things, "tea");
        Assert.Equal(1, await ModelVersionAsync(things));
        await things.SaveAsync(Thing("one more", Subjects[1]));
        Assert.Equal("o10", (await SearchTextAsync(things, "railway trains", k: 1)));
        Assert.Equal(2, await ModelVersionAsync(things));
        Assert.All(await things.Collection.ExportAsync(asOf: null, Cancel), o => Assert.Equal(2, Assert.Single(o.Vectors!).GeneratedBy));
    }

    [Fact]
    public async Task SearchAsync_AfterARestart_UsesTheStoredModel()
    {
        await using var things = await CreateAsync(Definition);
        await things.SaveAllAsync(Enumerable.Range(0, 6).Select(i => Thing($"o{i}", Subjects[i % 3])));
        var before = await things.Collection.SearchAsync(Text("tea pot"), Cancel);
        await using var restarted = new VektagrafDatabase(things.Store);
        var after = await (await restarted.GetCollectionAsync(Name, Cancel)).SearchAsync(Text("tea pot"), Cancel);
        Assert.Equal(before.Hits.Select(h => (h.Object.Id, h.Score)), after.Hits.Select(h => (h.Object.Id, h.Score)));
        Assert.Equal(before.Session, after.Session);
        Assert.Equal(1, await ModelVersionAsync(things));
    }

    [Fact]
    public async Task SearchAsync_WhenANodeStoppedWhileEmbeddingAgain_AnotherFinishes()
    {
        // The model is published first; a node that stops then leaves vectors of the old one, and objects without any.
        var memory = new MemoryObjectStore();
        var store = new FaultInjectingObjectStore(memory, TimeProvider.System);
        await using var things = await CreateAsync(Definition, store);
        await things.SaveAllAsync(Enumerable.Range(0, 3).Select(i => Thing($"o{i}", Subjects[i % 3])));
        await things.SaveAsync(Thing("wordless", "?!"));
        await SearchTextAsync(things, "tea");
        await things.SaveAllAsync(Enumerable.Range(3, 13).Select(i => Thing($"o{i}", Subjects[i % 3])));
        store.FailNext(StoreOperation.Put, "/wal/", StoreFault.Refusal, times: 100);
        await FailsAsync(ErrorKind.Unavailable, () => SearchTextAsync(things, "tea"));
        Assert.Equal(2, await ModelVersionAsync(things));

        await using var other = new VektagrafDatabase(memory);
        var collection = await other.GetCollectionAsync(Name, Cancel);
        Assert.Equal("o0 o12 o15 o3", Ids((await collection.SearchAsync(Text("tea pot", k: 4), Cancel)).Hits.Select(h => h.Object)));
        var all = (await collection.ExportAsync(asOf: null, Cancel)).ToDictionary(o => o.Id, o => o.Vectors!);
        Assert.Empty(all["wordless"]);
        Assert.All(all.Where(o => o.Key != "wordless"), o => Assert.Equal(2, Assert.Single(o.Value).GeneratedBy));

        // Nothing is left to do: the next search writes nothing.
        var tail = (await collection.SearchAsync(Text("tea"), Cancel)).Session;
        Assert.Equal(tail, (await collection.SearchAsync(Text("violins"), Cancel)).Session);
    }

    [Fact]
    public async Task SaveAsync_WithAVectorOfTheClients_KeepsIt()
    {
        await using var things = await CreateAsync(Definition.Replace("16", "2", StringComparison.Ordinal));
        await things.SaveAsync("""{"id":"mine","properties":{"title":"tea pot"},"vectors":{"v":[3,4]}}""");
        await things.SaveAsync(Thing("o", Subjects[1]));
        await SearchTextAsync(things, "tea");
        Assert.Equal("3 4", VectorOf(await things.GetAsync("mine")));
        await things.PatchAsync("mine", """{"properties":{"title":"steam engines"}}""");
        Assert.Equal("3 4", VectorOf(await things.GetAsync("mine")));
        await things.PatchAsync("mine", """{"vectors":{"v":null}}""");
        Assert.Equal(1, Assert.Single((await things.GetAsync("mine")).Vectors!).GeneratedBy);
    }

    [Fact]
    public async Task SaveAsync_WithAKey_IsTheSameRequestWhateverTheModel()
    {
        // The key covers what the client sent, not the vector that was made of it meanwhile.
        await using var things = await CreateAsync(Definition);
        var first = await things.SaveAsync(Thing("o", Subjects[0]), Keyed("k"));
        await SearchTextAsync(things, "tea");
        Assert.Equal(first.ETag, (await things.SaveAsync(Thing("o", Subjects[0]), Keyed("k"))).ETag);
    }

    [Fact]
    public async Task LearnEmbeddingsAsync_BeforeAnyObject_EmbedsOnSave()
    {
        await using var things = await CreateAsync(Definition);
        await things.Collection.LearnEmbeddingsAsync("v", Subjects, progress: null, Cancel);
        await things.SaveAsync(Thing("o", Subjects[0]));
        Assert.Single((await things.GetAsync("o")).Vectors!);
        await FailsAsync(ErrorKind.Invalid, () => things.Collection.LearnEmbeddingsAsync("x", Subjects, progress: null, Cancel));
    }

    [Fact]
    public async Task SaveAsync_WithASuppliedGenerator_UsesIt()
    {
        var options = new VektagrafOptions { Generators = new Dictionary<string, IEmbeddingGenerator<string, Embedding<float>>> { ["length"] = new LengthGenerator() } };
        await using var things = await CreateAsync("""{"vectors":{"v":{"dimensions":2,"metric":"euclidean","generator":"length","from":["t","tags"]}}}""", options: options);
        await things.SaveAsync("""{"id":"a","properties":{"t":"ab\ncd","tags":["e","fg"]}}""");
        await things.SaveAsync("""{"id":"b","properties":{"t":"   "}}""");
        Assert.Equal("10 1", VectorOf(await things.GetAsync("a")));
        Assert.Empty((await things.GetAsync("b")).Vectors!);
        Assert.Equal("a", Ids((await things.Collection.SearchAsync(new() { Vector = new() { Text = "x" } }, Cancel)).Hits.Select(h => h.Object)));
    }

    [Fact]
    public void EmbedAsync_WhenTheModelIsAsked_AnswersFromMemoryForAWhile() => Simulator.Run(1, async simulator =>
    {
        var store = new FaultInjectingObjectStore(new MemoryObjectStore(), simulator.Time);
        await using var things = await CreateAsync(Definition, store, new VektagrafOptions { Time = simulator.Time });
        for (var i = 0; i < 20; i++)
        {
            await things.SaveAsync(Thing($"o{i}", Subjects[i % 3]));
        }

        Assert.Equal(1, store.Count(StoreOperation.Get, "/models/"));
        await Task.Delay(TimeSpan.FromSeconds(3), simulator.Time);
        await things.SaveAsync(Thing("late", Subjects[0]));
        Assert.Equal(2, store.Count(StoreOperation.Get, "/models/"));
    });

    private static string Thing(string id, string title, string body = "") => $$$"""{"id":"{{{id}}}","properties":{"title":"{{{title}}}","body":"{{{body}}}"}}""";

    private static string Sorted(string ids) => string.Join(' ', ids.Split(' ').Order(StringComparer.Ordinal));

    private static string VectorOf(Vektagraf.Collections.StoredObject stored) => string.Join(" ", Assert.Single(stored.Vectors!).Values.ToArray());

    private static SearchRequest Text(string text, int k = 10) => new() { Vector = new VectorQuery { Text = text }, K = k };

    private static Task<string> SearchTextAsync(TestCollection things, string text, int k = 10) => things.SearchAsync(Text(text, k));

    private static async Task<int> ModelVersionAsync(TestCollection things)
    {
        var key = (await things.Store.ListAsync("c/")).Entries.Single(e => e.Key.Contains("/models/", StringComparison.Ordinal)).Key;
        return (await things.Store.GetAsync(key)).Content.Span[0];
    }

    private sealed class LengthGenerator : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(v => new Embedding<float>(new[] { Encoding.UTF8.GetByteCount(v), v.Count(c => c == '\n') + 0f }))));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
