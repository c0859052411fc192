using System.Net;
using System.Text.Json.Nodes;
using Vektagraf.Server;

namespace Vektagraf.Client.Tests;

public class RetryTests(ServerFixture server)
{
    [Fact]
    public async Task Put_WhenTheReplyIsLost_IsSentAgainWithTheSameKeyAndAppliedOnce()
    {
        var name = await server.NewCollectionAsync();
        string? firstETag = null;
        var handler = new FaultyHandler((request, real) =>
        {
            firstETag = real.Headers.ETag!.ToString();
            return FaultyHandler.LoseReply(request, real);
        });
        var client = Impatient(handler, out _);

        // If-None-Match makes a second application fail, were there one.
        var result = await client.PutObjectAsync(name, Things.Make("a", "red", 1), new WriteOptions { IfNotExists = true });

        Assert.Equal(firstETag, result.ETag);
        Assert.Equal(firstETag, (await server.Client.GetObjectAsync(name, "a"))!.ETag);
        Assert.Equal(2, handler.Seen.Count);
        Assert.Single(handler.Seen.Select(s => s.Key).Distinct());
        Assert.NotNull(handler.Seen.First().Key);
    }

    [Fact]
    public async Task Patch_WhenRepliesAreLost_IsAppliedOnce()
    {
        var name = await server.NewCollectionAsync();
        var saved = await server.Client.PutObjectAsync(name, Things.Make("a", "red", 1));
        var client = Impatient(new FaultyHandler(FaultyHandler.LoseReply, FaultyHandler.LoseReply), out _);

        // If-Match names the version before: only the first application can find it.
        var patch = new JsonObject { ["properties"] = new JsonObject { ["size"] = 2 } };
        var patched = await client.PatchObjectAsync(name, "a", patch, new WriteOptions { IfMatch = saved.ETag });

        var found = await server.Client.GetObjectAsync(name, "a");
        Assert.Equal(patched.ETag, found!.ETag);
        Assert.Equal(2, found.ThingOf().Size);
    }

    [Fact]
    public async Task Delete_WhenTheReplyIsLost_StillKnowsThatItDeleted()
    {
        var name = await server.NewCollectionAsync();
        await server.Client.PutObjectAsync(name, Things.Make("a", "red", 1));
        var client = Impatient(new FaultyHandler(FaultyHandler.LoseReply), out _);

        var result = await client.DeleteObjectAsync(name, "a");

        Assert.True(result.Deleted);
    }

    [Fact]
    public async Task Writes_EachOfTheirOwn_HaveDifferentKeys()
    {
        var name = await server.NewCollectionAsync();
        var handler = new FaultyHandler();
        var client = server.ClientThrough(handler);

        await client.PutObjectAsync(name, Things.Make("a", "red", 1));
        await client.PutObjectAsync(name, Things.Make("a", "red", 1));
        await client.PutObjectAsync(name, Things.Make("a", "red", 1), new WriteOptions { IdempotencyKey = "mine" });

        Assert.Equal(3, handler.Seen.Select(s => s.Key).Distinct().Count());
        Assert.Equal("mine", handler.Seen.Last().Key);
    }

    [Fact]
    public async Task Put_WithTheKeyOfAFailedCall_SettlesIt()
    {
        var name = await server.NewCollectionAsync();
        var client = server.ClientThrough(new FaultyHandler(FaultyHandler.LoseReply), new VektagrafClientOptions { MaxAttempts = 1 });
        var item = Things.Make("a", "red", 1);
        var options = new WriteOptions { IfNotExists = true };

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => client.PutObjectAsync(name, item, options));
        var settled = await client.PutObjectAsync(name, item, options with { IdempotencyKey = error.IdempotencyKey });

