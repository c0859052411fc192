using System.Net;
using Vektagraf.Api.Routing;

namespace Vektagraf.Server.Http;

/// <summary>A server with a key for each level.</summary>
public sealed class KeyedServerFixture(TestStores stores) : ServerFixture(stores)
{
    public const string ReadKey = "read-key-0";
    public const string WriteKey = "write-key-1";
    public const string AdminKey = "admin-key-ü2";

    protected override AccessKeys Keys => new(ReadKey, WriteKey, AdminKey);
}

public class AccessKeyTests(KeyedServerFixture server) : IClassFixture<KeyedServerFixture>
{
    private static readonly (string Key, AccessLevel Level)[] Keys =
    [
        (KeyedServerFixture.ReadKey, AccessLevel.Read), (KeyedServerFixture.WriteKey, AccessLevel.Write), (KeyedServerFixture.AdminKey, AccessLevel.Admin),
    ];

    public static TheoryData<string> RouteNames => new(ApiRoutes.All.Select(r => r.Name));

    [Theory]
    [MemberData(nameof(RouteNames))]
    public async Task Route_WhicheverKeyIsShown_TakesItsOwnAndHigherOnes(string name)
    {
        var route = ApiRoutes.All.Single(r => r.Name == name);
        var method = new HttpMethod(route.Method);
        var path = "/" + route.Template.Replace("{c}", "unknown", StringComparison.Ordinal).Replace("{id}", "x", StringComparison.Ordinal);

        // A stream ends after what is there; else it would go on until the client left.
        var others = route.ResponseContentType == "text/event-stream" ? "?seconds=0&" : "?";

        // Malformed on purpose: whoever is let in is told so, or that there is no such collection, and nothing happens.
        HttpContent? Body() => route.RequestSchema is null ? null : Requests.Json("[");
        void Check(Answer answer, bool isLetIn)
        {
            Assert.True(isLetIn == (answer.Response.StatusCode != HttpStatusCode.Unauthorized), $"{route.Method} {path}: {answer.Status}");
            if (!isLetIn)
            {
                answer.IsProblem(HttpStatusCode.Unauthorized, "unauthorized");
            }
        }

        Check(await server.SendAsync(method, path + others, Body()), route.Access == AccessLevel.Anonymous);
        Check(await server.SendAsync(method, path + others, Body(), ("x-functions-key", "wrong")), route.Access == AccessLevel.Anonymous);
        Check(await server.SendAsync(method, path + others + "code=", Body(), ("x-functions-key", string.Empty)), route.Access == AccessLevel.Anonymous);
        foreach (var (key, level) in Keys)
        {
            Check(await server.SendAsync(method, path + others + "code=" + Uri.EscapeDataString(key), Body()), level >= route.Access);
            if (Ascii(key))
            {
                Check(await server.SendAsync(method, path + others, Body(), ("x-functions-key", key)), level >= route.Access);
            }
        }
    }

    [Fact]
    public async Task Header_WhenWrong_IsNotMendedByTheQuery() =>
        (await server.GetAsync("/api/collections?code=" + KeyedServerFixture.ReadKey, ("x-functions-key", "wrong"))).IsProblem(HttpStatusCode.Unauthorized, "unauthorized");

    [Fact]
    public async Task Request_WhenThereIsNoSuchRoute_NeedsNoKey()
    {
        (await server.GetAsync("/api/nothing")).IsProblem(HttpStatusCode.NotFound, "route-not-found");
        (await server.SendAsync(HttpMethod.Delete, "/api/collections", null)).IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }

    [Fact]
    public async Task Origin_WhenKeysAreInForce_MayBeForeign() =>
        (await server.GetAsync("/api/collections", ("x-functions-key", KeyedServerFixture.ReadKey), ("Origin", "https://example.org"), ("Host", "db.example.org"))).Is(HttpStatusCode.OK);

    [Theory]
    [InlineData(null, null, null, AccessLevel.Admin, null, true)]
    [InlineData("r", null, null, AccessLevel.Write, "r", false)]
    [InlineData("r", null, null, AccessLevel.Write, null, false)]
    [InlineData("", null, null, AccessLevel.Read, "", false)]
    [InlineData("r", "w", "a", AccessLevel.Read, "rr", false)]
    [InlineData("r", "w", "a", AccessLevel.Read, "R", false)]
    public void Allows_WhenKeysAreMissing_NeverOpensByAccident(string? read, string? write, string? admin, AccessLevel level, string? shown, bool expected) =>
        Assert.Equal(expected, new AccessKeys(read, write, admin).Allows(level, shown));

    [Fact]
    public void ToString_WhenLogged_ShowsNoKey() => Assert.DoesNotContain("secret", new AccessKeys("secret", "secret", "secret").ToString(), StringComparison.Ordinal);

    private static bool Ascii(string text) => text.All(char.IsAscii);
}
