using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Vektagraf.Client.Http;

/// <summary>Problem details (RFC 9457).</summary>
internal sealed record ProblemBody
{
    public string? Type { get; init; }

    public string? Title { get; init; }

    public string? Detail { get; init; }

    public IReadOnlyDictionary<string, string>? Errors { get; init; }

    /// <summary>Reads the error that an answer carries; proxies in between answer in their own ways.</summary>
    public static async Task<ProblemBody> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ProblemBody? body = null;
        if (response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json")
        {
            try
            {
                var utf8 = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
                body = JsonSerializer.Deserialize(utf8, VektagrafJson.Default.ProblemBody);
            }
            catch (JsonException)
            {
                // The status alone has to do.
            }
        }

        var detail = body?.Detail ?? body?.Title
            ?? string.Create(CultureInfo.InvariantCulture, $"The server answered {(int)response.StatusCode} ({response.ReasonPhrase ?? response.StatusCode.ToString()}) without saying why.");
        return (body ?? new ProblemBody()) with { Detail = detail };
    }

    public VektagrafClientException ToException(HttpStatusCode status, TimeSpan? retryAfter, int attempts, string? idempotencyKey) => new(Detail!)
    {
        Status = status,
        ProblemType = Type,
        Errors = Errors ?? new Dictionary<string, string>(StringComparer.Ordinal),
        RetryAfter = retryAfter,
        Attempts = attempts,
        IdempotencyKey = idempotencyKey,
    };
}