        Assert.Null(error.Status);
        Assert.IsType<HttpRequestException>(error.InnerException);
        Assert.Equal((await server.Client.GetObjectAsync(name, "a"))!.ETag, settled.ETag);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.GatewayTimeout)]
    public async Task Read_WhenTheServerIsBusy_WaitsAsAskedAndTriesAgain(HttpStatusCode status)
    {
        var name = await server.NewCollectionAsync();
        var client = Impatient(new FaultyHandler(FaultyHandler.Answer(status, "3"), FaultyHandler.Answer(status)), out var time);

        Assert.NotNull(await client.GetCollectionAsync(name));

        // 3 s as asked and half of 100 ms; then, not asked, half of the doubled 200 ms.
        Assert.Equal([TimeSpan.FromMilliseconds(3_050), TimeSpan.FromMilliseconds(100)], time.Waits);
    }

    [Fact]
    public async Task Read_WhenRetryAfterIsADate_WaitsUntilThen()
    {
        var name = await server.NewCollectionAsync();
        var client = Impatient(new FaultyHandler(FaultyHandler.Answer(HttpStatusCode.ServiceUnavailable, "Wed, 21 Oct 2015 07:28:00 GMT")), out var time);

        Assert.NotNull(await client.GetCollectionAsync(name));

        // That moment has passed long since.
        Assert.Equal([TimeSpan.FromMilliseconds(50)], time.Waits);
    }

    [Fact]
    public async Task Read_WhenAskedToWaitTooLong_FailsAtOnceAndSaysSo()
    {
        var client = Impatient(new FaultyHandler(FaultyHandler.Answer(HttpStatusCode.ServiceUnavailable, "3600")), out var time);

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => client.ListCollectionsAsync());

        Assert.Equal(TimeSpan.FromHours(1), error.RetryAfter);
        Assert.Equal(1, error.Attempts);
        Assert.Empty(time.Waits);
    }

    [Fact]
    public async Task Read_WhenTheServerStaysAway_GivesUpAfterTheLastAttempt()
    {
        var handler = new FaultyHandler([.. Enumerable.Repeat(FaultyHandler.Answer(HttpStatusCode.ServiceUnavailable), 10)]);
        var client = Impatient(handler, out var time);

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => client.ListCollectionsAsync());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, error.Status);
        Assert.Equal(4, error.Attempts);
        Assert.Equal(4, handler.Seen.Count);
        Assert.Equal([50, 100, 200], time.Waits.Select(w => w.TotalMilliseconds));
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Conflict)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.NotImplemented)]
    public async Task Calls_WhenRefused_AreNotSentAgain(HttpStatusCode status)
    {
        var handler = new FaultyHandler(FaultyHandler.Answer(status));
        var client = Impatient(handler, out var time);

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => client.ListCollectionsAsync());

        Assert.Equal(status, error.Status);
        Assert.Null(error.Slug);
        Assert.Single(handler.Seen);
        Assert.Empty(time.Waits);
    }

    [Fact]
    public async Task Calls_WhereNobodyListens_FailWithTheAddress()
    {
        using var http = new HttpClient();
        var time = new ImpatientTime();
        // Port 9 of loopback: nobody listens for "discard" there.
        var client = new VektagrafClient(http, new VektagrafClientOptions { Server = new Uri("http://127.0.0.1:9"), TimeProvider = time });

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => client.GetLivenessAsync());

        Assert.Null(error.Status);
        Assert.Equal(4, error.Attempts);
        Assert.Contains("http://127.0.0.1:9", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, time.Waits.Count);
    }

    [Fact]
    public async Task Calls_WhenTheCallerGivesUp_EndAtOnce()
    {
        using var cancellation = new CancellationTokenSource();
        var handler = new FaultyHandler((_, _) =>
        {
            cancellation.Cancel();
            throw new HttpRequestException(HttpRequestError.ConnectionError);
        });
        var client = Impatient(handler, out _);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ListCollectionsAsync(cancellation.Token));

        Assert.Single(handler.Seen);
    }

    [Fact]
    public async Task Calls_ToSomethingElse_SayThatItIsNotVektagraf()
    {
        var client = Impatient(new FaultyHandler((_, _) => new HttpResponseMessage { Content = new StringContent("<html>hello</html>") }), out _);

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => client.ListCollectionsAsync());

        Assert.Contains("Is there something else at this address", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_ToAServerWithKeys_NeedTheRightOne()
    {
        var directory = Directory.CreateTempSubdirectory("vektagraf-client-tests-");
        try
        {
            await using var guarded = await VektagrafServer.StartAsync(
                new ServerSettings { Store = new() { Directory = directory.FullName }, Port = 0, Keys = new AccessKeys("r", "w", "a") },
                CancellationToken.None);
            using var http = new HttpClient();
            VektagrafClient With(string? key) => new(http, new VektagrafClientOptions { Server = guarded.Address, Key = key });

            await With("a").PutCollectionAsync("c", ServerFixture.SmallDefinition);
            await With("w").PutObjectAsync("c", Things.Make("a", "red", 1));
            Assert.NotNull(await With("r").GetObjectAsync("c", "a"));
            var error = await Assert.ThrowsAsync<VektagrafClientException>(() => With("r").PutObjectAsync("c", Things.Make("a", "red", 1)));
            var keyless = await Assert.ThrowsAsync<VektagrafClientException>(() => With(null).ListCollectionsAsync());

            Assert.Equal(HttpStatusCode.Unauthorized, error.Status);
            Assert.Equal("unauthorized", keyless.Slug);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Client_WithoutAnAddress_SaysWhatIsMissing()
    {
        using var http = new HttpClient();

        Assert.Throws<ArgumentException>(() => new VektagrafClient(http));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VektagrafClient(http, new VektagrafClientOptions { Server = server.Address, MaxAttempts = 0 }));
    }

    [Theory]
    [InlineData("http://host/base", "http://host/base/")]
    [InlineData("http://host/base/", "http://host/base/")]
    [InlineData("http://host:7071", "http://host:7071/")]
    public void Client_UnderAPath_KeepsIt(string address, string server)
    {
        using var http = new HttpClient { BaseAddress = new Uri(address) };

        Assert.Equal(server, new VektagrafClient(http).Server.AbsoluteUri);
    }

    [Fact]
    public void ClientAssembly_References_NoOtherProjectOfVektagraf() =>
        Assert.DoesNotContain(typeof(VektagrafClient).Assembly.GetReferencedAssemblies(), r => r.Name!.StartsWith("Vektagraf", StringComparison.Ordinal));

    private VektagrafClient Impatient(DelegatingHandler handler, out ImpatientTime time)
    {
        time = new ImpatientTime();
        return server.ClientThrough(handler, new VektagrafClientOptions
        {
            TimeProvider = time,
            RetryDelay = TimeSpan.FromMilliseconds(100),
            MaxRetryDelay = TimeSpan.FromMilliseconds(30_000),
            Jitter = () => 0.5,
        });
    }
}
