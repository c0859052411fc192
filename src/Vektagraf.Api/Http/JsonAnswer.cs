using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Vektagraf.Api.Http;

/// <summary>JSON responses, written straight into the response's buffer.</summary>
internal static class JsonAnswer
{
    /// <summary>Text goes out as it is: the content type is never HTML.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Answers with a JSON text.</summary>
    /// <param name="context">The request and its response.</param>
    /// <param name="status">The status code.</param>
    /// <param name="write">Writes one JSON value.</param>
    /// <returns>When it is written.</returns>
    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, WriterOptions))
        {
            write(writer);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
