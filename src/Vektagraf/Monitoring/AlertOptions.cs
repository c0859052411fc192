using System.Text;

namespace Vektagraf.Monitoring;

/// <summary>Where alerts go, besides the log, the meter and the API.</summary>
public sealed record AlertOptions
{
    /// <summary>A webhook; null for none.</summary>
    public WebhookOptions? Webhook { get; init; }
}

/// <summary>
/// A webhook as the Standard Webhooks specification describes them (<see href="https://www.standardwebhooks.com"/>): a POST with <c>webhook-id</c>,
/// <c>webhook-timestamp</c> and <c>webhook-signature</c>.
/// </summary>
public sealed record WebhookOptions
{
    /// <summary>What begins a secret whose bytes are given in base64.</summary>
    public const string SecretPrefix = "whsec_";

    // Half of what the hash gives; below, secrets can be guessed.
    private const int LeastSecretBytes = 16;

    private const int MostAttempts = 50;

    /// <summary>Where to: HTTPS, or HTTP on this machine.</summary>
    public required Uri Url { get; init; }

    /// <summary>What bodies are signed with, at least 16 bytes: <c>whsec_</c> and base64, or a text whose UTF-8 counts.</summary>
    public required string Secret { get; init; }

    /// <summary>How often an event is sent before it is given up, 1 to 50.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>How long to wait for an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait after the first failure; after each further one twice as long, up to an hour.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Without the secret, and without what the address may hide: records print their members.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"WebhookOptions {{ Url = {Url.GetLeftPart(UriPartial.Authority)} }}";

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One is out of its range; the message says which, and never the secret.</exception>
    public void Check()
    {
        if (!Url.IsAbsoluteUri || !(Url.Scheme == Uri.UriSchemeHttps || (Url.Scheme == Uri.UriSchemeHttp && Url.IsLoopback)))
        {
            throw new ArgumentException("The address of the webhook begins with https://, or with http:// on this machine.", nameof(Url));
        }

        if (Url.UserInfo.Length > 0)
        {
            throw new ArgumentException("The address of the webhook has a user name or password in it. The signature says who sends.", nameof(Url));
        }

        if (SecretBytes() is not { Length: >= LeastSecretBytes })
        {
            throw new ArgumentException($"The secret of the webhook has at least {LeastSecretBytes} bytes: a text, or {SecretPrefix} and base64.", nameof(Secret));
        }

        if (MaxAttempts is < 1 or > MostAttempts || Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromMinutes(1) || FirstRetry < TimeSpan.FromSeconds(1))
        {
            throw new ArgumentException($"The webhook takes 1 to {MostAttempts} attempts, a timeout of up to a minute, and a first retry after at least a second.", nameof(MaxAttempts));
        }
    }

    internal byte[]? SecretBytes()
    {
        if (!Secret.StartsWith(SecretPrefix, StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetBytes(Secret);
        }

        var bytes = new byte[Secret.Length];
        return Convert.TryFromBase64String(Secret[SecretPrefix.Length..], bytes, out var length) ? bytes[..length] : null;
    }
}
