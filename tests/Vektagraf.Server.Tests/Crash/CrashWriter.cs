using System.Globalization;
using System.Net;
using System.Text;
using Vektagraf.Server.Http;

namespace Vektagraf.Server.Crash;

/// <summary>Writes to objects of its own, one request after the other, until it is told to stop or the server is gone.</summary>
internal sealed class CrashWriter(int number, int seed)
{
    private const int Objects = 30;

    private readonly Random _random = new(seed);
    private int _lastValue = number;

    public IReadOnlyList<TrackedObject> Tracked { get; } =
        [.. Enumerable.Range(0, Objects).Select(i => new TrackedObject(string.Create(CultureInfo.InvariantCulture, $"w{number}-{i}")))];

    /// <summary>Writes until a request fails because the server does not answer any more, or all are answered and it is time to stop.</summary>
    /// <param name="client">The client.</param>
    /// <param name="server">The server.</param>
    /// <param name="acknowledged">Called after every answer.</param>
    /// <param name="stop">Asks it to stop between two requests.</param>
    public async Task RunAsync(HttpClient client, Uri server, Action acknowledged, CancellationToken stop = default)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await (_random.Next(4) == 0 ? ImportAsync(client, server) : WriteOneAsync(client, server));
                acknowledged();
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Killed. What was sent last stays pending.
        }
    }

    /// <summary>Sends a pending write again with its key; the second time must not change anything.</summary>
    /// <param name="client">The client.</param>
    /// <param name="server">The server.</param>
    /// <param name="tracked">The object.</param>
    /// <param name="etag">ETag of the object as it was found; null where there is none.</param>
    /// <param name="wasApplied">Whether the object was found as the write would leave it.</param>
    public static async Task RetryAsync(HttpClient client, Uri server, TrackedObject tracked, string? etag, bool wasApplied)
    {
        var pending = tracked.Pending!;
        var first = await SendAsync(client, server, tracked.Id, pending);
        Assert.True(first.Response.IsSuccessStatusCode, $"{pending} of {tracked.Id}: {first.Text}");
        if (wasApplied && pending.Value is not null)
        {
            Assert.True(first.ETag == etag, $"{pending} of {tracked.Id} was applied as {etag}; its retry says {first.ETag}");
        }

        var second = await SendAsync(client, server, tracked.Id, pending);
        Assert.Equal((first.Status, first.ETag), (second.Status, second.ETag));
        tracked.Acknowledge(pending.Value, pending.Value is null ? null : first.ETag);
    }

    private async Task WriteOneAsync(HttpClient client, Uri server)
    {
        var tracked = Tracked[_random.Next(Objects)];
        var method = tracked.Value is null ? HttpMethod.Put : _random.Next(3) switch { 0 => HttpMethod.Delete, 1 => HttpMethod.Patch, _ => HttpMethod.Put };
        var value = NextValue();
        var key = string.Create(CultureInfo.InvariantCulture, $"{tracked.Id}-{value}");
        tracked.Pending = new PendingWrite(method, method == HttpMethod.Delete ? null : value, key);
        var answer = await SendAsync(client, server, tracked.Id, tracked.Pending);
        var expected = method == HttpMethod.Delete ? HttpStatusCode.NoContent : tracked.Value is null ? HttpStatusCode.Created : HttpStatusCode.OK;
        Assert.True(answer.Response.StatusCode == expected, $"{tracked.Pending} of {tracked.Id} ({tracked.Value}): {answer.Status} {answer.Text}");
        tracked.Acknowledge(tracked.Pending.Value, method == HttpMethod.Delete ? null : answer.ETag);
    }

    private async Task ImportAsync(HttpClient client, Uri server)
    {
        var start = _random.Next(Objects);
        var lines = new StringBuilder();
        var batch = Tracked.Skip(start).Take(1 + _random.Next(Objects)).ToList();
        foreach (var tracked in batch)
        {
            tracked.Pending = new PendingWrite(HttpMethod.Post, NextValue(), Key: null);
            lines.Append(CultureInfo.InvariantCulture, $"{{\"id\":\"{tracked.Id}\",{TrackedObject.Content(tracked.Pending.Value!.Value)[1..]}\n");
        }

        var answer = (await Requests.SendAsync(client, server, HttpMethod.Post, CrashChecker.Collection + "/objects:import", Requests.NdJson(lines.ToString()))).Is(HttpStatusCode.OK);
        Assert.Equal(batch.Count, answer.Json["imported"]!.GetValue<int>());
        batch.ForEach(tracked => tracked.Acknowledge(tracked.Pending!.Value, etag: null));
    }

    private static Task<Answer> SendAsync(HttpClient client, Uri server, string id, PendingWrite write) =>
        Requests.SendAsync(
            client,
            server,
            write.Method,
            $"{CrashChecker.Collection}/objects/{id}",
            write.Value is { } value ? Requests.Json(TrackedObject.Content(value)) : null,
            ("Idempotency-Key", write.Key!));

    private int NextValue() => _lastValue += 10;
}
