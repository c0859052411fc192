using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Vektagraf.Api.Http;

public class RequestPathTests
{
    [Fact]
    public void LastSegment_OfAnyEscapedText_IsTheText() =>
        Gen.String.Where(s => !s.Any(char.IsSurrogate)).Sample(text =>
            Assert.Equal(text, RequestPath.LastSegment(For($"/api/collections/c/objects/{Uri.EscapeDataString(text)}?x=/y/%zz"))));

    [Theory]
    [InlineData("/a/%F0%9F%9A%80", "🚀")]
    [InlineData("/a/%2F", "/")]
    [InlineData("/a/+", "+")]
    [InlineData("http://host/a/b%20c", "b c")]
    [InlineData("/a/", "")]
    public void LastSegment_WhenEncoded_IsDecodedOnce(string target, string expected) => Assert.Equal(expected, RequestPath.LastSegment(For(target)));

    [Theory]
    [InlineData("/a/%")]
    [InlineData("/a/%2")]
    [InlineData("/a/%2G")]
    [InlineData("/a/%FF")]
    [InlineData("/a/%C0%AE")]
    public void LastSegment_WhenNotUtf8_IsRefused(string target) =>
        Assert.Equal("invalid-path", Assert.Throws<VektagrafException>(() => RequestPath.LastSegment(For(target))).Slug);

    [Fact]
    public void LastSegment_WhenTheHostHidesThePath_IsUnknown() => Assert.Null(RequestPath.LastSegment(For(string.Empty)));

    [Theory]
    [InlineData("/api/collections/c/objects/..")]
    [InlineData("/api/collections/c/objects/%2e%2E")]
    [InlineData("/api/./collections")]
    [InlineData("/api/%2E/collections?x=1")]
    public void Require_WhenASegmentIsDots_Refuses(string target) =>
        Assert.Equal("invalid-path", Assert.Throws<VektagrafException>(() => RequestPath.Require(For(target))).Slug);

    [Theory]
    [InlineData("/api/collections/c/")]
    [InlineData("/api/collections/c/?x=1")]
    public void Require_WhenItEndsInASlash_Refuses(string target) =>
        Assert.Equal("route-not-found", Assert.Throws<VektagrafException>(() => RequestPath.Require(For(target))).Slug);

    [Theory]
    [InlineData("/")]
    [InlineData("/?q=..")]
    [InlineData("/api/collections/c?path=../")]
    [InlineData("/api/collections/c/objects/...")]
    [InlineData("/api/collections/c/objects/.x")]
    [InlineData("")]
    public void Require_WhenThePathIsPlain_Passes(string target) => RequestPath.Require(For(target));

    private static DefaultHttpContext For(string target)
    {
        var context = new DefaultHttpContext();
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = target;
        return context;
    }
}
