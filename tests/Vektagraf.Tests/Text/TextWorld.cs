using System.Globalization;
using System.Text.Json;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Text;

/// <summary>
/// A collection of short texts beside what it should hold, and BM25 by the book: every text split at spaces, every score from counts. Words
/// are made so that stemming leaves them alone.
/// </summary>
internal sealed class TextWorld(TestCollection things) : IAsyncDisposable
{
    public const int Vocabulary = 14;

    private static readonly string[] Fields = ["title", "body"];

    public TestCollection Things { get; } = things;

    public Dictionary<string, (string? Title, string? Body, int N)> Objects { get; private init; } = new(StringComparer.Ordinal);

    public static string Definition(int shards) =>
        $$$"""{"shards":{{{shards}}},"vectors":{"v":{"dimensions":2,"metric":"euclidean"} },"fields":{"title":{"type":"text"},"body":{"type":"text"},"n":{"type":"number","index":true} } }""";

    public static async Task<TextWorld> CreateAsync(int shards) => new(await TestCollection.CreateAsync(Definition(shards)));

    /// <summary>The same objects in another collection.</summary>
    public TextWorld With(TestCollection other) => new(other) { Objects = new(Objects, StringComparer.Ordinal) };

    public static string Word(int number) => string.Create(CultureInfo.InvariantCulture, $"w{number}");

    public async Task SaveAsync(Random random, int id)
    {
        var (title, body) = (random.Next(8) == 0 ? null : Draw(random, 4), random.Next(5) == 0 ? null : Draw(random, 25));
        var key = string.Create(CultureInfo.InvariantCulture, $"o{id:000}");
        Objects[key] = (title, body, id);
        var properties = JsonSerializer.Serialize(new Dictionary<string, object?> { ["title"] = title, ["n"] = id, ["body"] = body });
        await Things.SaveAsync(string.Create(CultureInfo.InvariantCulture, $$$"""{"id":"{{{key}}}","properties":{{{properties}}},"vectors":{"v":[{{{id}}},0]} }"""));
    }

    public async Task DeleteAsync(string id)
    {
        if (Objects.Remove(id))
        {
            await Things.DeleteAsync(id);
        }
    }

    public async Task ChangeAsync(Random random, int changes, int ids)
    {
        for (var i = 0; i < changes; i++)
        {
            if (random.Next(4) == 0)
            {
                await DeleteAsync(string.Create(CultureInfo.InvariantCulture, $"o{random.Next(ids):000}"));
            }
            else
            {
                await SaveAsync(random, random.Next(ids));
            }
        }
    }

    public Task<SearchResponse> SearchAsync(string query, int k = 10, Func<SearchRequest, SearchRequest>? with = null)
    {
        var request = new SearchRequest { Text = new TextQuery { Query = query }, K = k, Consistency = ReadConsistency.Strong };
        return Things.Collection.SearchAsync(with?.Invoke(request) ?? request, TestCollection.Cancel);
    }

    /// <summary>All objects that have one of the words, by the formula, best first.</summary>
    public List<(string Id, double Score)> Rank(string[] words, string[]? fields = null, double titleWeight = 1)
    {
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var field in fields ?? Fields)
        {
            var texts = Objects.Select(o => (o.Key, Words: (field == "title" ? o.Value.Title : o.Value.Body)?.Split(' ') ?? [])).Where(t => t.Words.Length > 0).ToList();
            foreach (var word in words.Distinct(StringComparer.Ordinal))
            {
                var containing = texts.Where(t => t.Words.Contains(word)).ToList();
                var idf = Math.Log(1 + ((texts.Count - containing.Count + 0.5) / (containing.Count + 0.5)));
                foreach (var (id, found) in containing)
                {
                    double frequency = found.Count(w => w == word);
                    var score = idf * 2.2 * frequency / (frequency + (1.2 * (0.25 + (0.75 * found.Length / texts.Average(t => t.Words.Length)))));
                    scores[id] = scores.GetValueOrDefault(id) + (field == "title" ? titleWeight * score : score);
                }
            }
        }

        return [.. scores.OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value))];
    }

    /// <summary>Holds an answer against the ranking by the formula; objects whose scores differ by rounding alone may change places.</summary>
    public static void AssertSame(IReadOnlyList<(string Id, double Score)> expected, SearchResponse answer, int k)
    {
        Assert.Equal(Math.Min(k, expected.Count), answer.Hits.Count);
        var scores = expected.ToDictionary(e => e.Id, e => e.Score, StringComparer.Ordinal);
        for (var i = 0; i < answer.Hits.Count; i++)
        {
            var hit = answer.Hits[i];
            Assert.Equal(expected[i].Score, hit.Score, 1e-4);
            Assert.Equal(scores[hit.Object.Id], hit.Score, 1e-4);
            Assert.True(double.IsNaN(hit.Distance));
            if (i > 0)
            {
                var before = answer.Hits[i - 1];
                Assert.True(before.Score > hit.Score || (before.Score == hit.Score && string.CompareOrdinal(before.Object.Id, hit.Object.Id) < 0), "out of order");
            }
        }
    }

    public ValueTask DisposeAsync() => Things.DisposeAsync();

    private static string Draw(Random random, int most) =>
        string.Join(' ', Enumerable.Range(0, 1 + random.Next(most)).Select(_ => Word(Math.Min(random.Next(Vocabulary), random.Next(Vocabulary)))));
}
