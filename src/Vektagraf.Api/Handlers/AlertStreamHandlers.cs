using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vektagraf.Monitoring;

namespace Vektagraf.Api.Handlers;

/// <summary>Events of alerts as they come (server-sent events, WHATWG HTML § 9.2).</summary>
internal static class AlertStreamHandlers
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    // Well below what proxies call idle.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    // Clients open the next one by themselves, with the last number they saw; so a server that is to stop is not held.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    /// <summary>Whether a client that asks for alerts wants them as a stream.</summary>
    public static bool IsWanted(HttpContext context) => context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);

    public static async Task StreamAsync(VektagrafApi api, HttpContext context)
    {
        var after = Number(context) ?? await api.Database.LastAlertEventAsync(context.RequestAborted);
        var end = api.Time.GetUtcNow() + Length(context);
        var stopping = context.RequestServices?.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            // Says at once that somebody is there, and how soon to come back.
            await WriteAsync(context, "retry: 2000\n\n", stop.Token);
            var wroteAt = api.Time.GetUtcNow();
            await foreach (var e in api.Database.StreamAlertsAsync(after, Poll, stop.Token))
            {
                var now = api.Time.GetUtcNow();
                if (e is not null)
                {
                    await WriteAsync(context, TextOf(e), stop.Token);
                    wroteAt = now;
                }
                else if (now >= end)
                {
                    return;
                }
                else if (now - wroteAt >= Heartbeat)
                {
                    await WriteAsync(context, ": still here\n\n", stop.Token);
                    wroteAt = now;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The client went, or the server is about to.
        }
        catch (VektagrafException) when (context.Response.HasStarted)
        {
            // The insight store failed. The stream ends well: the client comes back and goes on where it was.
        }
    }

    private static string TextOf(AlertEvent e)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            AlertText.Write(writer, e.Alert, e.At);
        }

        return string.Create(CultureInfo.InvariantCulture, $"id: {e.Number}\nevent: {e.Type}\ndata: {Encoding.UTF8.GetString(bytes.WrittenSpan)}\n\n");
    }

    private static async Task WriteAsync(HttpContext context, string text, CancellationToken cancellationToken)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    private static long? Number(HttpContext context)
    {
        // The header is what browsers send when they come back; the parameter is for the first time, which has no header.
        var text = context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : context.Request.Query["lastEventId"].ToString();
        return text.Length == 0 ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw VektagrafException.Invalid(string.Empty, $"Last-Event-ID is the id of an event of this stream, or 0 for all there are, not '{text}'.");
    }

    private static TimeSpan Length(HttpContext context)
    {
        var text = context.Request.Query["seconds"].ToString();
        return text.Length == 0 ? Longest
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds)
            : throw VektagrafException.Invalid(string.Empty, $"'seconds' is a number from 0 to {Longest.TotalSeconds}, not '{text}'.");
    }
}
