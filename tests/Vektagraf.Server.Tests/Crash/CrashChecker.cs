using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Vektagraf.Server.Http;

namespace Vektagraf.Server.Crash;

/// <summary>Holds what a server has against what the writers know was acknowledged, and sends again what was not answered.</summary>
internal static class CrashChecker
{
    public const string Collection = "/api/collections/crash";

    /// <summary>A seed to print on failure; the environment variable VEKTAGRAF_SEED repeats one.</summary>
    public static int Seed() =>
        int.TryParse(Environment.GetEnvironmentVariable("VEKTAGRAF_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();

    public static InvalidOperationException WithSeed(int seed, Exception e) =>
        new($"Seed {seed} (set VEKTAGRAF_SEED to use it again): {e.Message}", e);

    /// <summary>Creates the collection of the test where it does not exist yet.</summary>
    public static async Task CreateCollectionAsync(HttpClient client, Uri server)
    {
        var put = await Requests.SendAsync(client, server, HttpMethod.Put, Collection, Requests.Json("""
            { "shards": 2, "vectors": { "e": { "dimensions": 2, "metric": "dot" } }, "fields": { "n": { "type": "number", "index": true } } }
            """));
        Assert.True(put.Response.IsSuccessStatusCode, put.Text);
    }

    /// <summary>Checks every object of the writers, which are all there are.</summary>
    public static async Task VerifyAsync(ServerProcess server, IReadOnlyList<CrashWriter> writers)
    {
        using var client = new HttpClient();
        var tracked = writers.SelectMany(w => w.Tracked).ToList();
        var found = await ReadAllAsync(client, server.Address, tracked);
        var problems = tracked.Zip(found, (t, o) => t.Check(o)).OfType<string>().ToList();
        Assert.True(problems.Count == 0, string.Join('\n', problems));

        var statistics = (await Requests.SendAsync(client, server.Address, HttpMethod.Get, Collection, null)).Is(HttpStatusCode.OK).Json["statistics"]!;
        Assert.Equal(found.Count(o => o is not null), statistics["objects"]!.GetValue<int>());

        foreach (var (t, o) in tracked.Zip(found))
        {
            var value = o?["properties"]!["n"]!.GetValue<int>();
            var etag = o?["etag"]!.GetValue<string>();
            if (t.Pending is { Key: not null } pending)
            {
                await CrashWriter.RetryAsync(client, server.Address, t, etag, wasApplied: value == pending.Value);
            }
            else
            {
                t.Acknowledge(value, etag);
            }
        }

        problems = [.. tracked.Zip(await ReadAllAsync(client, server.Address, tracked), (t, o) => t.Check(o)).OfType<string>()];
        Assert.True(problems.Count == 0, "After the retries:\n" + string.Join('\n', problems));
    }

    private static async Task<IReadOnlyList<JsonNode?>> ReadAllAsync(HttpClient client, Uri server, List<TrackedObject> tracked)
    {
        var ids = new JsonArray([.. tracked.Select(t => (JsonNode)t.Id)]);
        var body = new JsonObject { ["ids"] = ids, ["includeVectors"] = true }.ToJsonString();
        var answer = await Requests.SendAsync(client, server, HttpMethod.Post, Collection + "/objects:batchGet", Requests.Json(body));
        return [.. answer.Is(HttpStatusCode.OK).Json["objects"]!.AsArray()];
    }
}
