using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Vektagraf.Api.Http;

public class ProblemDetailsWriterTests
{
    [Theory]
    [InlineData(ErrorKind.Invalid, 400)]
    [InlineData(ErrorKind.NotFound, 404)]
    [InlineData(ErrorKind.Conflict, 409)]
    [InlineData(ErrorKind.PreconditionFailed, 412)]
    [InlineData(ErrorKind.TooLarge, 413)]
    [InlineData(ErrorKind.Busy, 429)]
    [InlineData(ErrorKind.Unavailable, 503)]
    [InlineData(ErrorKind.OutcomeUnknown, 503)]
    [InlineData(ErrorKind.Corrupt, 500)]
    [InlineData(ErrorKind.NotSupported, 501)]
    public void StatusOf_WhateverTheKind_IsTheContracts(ErrorKind kind, int status) => Assert.Equal(status, ProblemDetailsWriter.StatusOf(kind));

    [Fact]
    public void StatusOf_WhenAKindIsAdded_IsDecidedHere() => Assert.Equal(10, Enum.GetValues<ErrorKind>().Length);

    [Fact]
    public async Task Write_WhenAnErrorHasPlaces_WritesAllMembers()
    {
        var context = NewContext("PUT");
        await ProblemDetailsWriter.WriteAsync(context, VektagrafException.Invalid("/properties/a~1b", "Say \"what\" <is> wrong: ü."));

        Assert.Equal("application/problem+json", context.Response.ContentType);
        var problem = Body(context)!;
        Assert.Equal("urn:vektagraf:problem:invalid-request", problem["type"]!.GetValue<string>());
        Assert.Equal("Invalid request", problem["title"]!.GetValue<string>());
        Assert.Equal(400, problem["status"]!.GetValue<int>());
        Assert.Equal("Say \"what\" <is> wrong: ü.", problem["detail"]!.GetValue<string>());
        Assert.Equal("/api/collections/c", problem["instance"]!.GetValue<string>());
        Assert.Equal("Say \"what\" <is> wrong: ü.", problem["errors"]!["/properties/a~1b"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(ErrorKind.Busy, "1")]
    [InlineData(ErrorKind.Unavailable, "1")]
    [InlineData(ErrorKind.OutcomeUnknown, "1")]
    [InlineData(ErrorKind.Conflict, "")]
    public async Task Write_WhenTheSameRequestMaySucceedLater_SaysWhen(ErrorKind kind, string retryAfter)
    {
        var context = NewContext("PUT");
        await ProblemDetailsWriter.WriteAsync(context, new VektagrafException(kind, "some-slug", "Try again."));
        Assert.Equal(retryAfter, context.Response.Headers.RetryAfter.ToString());
    }

    [Fact]
    public async Task Write_AfterHeadersOfAGoodAnswer_TakesThemBack()
    {
        var context = NewContext("GET");
        context.Response.Headers.ETag = "\"1-0\"";
        await ProblemDetailsWriter.WriteAsync(context, 500, "internal-error", "Something failed.");
        Assert.Empty(context.Response.Headers.ETag.ToString());
    }

    [Fact]
    public async Task Write_ToHead_HasNoBody()
    {
        var context = NewContext("HEAD");
        await ProblemDetailsWriter.WriteAsync(context, 404, "route-not-found", "There is none.");
        Assert.Equal(404, context.Response.StatusCode);
        Assert.Null(Body(context));
    }

    [Fact]
    public async Task Write_WhenPartOfAnAnswerIsOnItsWay_BreaksTheConnection()
    {
        var context = NewContext("GET");
        var lifetime = new Lifetime();
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        context.Features.Set<IHttpResponseFeature>(new StartedResponse());
        await ProblemDetailsWriter.WriteAsync(context, 500, "internal-error", "Too late.");
        Assert.True(lifetime.IsAborted);
        Assert.Null(Body(context));
    }

    private static DefaultHttpContext NewContext(string method)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Path = "/api/collections/c";
        context.Response.Body = new MemoryStream();
        return context;
    }

    private static JsonNode? Body(HttpContext context)
    {
        var bytes = ((MemoryStream)context.Response.Body).ToArray();
        return bytes.Length == 0 ? null : JsonNode.Parse(bytes);
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => IsAborted = true;
    }

    private sealed class StartedResponse : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}
