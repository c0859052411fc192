using System.Net;
using System.Text;

namespace Vektagraf.Server.Http;

public class SizeLimitTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const int MaxBody = 64 << 20;
    private const int MaxProperties = 1 << 20;

    [Theory]
    [InlineData("PUT", "/objects/x")]
    [InlineData("POST", "/search")]
    public async Task Body_WhenItsDeclaredLengthExceedsTheLimit_IsRefusedUnread(string method, string path)
    {
        var collection = await server.CreateCollectionAsync("{}");
        using var content = new SpacesContent(MaxBody + 1, declaresLength: true);
        (await server.SendAsync(new HttpMethod(method), collection + path, content, ("Expect", "100-continue"))).IsProblem(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
        Assert.Equal(0, content.Sent);
        (await server.GetAsync(collection + "/objects/x")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Body_WhenChunkedAndBeyondTheLimit_IsRefused()
    {
        var collection = await server.CreateCollectionAsync("{}");
        using var content = new SpacesContent(MaxBody + 1, declaresLength: false);
        (await server.SendAsync(HttpMethod.Put, collection + "/objects/x", content)).IsProblem(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
        (await server.GetAsync(collection + "/objects/x")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Properties_WhenUpToTheLimit_AreTakenAndOneByteMoreIsNot()
    {
        var path = await server.CreateCollectionAsync("{}") + "/objects/x";
        var overhead = "{\"t\":\"\"}".Length;
        (await server.PutAsync(path, WithText(MaxProperties - overhead + 1))).IsProblem(HttpStatusCode.RequestEntityTooLarge, "properties-too-large");
        (await server.GetAsync(path)).Is(HttpStatusCode.NotFound);

        (await server.PutAsync(path, WithText(MaxProperties - overhead))).Is(HttpStatusCode.Created);
        (await server.PatchAsync(path, """{ "properties": { "more": 1 } }""")).IsProblem(HttpStatusCode.RequestEntityTooLarge, "properties-too-large");
        Assert.Single((await server.GetAsync(path)).Json["properties"]!.AsObject());
    }

    [Fact]
    public async Task Vector_WhenAsLongAsTheLimit_IsTaken()
    {
        const int Dimensions = 16_384;
        var path = await server.CreateCollectionAsync($$"""{ "vectors": { "e": { "dimensions": {{Dimensions}}, "metric": "dot" } } }""");
        var vector = "[" + string.Join(',', Enumerable.Range(0, Dimensions)) + "]";
        (await server.PutAsync(path + "/objects/x", $$"""{ "vectors": { "e": {{vector}} } }""")).Is(HttpStatusCode.Created);
        Assert.Equal(Dimensions, (await server.GetAsync(path + "/objects/x?vectors=true")).Json["vectors"]!["e"]!.AsArray().Count);
        var tooLong = vector.Replace("]", ",1]", StringComparison.Ordinal);
        (await server.PostAsync(path + "/search", $$"""{ "vector": { "value": {{tooLong}} } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/vector/value");
    }

    [Fact]
    public async Task Batch_WhenItHasTooManyElements_IsRefused()
    {
        var path = await server.CreateCollectionAsync("{}");
        var ids = string.Join(',', Enumerable.Repeat("\"a\"", 10_001));
        (await server.PostAsync(path + "/objects:batchGet", $$"""{ "ids": [{{ids}}] }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/ids");
        var queries = string.Join(',', Enumerable.Repeat("""{"vector":{"id":"a"}}""", 1_001));
        (await server.PostAsync(path + "/search:batch", $$"""{ "queries": [{{queries}}] }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/queries");
    }

    [Fact]
    public async Task Type_WhenTooLong_IsRefused()
    {
        var path = await server.CreateCollectionAsync("{}") + "/objects/x";
        (await server.PutAsync(path, $$"""{ "type": "{{new string('é', 257)}}" }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-object", "/type");
        (await server.PutAsync(path, $$"""{ "type": "{{new string('é', 256)}}" }""")).Is(HttpStatusCode.Created);
    }

    private static string WithText(int length) => """{"properties":{"t":" """.TrimEnd() + new string('x', length) + "\"}}";

    /// <summary>White space, sent as it is asked for.</summary>
    private sealed class SpacesContent(long length, bool declaresLength) : HttpContent
    {
        public long Sent { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var chunk = Encoding.UTF8.GetBytes(new string(' ', 1 << 16));
            while (Sent < length)
            {
                var next = (int)Math.Min(chunk.Length, length - Sent);
                await stream.WriteAsync(chunk.AsMemory(0, next));
                Sent += next;
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return declaresLength;
        }
    }
}
