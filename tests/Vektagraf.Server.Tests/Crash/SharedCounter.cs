using System.Globalization;
using System.Net;
using Vektagraf.Server.Http;

namespace Vektagraf.Server.Crash;

/// <summary>An object that holds a number, which many increment by reading and conditionally writing it.</summary>
internal sealed class SharedCounter(HttpClient client, string id)
{
    private string Path => $"{CrashChecker.Collection}/objects/{id}";

    public async Task CreateAsync(Uri server) =>
        (await Requests.SendAsync(client, server, HttpMethod.Put, Path, Content(0))).Is(HttpStatusCode.Created);

    public async Task RemoveAsync(Uri server) =>
        (await Requests.SendAsync(client, server, HttpMethod.Delete, Path, null)).Is(HttpStatusCode.NoContent);

    public async Task<int> ReadAsync(Uri server) => ValueOf(await GetAsync(server));

    /// <summary>Increments until so many increments were acknowledged.</summary>
    public async Task IncrementAsync(Uri server, int times)
    {
        for (var done = 0; done < times;)
        {
            var current = await GetAsync(server);
            var answer = await Requests.SendAsync(client, server, HttpMethod.Put, Path, Content(ValueOf(current) + 1), ("If-Match", current.ETag));
            if (answer.Response.StatusCode != HttpStatusCode.PreconditionFailed)
            {
                answer.Is(HttpStatusCode.OK);
                done++;
            }
        }
    }

    private async Task<Answer> GetAsync(Uri server) =>
        (await Requests.SendAsync(client, server, HttpMethod.Get, Path, null)).Is(HttpStatusCode.OK);

    private static int ValueOf(Answer answer) => answer.Json["properties"]!["n"]!.GetValue<int>();

    private static StringContent Content(int value) =>
        Requests.Json(string.Create(CultureInfo.InvariantCulture, $$"""{ "properties": { "n": {{value}} } }"""));
}
