using Azure.Core;
using Azure.Core.Pipeline;

namespace Vektagraf.Azure;

/// <summary>Retries what changes nothing. A write whose answer was lost may have happened, and only its caller can find out.</summary>
internal sealed class ReadRetryPolicy : RetryPolicy
{
    // Some 0.1, 0.2 and 0.4 s, or what the service asks for: searches wait for these reads, and their caller has a deadline.
    private const int MostRetries = 3;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    /// <summary>Creates the policy.</summary>
    public ReadRetryPolicy()
        : base(MostRetries, DelayStrategy.CreateExponentialDelayStrategy(FirstDelay, LongestDelay))
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
