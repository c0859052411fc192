using System.Globalization;
using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;

namespace Vektagraf.Tests.Collections;

/// <summary>A collection of random content whose log was folded now and then, and nodes that have it in memory or not.</summary>
internal sealed class ColdWorld
{
    public const string Name = "things";

    // Merges sometimes, so that several runs remain, some of several segments of disjoint ids.
    private static readonly CompactionOptions Compaction = new() { FoldEntries = 1, TierWidth = 3, SmallestTierRows = 4 };

    private readonly Random _random;

    public ColdWorld(int seed, string metric = "cosine")
    {
        _random = new Random(seed);
        Definition = CollectionJson.Read(Encoding.UTF8.GetBytes(
            $$"""{"shards":{{1 + (seed % 3)}},"vectors":{"v":{"dimensions":3,"metric":"{{metric}}"},"w":{"dimensions":2} },"fields":{"n":{"type":"number","index":{{(seed % 2 == 0 ? "true" : "false")}}},"s":{"type":"string","index":{{(seed % 5 < 2 ? "true" : "false")}}},"text":{"type":"text"} } }"""));
    }

    public MemoryObjectStore Store { get; } = new();

    public CollectionDefinition Definition { get; }

    public int Ids { get; init; } = 40;

    /// <summary>A node that reads segments by range for as long as it may.</summary>
    public static VektagrafDatabase ColdNode(IObjectStore store) => new(store, new VektagrafOptions { LoadsInBackground = false });

    public async Task FillAsync(int rounds, int operations)
    {
        await using var node = new VektagrafDatabase(Store);
        var (things, _) = await node.PutCollectionAsync(Name, Definition, CancellationToken.None);
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < operations; i++)
            {
                await ChangeAsync(things);
            }

            // The last changes stay in the log.
            if (round < rounds - 1)
            {
                await things.MaintainAsync(Compaction, CancellationToken.None);
            }
        }
    }

    public async Task ChangeAsync(Collection things)
    {
        var id = $"o{_random.Next(Ids)}";
        if (_random.Next(4) == 0)
        {
            try
            {
                await things.DeleteAsync(id, default, CancellationToken.None);
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
            {
                // Nothing to delete.
            }
        }
        else
        {
            await things.SaveAsync(ObjectJson.Read(Encoding.UTF8.GetBytes(Json(id)), Definition), default, CancellationToken.None);
        }
    }

    public static async Task<string> GetAsync(Collection things, string id)
    {
        try
        {
            return Text(await things.GetAsync(id, withVectors: true, ReadConsistency.Strong, CancellationToken.None));
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
        {
            return e.Slug;
        }
    }

    public static string Text(StoredObject? stored) => stored is null ? "null" : string.Create(
        CultureInfo.InvariantCulture,
        $"{stored.Id} {stored.Type} {stored.ETag} {Encoding.UTF8.GetString(stored.Properties.Span)} {string.Join(';', stored.Vectors?.Select(Text) ?? ["-"])}");

    public static string Text(SearchResponse response) => string.Join('\n', response.Hits.Select(h => string.Create(
        CultureInfo.InvariantCulture, $"{Text(h.Object)} {BitConverter.SingleToInt32Bits((float)h.Distance):x} {h.Score:r}")));

    private static string Text(NamedVector vector) =>
        $"{vector.Field}:{vector.GeneratedBy}:{string.Join(',', vector.Values.ToArray().Select(v => BitConverter.SingleToInt32Bits(v).ToString("x", CultureInfo.InvariantCulture)))}";

    private string Json(string id)
    {
        // Few distinct values, so that distances tie and filters match.
        var vectors = new Dictionary<string, float[]>();
        if (_random.Next(6) > 0)
        {
            vectors["v"] = [1 + _random.Next(3), _random.Next(3), _random.Next(2)];
        }

        if (_random.Next(3) == 0)
        {
            vectors["w"] = [1, _random.Next(3)];
        }

        var properties = new Dictionary<string, object> { ["n"] = _random.Next(10), ["free"] = _random.Next(3), ["text"] = $"t{_random.Next(3)}" };
        if (_random.Next(2) == 0)
        {
            properties["s"] = $"s{_random.Next(4)}";
        }

        return JsonSerializer.Serialize(new { id, type = _random.Next(3) == 0 ? null : $"type{_random.Next(2)}", properties, vectors });
    }
}
