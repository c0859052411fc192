using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace Vektagraf.Client.Http;

/// <summary>
/// Sends calls, and sends them again where that is harmless and may help: the server was busy (429), unavailable or in doubt (503),
/// a gateway before it did not reach it (502, 504), or the connection failed. Writes go out with the same Idempotency-Key each time.
/// </summary>
internal sealed class ApiSender
{
    private readonly HttpClient _http;
    private readonly VektagrafClientOptions _options;
    private readonly Uri _server;

    public ApiSender(HttpClient http, VektagrafClientOptions options)
    {
        options.Validate();
        var server = options.Server ?? http.BaseAddress
            ?? throw new ArgumentException("Say where the server is: set the HTTP client's BaseAddress or the option Server.", nameof(http));
        if (!server.IsAbsoluteUri)
        {
            throw new ArgumentException($"The server's address '{server}' is not absolute. Write it like http://localhost:7071.", nameof(options));
        }

        // Without the slash, the last segment of the address would be replaced, not extended.
        _server = server.AbsoluteUri.EndsWith('/') ? server : new Uri(server.AbsoluteUri + "/");
        _http = http;
        _options = options;
    }

    public Uri Server => _server;

    /// <summary>Draws a key for a write.</summary>
    public static string NewIdempotencyKey() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Sends a call until it is answered for good.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer, to be disposed of.</returns>
    /// <exception cref="VektagrafClientException">The server refused the call, or did not answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(ApiCall call, CancellationToken cancellationToken) =>
        await TrySendAsync(call, missing: null, cancellationToken).ConfigureAwait(false) ?? throw new InvalidOperationException("Nothing can be missing.");

    /// <summary>Sends a call for something that need not exist.</summary>
    /// <param name="call">The call.</param>
    /// <param name="missing">The problem that says it does not.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer, to be disposed of; null where what is asked for does not exist.</returns>
    /// <exception cref="VektagrafClientException">The server refused the call, or did not answer.</exception>
    public async Task<HttpResponseMessage?> TrySendAsync(ApiCall call, string? missing, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (response, failure) = await AttemptAsync(call, attempt, cancellationToken).ConfigureAwait(false);
            if (response is not null)
            {
                return response;
            }

            if (missing is not null && string.Equals(failure!.Slug, missing, StringComparison.Ordinal))
            {
                return null;
            }

            var pause = IsTransient(failure!) && attempt < _options.MaxAttempts && call.CanRepeat?.Invoke() != false
                ? PauseAfter(attempt, failure!.RetryAfter)
                : null;
            if (pause is null)
            {
                throw failure!;
            }

            await Task.Delay(pause.Value, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(HttpResponseMessage? Response, VektagrafClientException? Failure)> AttemptAsync(
        ApiCall call,
        int attempt,
        CancellationToken cancellationToken)
    {
        using var message = call.ToMessage(_server, _options.Key);
        HttpResponseMessage? response = null;
        try
        {
            // Reading the body belongs to the attempt: an answer that breaks off is as good as none.
            var completion = call.StreamsAnswer ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead;
            response = await _http.SendAsync(message, completion, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified)
            {
                return (response, null);
            }

            var problem = await ProblemBody.ReadAsync(response, cancellationToken).ConfigureAwait(false);
            var failure = problem.ToException(response.StatusCode, RetryAfter(response), attempt, call.IdempotencyKey);
            response.Dispose();
            return (null, failure);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            response?.Dispose();
            return (null, Unanswered(call, attempt, $"The server at {_server} cannot be reached, or broke off: {e.Message}", e));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            var limit = _http.Timeout.TotalSeconds;
            throw Unanswered(call, attempt, string.Create(CultureInfo.InvariantCulture, $"The server at {_server} did not answer within the HTTP client's timeout of {limit:0.#} s."), e);
        }
    }

    private static VektagrafClientException Unanswered(ApiCall call, int attempt, string message, Exception cause) =>
        new(message, cause) { Attempts = attempt, IdempotencyKey = call.IdempotencyKey };

    private static bool IsTransient(VektagrafClientException failure) => failure.Status switch
    {
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => true,
        null => IsTransient(failure.InnerException),
        _ => false,
    };

    /// <summary>Whether a failed exchange may succeed next time; wrong certificates and credentials do not mend themselves.</summary>
    private static bool IsTransient(Exception? cause) => cause switch
    {
        HttpRequestException e => e.HttpRequestError is HttpRequestError.Unknown
            or HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError
            or HttpRequestError.ResponseEnded
            or HttpRequestError.HttpProtocolError,
        IOException => true,
        _ => false,
    };

    /// <summary>The pause before the next attempt; null where it would be too long.</summary>
    private TimeSpan? PauseAfter(int attempt, TimeSpan? retryAfter)
    {
        var limit = _options.RetryDelay * Math.Pow(2, attempt - 1);
        limit = limit < _options.MaxRetryDelay ? limit : _options.MaxRetryDelay;

        // Full jitter: clients that failed together do not come back together.
        var pause = limit * Random01();
        if (retryAfter is not { } asked)
        {
            return pause;
        }

        return asked > _options.MaxRetryDelay ? null : asked + pause;
    }

    private double Random01() => _options.Jitter?.Invoke() ?? RandomNumberGenerator.GetInt32(1 << 30) / (double)(1 << 30);

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? header?.Date - _options.TimeProvider.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
