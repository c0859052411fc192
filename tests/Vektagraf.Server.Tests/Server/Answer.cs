using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

/// <summary>A response with its whole body.</summary>
internal sealed record Answer(HttpResponseMessage Response, byte[] Bytes)
{
    public int Status => (int)Response.StatusCode;

    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonNode Json => JsonNode.Parse(Bytes) ?? throw new InvalidOperationException("The body is the JSON text null.");

    public string ETag => Header("ETag");

    public string Session => Json["session"]!.GetValue<string>();

    /// <summary>The ids of <c>results</c>, in order.</summary>
    public string[] Ids => [.. Json["results"]!.AsArray().Select(r => r!["id"]!.GetValue<string>())];

    public string Header(string name) =>
        Response.Headers.TryGetValues(name, out var values) || Response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : string.Empty;

    /// <summary>Asserts the status, with the body in the message where it is another.</summary>
    public Answer Is(HttpStatusCode status)
    {
        Assert.True(Response.StatusCode == status, $"{Response.RequestMessage!.Method} {Response.RequestMessage.RequestUri}: {Status} instead of {(int)status}: {Text}");
        return this;
    }

    /// <summary>Asserts problem details (RFC 9457) with a stable type, and optionally the place in the request they are about.</summary>
    public Answer IsProblem(HttpStatusCode status, string slug, string? pointer = null)
    {
        Is(status);
        Assert.Equal("application/problem+json", Response.Content.Headers.ContentType?.ToString());
        Assert.Equal("urn:vektagraf:problem:" + slug, Json["type"]!.GetValue<string>());
        Assert.Equal(Status, Json["status"]!.GetValue<int>());
        Assert.NotEmpty(Json["title"]!.GetValue<string>());
        var detail = Json["detail"]!.GetValue<string>();
        Assert.True(detail.Length > 10, string.Create(CultureInfo.InvariantCulture, $"The detail says too little: '{detail}'"));
        Assert.DoesNotContain("Vektagraf.", detail, StringComparison.Ordinal);
        if (pointer is not null)
        {
            var errors = Json["errors"]?.AsObject();
            Assert.True(errors is not null && errors.ContainsKey(pointer), $"No error at '{pointer}': {Text}");
            Assert.NotEmpty(errors[pointer]!.GetValue<string>());
        }

        return this;
    }
}
