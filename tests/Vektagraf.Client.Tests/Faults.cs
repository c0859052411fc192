using System.Collections.Concurrent;
using System.Net;

namespace Vektagraf.Client.Tests;

/// <summary>Stands between client and server: notes every request, and answers some in the server's place.</summary>
internal sealed class FaultyHandler(params Func<HttpRequestMessage, HttpResponseMessage, HttpResponseMessage>[] faults) : DelegatingHandler
{
    private int _next;

    public ConcurrentQueue<(string Method, string? Key, HttpStatusCode Real)> Seen { get; } = new();

    /// <summary>The reply is lost after the server has done its work.</summary>
    public static HttpResponseMessage LoseReply(HttpRequestMessage request, HttpResponseMessage real) =>
        throw new HttpRequestException(HttpRequestError.ResponseEnded, "The reply was lost.");

    public static Func<HttpRequestMessage, HttpResponseMessage, HttpResponseMessage> Answer(HttpStatusCode status, string? retryAfter = null) => (_, real) =>
    {
        real.Dispose();
        var response = new HttpResponseMessage(status);
        if (retryAfter is not null)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return response;
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var real = await base.SendAsync(request, cancellationToken);
        Seen.Enqueue((request.Method.Method, request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null, real.StatusCode));
        var fault = Interlocked.Increment(ref _next) - 1;
        return fault < faults.Length ? faults[fault](request, real) : real;
    }
}

/// <summary>A clock whose timers fire at once, and which remembers how long they were to wait.</summary>
internal sealed class ImpatientTime : TimeProvider
{
    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waits.Enqueue(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
