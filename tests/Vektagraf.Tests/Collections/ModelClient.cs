using System.Globalization;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Collections;

/// <summary>
/// A client that alone writes its objects. For each it knows what it holds for certain, and what writes of unknown outcome may yet
/// make of it: any later one of those may show up, and then none before it can.
/// </summary>
internal sealed class ModelClient(ModelRun run, string name, int seed)
{
    private const int Objects = 2;

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, Known> _known = Enumerable.Range(0, Objects).ToDictionary(i => $"{name}-{i}", _ => new Known(), StringComparer.Ordinal);
    private int _operations;

    public async Task RunAsync(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            var id = $"{name}-{_random.Next(Objects)}";
            var known = _known[id];
            switch (_random.Next(12))
            {
                case < 3:
                    await SaveAsync(id, known, default);
                    break;
                case 3:
                    await SaveAsync(id, known, new Precondition(PreconditionKind.Absent));
                    break;
                case < 6 when known.Pending.Count == 0:
                    await PatchAsync(id, known);
                    break;
                case 6 when known.Pending.Count == 0:
                    await DeleteAsync(id, known);
                    break;
                case 7:
                    await run.CountAsync(_random, $"{name}-count-{i}");
                    break;
                default:
                    await ReadAsync();
                    break;
            }

            // Mostly at once; now and then so late that collection has passed.
            await run.WaitAsync(TimeSpan.FromMilliseconds(_random.Next(_random.Next(4) == 0 ? 15_000 : 200)));
        }
    }

    /// <summary>Checks all objects of the client, read in three ways.</summary>
    public async Task CheckAllAsync(Collection collection)
    {
        foreach (var (id, known) in _known)
        {
            known.Observe(id, await ReadOneAsync(collection, id));
        }

        var query = await collection.QueryAsync(new QueryRequest { Filter = $"owner eq '{name}'" }, CancellationToken.None);
        ObserveAll(query.Results);
        var search = new SearchRequest { Vector = new VectorQuery { Value = new[] { 1f, 1f } }, K = 100, Filter = $"owner eq '{name}'" };
        ObserveAll((await collection.SearchAsync(search, CancellationToken.None)).Hits.Select(h => h.Object));
    }

    private async Task ReadAsync()
    {
        try
        {
            await CheckAllAsync(await run.AtRandomNodeAsync(_random));
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.Unavailable)
        {
            // No answer, so nothing to compare.
        }
    }

    private void ObserveAll(IEnumerable<StoredObject> found)
    {
        var texts = found.ToDictionary(o => o.Id, TextOf, StringComparer.Ordinal);
        foreach (var (id, known) in _known)
        {
            known.Observe(id, texts.GetValueOrDefault(id));
        }
    }

    private Task SaveAsync(string id, Known known, Precondition condition)
    {
        var text = Text(_operations + 1, patched: -1);
        var draft = new ObjectDraft
        {
            Id = id,
            Properties = Encoding.UTF8.GetBytes(text),
            Vectors = [new NamedVector("v", new[] { 1f, _random.NextSingle() })],
        };
        var existed = known.Settled is not null;
        var isCertain = known.Pending.Count == 0;
        return WriteAsync(id, known, text, async (collection, key) =>
        {
            var result = await collection.SaveAsync(draft, new WriteOptions(condition, key), CancellationToken.None);
            Assert.True(!isCertain || result.Created == !existed, $"{id}: created is {result.Created}, but the object {(existed ? "existed" : "did not exist")}.");
        });
    }

    private Task PatchAsync(string id, Known known)
    {
        var number = known.Settled is null ? 0 : int.Parse(known.Settled.Split(["\"n\":", ","], StringSplitOptions.None)[2], CultureInfo.InvariantCulture);
        var patch = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$$"""{"properties":{"p":{{{_operations + 1}}}}}"""));
        return WriteAsync(id, known, Text(number, _operations + 1), async (collection, key) =>
            await collection.PatchAsync(id, patch, new WriteOptions(default, key), CancellationToken.None));
    }

    private Task DeleteAsync(string id, Known known) => WriteAsync(id, known, effect: null, async (collection, key) =>
        await collection.DeleteAsync(id, new WriteOptions(default, key), CancellationToken.None));

    /// <summary>Writes, and retries under the same key; sometimes gives up while the outcome is unknown.</summary>
    private async Task WriteAsync(string id, Known known, string? effect, Func<Collection, string, Task> write)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{name}-{++_operations}");
        var mayHaveHappened = false;
        for (var attempt = 0; attempt < 4; attempt++)
        {
            try
            {
                await write(await run.AtRandomNodeAsync(_random), key);
                known.Settle(effect);
                return;
            }
            catch (VektagrafException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.PreconditionFailed)
            {
                known.Observe(id, isAbsent: e.Kind == ErrorKind.NotFound);
                return;
            }
            catch (VektagrafException e) when (ModelRun.IsTemporary(e))
            {
                mayHaveHappened |= e.Kind == ErrorKind.OutcomeUnknown;
            }

            await run.WaitAsync(TimeSpan.FromMilliseconds(_random.Next(1_000)));
        }

        if (mayHaveHappened)
        {
            known.Pending.Add(effect);
        }
    }

    private static async Task<string?> ReadOneAsync(Collection collection, string id)
    {
        try
        {
            return TextOf(await collection.GetAsync(id, withVectors: false, ReadConsistency.Strong, CancellationToken.None));
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    private string Text(int number, int patched) => patched < 0
        ? string.Create(CultureInfo.InvariantCulture, $$"""{"owner":"{{name}}","n":{{number}},"p":null}""")
        : string.Create(CultureInfo.InvariantCulture, $$"""{"owner":"{{name}}","n":{{number}},"p":{{patched}}}""");

    private static string TextOf(StoredObject stored) => Encoding.UTF8.GetString(stored.Properties.Span);

    /// <summary>What one object may hold; null for nothing.</summary>
    private sealed class Known
    {
        public string? Settled { get; private set; }

        public List<string?> Pending { get; } = [];

        /// <summary>A write was acknowledged: its entry stands after, or instead of, those of unknown outcome.</summary>
        public void Settle(string? text)
        {
            Settled = text;
            Pending.Clear();
        }

        public void Observe(string id, string? text)
        {
            if (text == Settled)
            {
                return;
            }

            var index = Pending.LastIndexOf(text);
            Assert.True(index >= 0, $"'{id}' holds {text ?? "nothing"}; acknowledged was {Settled ?? "nothing"}, possible [{string.Join(" | ", Pending)}].");
            Settled = text;
            Pending.RemoveRange(0, index + 1);
        }

        public void Observe(string id, bool isAbsent) =>
            Assert.True((Settled is null) == isAbsent || Pending.Exists(p => p is null == isAbsent), $"'{id}' {(isAbsent ? "is gone" : "exists")}; acknowledged was {Settled ?? "nothing"}.");
    }
}
