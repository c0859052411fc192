namespace Vektagraf;

/// <summary>What the caller may do about an error; one table in the API turns it into an HTTP status.</summary>
public enum ErrorKind
{
    /// <summary>The request can never succeed as it is: change it.</summary>
    Invalid,

    /// <summary>What the request names does not exist.</summary>
    NotFound,

    /// <summary>The request collides with the present state: look at it again, then decide.</summary>
    Conflict,

    /// <summary>A precondition the caller stated does not hold; nothing was changed.</summary>
    PreconditionFailed,

    /// <summary>The request exceeds a named limit.</summary>
    TooLarge,

    /// <summary>A budget is exhausted for the moment: the same request may succeed later.</summary>
    Busy,

    /// <summary>The object store does not answer; nothing was changed: the same request may succeed later.</summary>
    Unavailable,

    /// <summary>The write may or may not have happened: retry it with the same idempotency key to find out.</summary>
    OutcomeUnknown,

    /// <summary>Stored bytes fail their checksum or their invariants.</summary>
    Corrupt,

    /// <summary>The request asks for something this version does not do.</summary>
    NotSupported,
}

/// <summary>The one exception type the engine throws for errors that a caller can act on.</summary>
public sealed class VektagrafException : Exception
{
    private static readonly IReadOnlyDictionary<string, string> NoErrors = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Creates an error.</summary>
    /// <param name="kind">What the caller may do about it.</param>
    /// <param name="slug">Stable kebab-case name, the last part of the problem type <c>urn:vektagraf:problem:&lt;slug&gt;</c>.</param>
    /// <param name="message">What is wrong and what to change, in one or two sentences.</param>
    /// <param name="errors">JSON pointer into the request → message, for validation errors.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public VektagrafException(
        ErrorKind kind,
        string slug,
        string message,
        IReadOnlyDictionary<string, string>? errors = null,
        Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        Slug = slug;
        Errors = errors ?? NoErrors;
    }

    /// <summary>What the caller may do about it.</summary>
    public ErrorKind Kind { get; }

    /// <summary>Stable kebab-case name of the problem.</summary>
    public string Slug { get; }

    /// <summary>JSON pointer into the request → message; empty where the error is not about one place in the request.</summary>
    public IReadOnlyDictionary<string, string> Errors { get; }

    /// <summary>An <see cref="ErrorKind.Invalid"/> error about one place in the request.</summary>
    /// <param name="pointer">JSON pointer (RFC 6901) of the offending value; empty for the whole body.</param>
    /// <param name="message">What is wrong and what to change.</param>
    /// <returns>The exception, to be thrown.</returns>
    public static VektagrafException Invalid(string pointer, string message) =>
        new(ErrorKind.Invalid, "invalid-request", message, new Dictionary<string, string>(StringComparer.Ordinal) { [pointer] = message });

    /// <summary>This error of a part of a request, as an error of the whole: it says which part.</summary>
    /// <param name="pointer">JSON pointer (RFC 6901) of the part.</param>
    /// <returns>The exception, to be thrown.</returns>
    public VektagrafException Within(string pointer) =>
        new(Kind, Slug, $"{pointer}: {Message}", Errors.ToDictionary(e => pointer + e.Key, e => e.Value, StringComparer.Ordinal), this);
}
