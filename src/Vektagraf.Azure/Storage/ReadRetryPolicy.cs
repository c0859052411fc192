using Azure.Core;
using Azure.Core.Pipeline;

namespace Vektagraf.Azure;

/// <summary>Retries what changes nothing. A write whose answer was lost may have happened, and only its caller can find out.</summary>
internal sealed class ReadRetryPolicy : RetryPolicy
{
    // With the SDK's exponential delays from 0.8 s: a read gives up after some 3 s of refusals.
    private const int MostRetries = 2;

    /// <summary>Creates the policy.</summary>
    public ReadRetryPolicy()
        : base(MostRetries)
    {
    }

    /// <inheritdoc/>
    protected override bool ShouldRetry(HttpMessage message, Exception? exception) =>
        IsRead(message) && base.ShouldRetry(message, exception);

    /// <inheritdoc/>
    protected override ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
        IsRead(message) ? base.ShouldRetryAsync(message, exception) : new ValueTask<bool>(false);

    private static bool IsRead(HttpMessage message) =>
        message.Request.Method == RequestMethod.Get || message.Request.Method == RequestMethod.Head;
}
