using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Vektagraf.Api.Http;

/// <summary>JSON responses, written straight into the response's buffer.</summary>
internal static class JsonAnswer
{
    // Taken and put back within one synchronous stretch; one that failed in the middle is not put back.
    [ThreadStatic]
    private static Utf8JsonWriter? _kept;

    /// <summary>Text goes out as it is: the content type is never HTML.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Answers with a JSON text.</summary>
    /// <param name="context">The request and its response.</param>
    /// <param name="status">The status code.</param>
    /// <param name="write">Writes one JSON value.</param>
    /// <returns>When it is written.</returns>
    public static Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write) =>
        WriteAsync(context, status, write, static (writer, write) => write(writer));

    /// <summary>Answers with a JSON text, without a closure for each request.</summary>
    /// <param name="context">The request and its response.</param>
    /// <param name="status">The status code.</param>
    /// <param name="state">What to write.</param>
    /// <param name="write">Writes one JSON value.</param>
    /// <typeparam name="TState">Type of what to write.</typeparam>
    /// <returns>When it is written.</returns>
    public static async Task WriteAsync<TState>(HttpContext context, int status, TState state, Action<Utf8JsonWriter, TState> write)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        var writer = _kept ?? new Utf8JsonWriter(Stream.Null, WriterOptions);
        _kept = null;
        writer.Reset(context.Response.BodyWriter);
        write(writer, state);
        writer.Flush();
        // It must not hold on to the response.
        writer.Reset(Stream.Null);
        _kept = writer;
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
