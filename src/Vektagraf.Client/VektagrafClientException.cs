using System.Net;

namespace Vektagraf.Client;

/// <summary>A call that failed: the server refused it, or did not answer.</summary>
public sealed class VektagrafClientException : Exception
{
    /// <summary>What every problem type of Vektagraf begins with.</summary>
    public const string ProblemTypePrefix = "urn:vektagraf:problem:";

    private static readonly IReadOnlyDictionary<string, string> NoErrors = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Creates an error.</summary>
    /// <param name="message">What is wrong and what to change.</param>
    /// <param name="inner">The cause; null for none.</param>
    public VektagrafClientException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>The answer's status; null where no answer came.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>The problem type, such as <c>urn:vektagraf:problem:object-not-found</c>; null where the answer names none.</summary>
    public string? ProblemType { get; init; }

    /// <summary>The problem type's last part, such as <c>object-not-found</c>; null where the type is none of Vektagraf's.</summary>
    public string? Slug => ProblemType is { } type && type.StartsWith(ProblemTypePrefix, StringComparison.Ordinal)
        ? type[ProblemTypePrefix.Length..]
        : null;

    /// <summary>What is wrong and what to change, as the server says it.</summary>
    public string Detail => Message;

    /// <summary>JSON pointer into the request → what is wrong there; empty where the error is not about one place.</summary>
    public IReadOnlyDictionary<string, string> Errors { get; init; } = NoErrors;

    /// <summary>How long the server asks to wait; null where it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Times the call was sent.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>
    /// The key of a write. Where the outcome is in doubt (no answer, or 503), the same call with this key in
    /// <see cref="WriteOptions.IdempotencyKey"/> settles it without applying the write twice. Null for other calls.
    /// </summary>
    public string? IdempotencyKey { get; init; }
}
