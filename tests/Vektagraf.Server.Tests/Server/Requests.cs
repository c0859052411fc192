using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

/// <summary>Requests as a client sends them, without any code of the server's.</summary>
internal static class Requests
{
    public const string MergePatch = "application/merge-patch+json";

    public static Task<Answer> GetAsync(this ServerFixture server, string path, params (string Name, string Value)[] headers) =>
        server.SendAsync(HttpMethod.Get, path, null, headers);

    public static Task<Answer> PutAsync(this ServerFixture server, string path, string body, params (string Name, string Value)[] headers) =>
        server.SendAsync(HttpMethod.Put, path, Json(body), headers);

    public static Task<Answer> PostAsync(this ServerFixture server, string path, string body, params (string Name, string Value)[] headers) =>
        server.SendAsync(HttpMethod.Post, path, Json(body), headers);

    public static Task<Answer> PatchAsync(this ServerFixture server, string path, string body, params (string Name, string Value)[] headers) =>
        server.SendAsync(HttpMethod.Patch, path, new StringContent(body, Encoding.UTF8, MergePatch), headers);

    public static Task<Answer> DeleteAsync(this ServerFixture server, string path, params (string Name, string Value)[] headers) =>
        server.SendAsync(HttpMethod.Delete, path, null, headers);

    /// <summary>Sends a request; the path goes over the wire to the letter.</summary>
    public static Task<Answer> SendAsync(this ServerFixture server, HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers) =>
        SendAsync(server.Client, server.BaseAddress, method, path, content, headers);

    public static async Task<Answer> SendAsync(
        HttpClient client, Uri server, HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        var uri = new Uri(server.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(method, uri) { Content = content };
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value) || (content?.Headers.TryAddWithoutValidation(name, value) ?? false));
        }

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var answer = new Answer(response, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        return answer;
    }

    /// <summary>Creates a collection under a new name.</summary>
    /// <returns>Its path, such as <c>/api/collections/c1</c>.</returns>
    public static async Task<string> CreateCollectionAsync(this ServerFixture server, string definition)
    {
        var path = "/api/collections/" + server.NewName();
        (await server.PutAsync(path, definition)).Is(HttpStatusCode.Created);
        return path;
    }

    /// <summary>Saves lines of NDJSON, all of which must be good.</summary>
    public static async Task<string> ImportAsync(this ServerFixture server, string collection, params IEnumerable<string> lines)
    {
        var all = lines.ToList();
        var answer = (await server.SendAsync(HttpMethod.Post, collection + "/objects:import", NdJson(string.Join('\n', all)))).Is(HttpStatusCode.OK);
        Assert.Equal(0, answer.Json["failedCount"]!.GetValue<int>());
        Assert.Equal(all.Count, answer.Json["imported"]!.GetValue<int>());
        return answer.Session;
    }

    public static StringContent NdJson(string lines) => new(lines, Encoding.UTF8, "application/x-ndjson");

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    public static ByteArrayContent Bytes(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    /// <summary>Equal as JSON, whatever the order of members and the white space.</summary>
    public static void AssertSameJson(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"Expected {expected}, but it is {actual?.ToJsonString()}");
}
