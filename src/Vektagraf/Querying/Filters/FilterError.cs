namespace Vektagraf.Querying.Filters;

/// <summary>Makes the errors of the filter language.</summary>
internal static class FilterError
{
    /// <summary>Longest piece of the caller's text that a message repeats.</summary>
    private const int MaxExcerpt = 40;

    /// <summary>An error at one place of the filter.</summary>
    /// <param name="position">The place, counted from 1.</param>
    /// <param name="message">What is wrong there and what to change.</param>
    /// <returns>The exception, to be thrown.</returns>
    public static VektagrafException At(int position, string message)
    {
        string full = $"Filter, character {position}: {message}";
        Dictionary<string, string> errors = new(StringComparer.Ordinal) { ["/filter"] = full };
        return new VektagrafException(ErrorKind.Invalid, "invalid-filter", full, errors);
    }

    /// <summary>A piece of the caller's text, cut to a length fit for a message.</summary>
    /// <param name="text">The piece.</param>
    /// <returns>The piece or its beginning.</returns>
    public static string Excerpt(string text)
    {
        if (text.Length <= MaxExcerpt)
        {
            return text;
        }

        int length = char.IsHighSurrogate(text[MaxExcerpt - 1]) ? MaxExcerpt - 1 : MaxExcerpt;
        return text[..length] + "…";
    }
}
