using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Vektagraf.Api.Http;

/// <summary>Writes errors as RFC 9457 problem details. The one place where kinds of errors become status codes.</summary>
public static class ProblemDetailsWriter
{
    private const string RetryAfterSeconds = "1";

    /// <summary>The status code of a kind of error.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>The status code.</returns>
    public static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        ErrorKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.Busy => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable or ErrorKind.OutcomeUnknown => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.NotSupported => StatusCodes.Status501NotImplemented,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Answers with an error of the engine.</summary>
    /// <param name="context">The request and its response.</param>
    /// <param name="error">The error.</param>
    /// <returns>When it is written.</returns>
    public static Task WriteAsync(HttpContext context, VektagrafException error) =>
        WriteAsync(context, StatusOf(error.Kind), error.Slug, error.Message, error.Errors);

    /// <summary>Answers with an error.</summary>
    /// <param name="context">The request and its response.</param>
    /// <param name="status">The status code.</param>
    /// <param name="slug">The last part of the problem type.</param>
    /// <param name="detail">What is wrong and what to change.</param>
    /// <param name="errors">JSON pointer → message; may be null.</param>
    /// <returns>When it is written.</returns>
    public static async Task WriteAsync(HttpContext context, int status, string slug, string detail, IReadOnlyDictionary<string, string>? errors = null)
    {
        if (context.Response.HasStarted)
        {
            // Part of a good answer is on its way: only breaking the connection says that it is not whole.
            context.Abort();
            return;
        }

        var allow = context.Response.Headers.Allow;
        context.Response.Clear();
        context.Response.Headers.Allow = allow;
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        WriteBody(context, status, slug, detail, errors);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static void WriteBody(HttpContext context, int status, string slug, string detail, IReadOnlyDictionary<string, string>? errors)
    {
        using var writer = new Utf8JsonWriter(context.Response.BodyWriter, JsonAnswer.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "urn:vektagraf:problem:" + slug);
        writer.WriteString("title"u8, TitleOf(slug));
        writer.WriteNumber("status"u8, status);
        writer.WriteString("detail"u8, detail);
        writer.WriteString("instance"u8, context.Request.Path.Value);
        if (errors is { Count: > 0 })
        {
            writer.WriteStartObject("errors"u8);
            foreach (var (pointer, message) in errors)
            {
                writer.WriteString(pointer, message);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    // "collection-not-found" → "Collection not found": stable, and the slug is the only place to keep it.
    private static string TitleOf(string slug) => char.ToUpperInvariant(slug[0]) + slug[1..].Replace('-', ' ');
}
