using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Vektagraf.Insights;
using Vektagraf.Storage;

namespace Vektagraf.Monitoring;

/// <summary>An event on its way to the webhook.</summary>
internal sealed record WebhookDelivery
{
    public required AlertEvent Event { get; init; }

    /// <summary>Attempts begun.</summary>
    public int Attempts { get; set; }

    /// <summary>When to try next; null where there is nothing left to do.</summary>
    public DateTimeOffset? NextAt { get; set; }

    /// <summary>Whether somebody took it.</summary>
    public bool IsDelivered { get; set; }
}

/// <summary>
/// Sends events to the webhook at least once: each is written down before the first attempt, claimed before every attempt, and tried again by
/// whichever run comes after it is due. The id of the request is the same each time.
/// </summary>
internal sealed partial class WebhookSender : IDisposable
{
    private static readonly TimeSpan MostWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan Life = TimeSpan.FromDays(7);

    private readonly WebhookOptions _options;
    private readonly byte[] _secret;
    private readonly InsightTable<WebhookDelivery> _deliveries;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly HttpClient _client;

    public WebhookSender(WebhookOptions options, IInsightStore store, TimeProvider time, ILogger log)
    {
        options.Check();
        (_options, _secret, _time, _log) = (options, options.SecretBytes()!, time, log);
        _deliveries = new(store, "alert-deliveries", MonitoringJson.Default.WebhookDelivery, d => d.Event.At, Life);
        // A redirect would carry the body to an address that nobody checked.
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = options.Timeout };
    }

    /// <summary>Writes down that an event is to be sent. Safe to repeat.</summary>
    public Task EnqueueAsync(AlertEvent e, CancellationToken cancellationToken) =>
        _deliveries.PutAsync(e.Id, new WebhookDelivery { Event = e, NextAt = _time.GetUtcNow() }, PutCondition.Absent, cancellationToken);

    /// <summary>Sends what is due, the oldest first.</summary>
    /// <returns>Events that somebody took.</returns>
    public async Task<int> SendDueAsync(CancellationToken cancellationToken)
    {
        var sent = 0;
        foreach (var (id, delivery, etag) in await _deliveries.AllAsync(cancellationToken))
        {
            if (delivery.NextAt is { } at && at <= _time.GetUtcNow())
            {
                sent += await SendAsync(id, delivery, etag, cancellationToken) ? 1 : 0;
            }
        }

        return sent;
    }

    /// <summary>The value of the signature header.</summary>
    /// <param name="secret">The secret's bytes.</param>
    /// <param name="id">The value of <c>webhook-id</c>.</param>
    /// <param name="timestamp">The value of <c>webhook-timestamp</c>.</param>
    /// <param name="body">The body.</param>
    private static string Sign(byte[] secret, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> SendAsync(string id, WebhookDelivery delivery, string etag, CancellationToken cancellationToken)
    {
        // The claim comes first: who runs at the same time finds it changed, and who finds it after a crash finds it due again later.
        var attempts = delivery.Attempts + 1;
        var claimed = delivery with { Attempts = attempts, NextAt = attempts < _options.MaxAttempts ? _time.GetUtcNow() + _options.Timeout + WaitAfter(attempts) : null };
        if (await _deliveries.PutAsync(id, claimed, PutCondition.Match(etag), cancellationToken) is not { } claim)
        {
            return false;
        }

        if (await TryPostAsync(id, delivery.Event, cancellationToken))
        {
            await _deliveries.PutAsync(id, claimed with { IsDelivered = true, NextAt = null }, PutCondition.Match(claim), cancellationToken);
            return true;
        }

        if (claimed.NextAt is null)
        {
            LogGivenUp(id, attempts);
        }

        return false;
    }

    private TimeSpan WaitAfter(int attempts)
    {
        var wait = _options.FirstRetry * Math.Pow(2, Math.Min(attempts - 1, 20));
        return wait < MostWait ? wait : MostWait;
    }

    private async Task<bool> TryPostAsync(string id, AlertEvent e, CancellationToken cancellationToken)
    {
        var body = BodyOf(e);
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", Sign(_secret, id, timestamp, body));
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                LogRefused(id, (int)response.StatusCode);
            }

            return response.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogUnreachable(id, error.GetType().Name);
            return false;
        }
    }

    private static byte[] BodyOf(AlertEvent e)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, e.Type);
            writer.WriteString("timestamp"u8, e.At);
            writer.WriteNumber("number"u8, e.Number);
            writer.WritePropertyName("data"u8);
            AlertText.Write(writer, e.Alert, e.At);
            writer.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    // The address may hold a token of its own, so no message has it.
    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhook answered {Event} with {Status}; it is tried again later")]
    private partial void LogRefused(string @event, int status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhook did not answer {Event} ({Error}); it is tried again later")]
    private partial void LogUnreachable(string @event, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Event {Event} was given up after {Attempts} attempts to reach the webhook")]
    private partial void LogGivenUp(string @event, int attempts);
}
