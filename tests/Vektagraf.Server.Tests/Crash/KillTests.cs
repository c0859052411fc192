using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Vektagraf.Server.Http;
using Vektagraf.TestKit;

namespace Vektagraf.Server.Crash;

/// <summary>
/// Promise: what the server acknowledged survives its sudden death, with the version it named; what it did not acknowledge was done
/// as a whole or not at all, and sending it again with its key does it exactly once.
/// </summary>
public sealed class KillTests
{
    public const string Collection = "/api/collections/crash";

    // So often that kills strike folds and merges, too.
    private static readonly string[] BusyMaintenance = ["--maintenance-seconds", "0.1"];

    private const int Rounds = 8;
    private const int Writers = 4;
    private const int MostAnswersBeforeTheKill = 120;

    [Fact]
    public async Task Kill_WhileManyWrite_LosesNothingAcknowledged()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("VEKTAGRAF_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        var random = new Random(seed);
        using var directory = new TemporaryDirectory();
        var writers = Enumerable.Range(0, Writers).Select(i => new CrashWriter(i, random.Next())).ToList();
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                await WriteUntilKilledAsync(directory.Path, writers, random.Next(1, MostAnswersBeforeTheKill));
                using var server = await ServerProcess.StartAsync(directory.Path, BusyMaintenance);
                await VerifyAsync(server, writers);
            }

            // Otherwise no fold was ever in danger.
            var files = Directory.EnumerateFiles(directory.Path, "*", SearchOption.AllDirectories);
            Assert.Contains(files, f => f.Contains($"{Path.DirectorySeparatorChar}seg{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Seed {seed} (set VEKTAGRAF_SEED to use it again): {e.Message}", e);
        }
    }

    private static async Task WriteUntilKilledAsync(string directory, List<CrashWriter> writers, int answers)
    {
        using var client = new HttpClient();
        using var server = await ServerProcess.StartAsync(directory, BusyMaintenance);
        var put = await Requests.SendAsync(client, server.Address, HttpMethod.Put, Collection, Requests.Json("""
            { "shards": 2, "vectors": { "e": { "dimensions": 2, "metric": "dot" } }, "fields": { "n": { "type": "number", "index": true } } }
            """));
        Assert.True(put.Response.IsSuccessStatusCode, put.Text);

        // The kill comes with one writer's answer; the others are in the middle of something.
        var left = answers;
        await Task.WhenAll(writers.Select(w => w.RunAsync(client, server.Address, () =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                server.Kill();
            }
        })));
    }

    private static async Task VerifyAsync(ServerProcess server, List<CrashWriter> writers)
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
