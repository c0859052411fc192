namespace Vektagraf.Collections;

/// <summary>Collects what is wrong with a request, so that the client sees it all at once.</summary>
internal sealed class ValidationErrors
{
    // More than this helps nobody, and the answer must stay small whatever the request was.
    private const int MaxErrors = 20;

    private readonly Dictionary<string, string> _errors = new(StringComparer.Ordinal);

    public bool Any => _errors.Count > 0;

    /// <summary>Adds an error.</summary>
    /// <param name="pointer">JSON pointer of the offending value.</param>
    /// <param name="message">What is wrong and what to change.</param>
    public void Add(string pointer, string message)
    {
        if (_errors.Count < MaxErrors)
        {
            _errors.TryAdd(pointer, message);
        }
    }

    /// <summary>Escapes a member name for use in a JSON pointer (RFC 6901).</summary>
    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>Throws if anything was added.</summary>
    public void ThrowIfAny(string slug, string summary)
    {
        if (_errors.Count == 0)
        {
            return;
        }

        var (pointer, message) = _errors.First();
        var where = pointer.Length == 0 ? string.Empty : pointer + ": ";
        throw new VektagrafException(ErrorKind.Invalid, slug, $"{summary} {where}{message}", _errors);
    }
}
