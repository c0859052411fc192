using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Vektagraf.Api.Http;

/// <summary>Reads request bodies within the limit.</summary>
internal static class RequestBody
{
    /// <summary>Reads the whole body; it counts against the budget of the process until the request is over.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.TooLarge"/> or <see cref="ErrorKind.Busy"/>.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > Limits.MaxBodyBytes)
        {
            throw TooLarge();
        }

        var lease = BodyBudget.OfProcess.Open();
        context.Response.RegisterForDispose(lease);
        lease.Ensure(context.Request.ContentLength ?? 0);
        LiftHostLimit(context);
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > Limits.MaxBodyBytes)
            {
                throw TooLarge();
            }

            lease.Ensure(read.Buffer.Length);
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads the body as JSON of a known shape.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.TooLarge"/>.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class => Parse(await ReadAsync(context), type);

    /// <summary>Reads JSON of a known shape.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, type) ?? throw JsonProblem.Malformed("an object is wanted, not null");
        }
        catch (JsonException e)
        {
            throw JsonProblem.From(e);
        }
    }

    /// <summary>Refuses nulls in a list, which the JSON reader lets pass.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static void RequireElements<T>(string pointer, IReadOnlyList<T> list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is null)
            {
                throw VektagrafException.Invalid(string.Create(CultureInfo.InvariantCulture, $"{pointer}/{i}"), "The element is null. Leave it out.");
            }
        }
    }

    /// <summary>Takes the host's own limit off a request whose body is read as a stream or checked here.</summary>
    public static void LiftHostLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }

    private static VektagrafException TooLarge() => new(
        ErrorKind.TooLarge,
        "body-too-large",
        string.Create(CultureInfo.InvariantCulture, $"The request body exceeds {Limits.MaxBodyBytes:N0} bytes. Send less at once, or use objects:import, which takes any length."));
}
