using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Vektagraf.Client.VectorData;

namespace Vektagraf.Client.Tests.VectorData;

/// <summary>Vectors that the caller does not bring: made on this side, or by the server.</summary>
public class EmbeddingTests(ServerFixture server)
{
    [Fact]
    public async Task Generator_OnThisSide_EmbedsRecordsInOneGoAndSearches()
    {
        var generator = new LetterGenerator();
        var store = new VektagrafVectorStore(server.Client, new VektagrafVectorStoreOptions { EmbeddingGenerator = generator });
        using var notes = store.GetDynamicCollection(server.NewName("notes"), Definition(new VectorStoreVectorProperty("V", typeof(string), 26)));
        await notes.EnsureCollectionExistsAsync();

        await notes.UpsertAsync([Note("a", "aaaa"), Note("b", "bbbb"), Note("c", null)]);
        var found = await notes.SearchAsync("ab b", 5).ToListAsync();

        Assert.Equal(["b", "a"], found.Select(r => r.Record["Key"]));
        Assert.Equal("bbbb", found[0].Record["Text"]);
        Assert.Equal([2, 1], generator.Calls);
        await Assert.ThrowsAsync<NotSupportedException>(() => notes.GetAsync("a", new RecordRetrievalOptions { IncludeVectors = true }));
    }

    [Fact]
    public async Task Generator_BesideVectorsOfTheCallersOwn_EmbedsSearchesOnly()
    {
        var generator = new LetterGenerator();
        var definition = Definition(new VectorStoreVectorProperty("V", typeof(ReadOnlyMemory<float>), 26) { EmbeddingGenerator = generator });
        using var notes = new VektagrafVectorStore(server.Client).GetDynamicCollection(server.NewName("notes"), definition);
        await notes.EnsureCollectionExistsAsync();

        await notes.UpsertAsync(new Dictionary<string, object?> { ["Key"] = "a", ["Text"] = "anything", ["V"] = LetterGenerator.VectorOf("aaa") });
        var found = await notes.SearchAsync("a", 1).SingleAsync();

        Assert.Equal(1, found.Score!.Value, 5);
        Assert.Equal([1], generator.Calls);
        Assert.Equal(26, ((ReadOnlyMemory<float>)(await notes.GetAsync("a", new RecordRetrievalOptions { IncludeVectors = true }))!["V"]!).Length);
    }

    [Fact]
    public async Task Generator_OfTheServer_EmbedsRecordsAndSearches()
    {
        var property = new VectorStoreVectorProperty("V", typeof(ReadOnlyMemory<float>?), 8).WithServerEmbedding("lsa", "Text");
        var name = server.NewName("notes");
        using var notes = new VektagrafVectorStore(server.Client).GetDynamicCollection(name, Definition(property));
        await notes.EnsureCollectionExistsAsync();
        string[] texts = ["the cat sat on the mat", "a dog and a cat", "stocks fell on monday", "bonds and stocks rose", "the mat was red"];

        await notes.UpsertAsync(texts.Select((t, i) => new Dictionary<string, object?> { ["Key"] = "n" + i, ["Text"] = t }));
        var found = await notes.SearchAsync("stocks", 2).ToListAsync();

        Assert.Equal(["n2", "n3"], found.Select(r => (string)r.Record["Key"]!).Order());
        var field = (await server.Client.GetCollectionAsync(name))!.Vectors["V"];
        Assert.Equal("lsa", field.Generator);
        Assert.Equal(["Text"], field.From!);
    }

    private static VectorStoreCollectionDefinition Definition(VectorStoreVectorProperty vector) => new()
    {
        Properties = [new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreDataProperty("Text", typeof(string)), vector],
    };

    private static Dictionary<string, object?> Note(string key, string? text) => new() { ["Key"] = key, ["Text"] = text, ["V"] = text };

    /// <summary>Counts letters.</summary>
    private sealed class LetterGenerator : IEmbeddingGenerator<string, Embedding<float>>
    {
        public List<int> Calls { get; } = [];

        public static ReadOnlyMemory<float> VectorOf(string text)
        {
            var counts = new float[26];
            foreach (var c in text.Where(char.IsAsciiLetterLower))
            {
                counts[c - 'a']++;
            }

            return counts;
        }

        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            var embeddings = values.Select(v => new Embedding<float>(VectorOf(v))).ToList();
            Calls.Add(embeddings.Count);
            return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(embeddings));
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

        public void Dispose()
        {
        }
    }
}
