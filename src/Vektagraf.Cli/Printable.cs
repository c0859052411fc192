using System.Text;

namespace Vektagraf.Cli;

/// <summary>Text of others, made fit for a terminal: stored data must not move the cursor or change colours.</summary>
internal static class Printable
{
    private const char Replacement = '\uFFFD';

    /// <summary>The text on one line, without control characters.</summary>
    public static string Line(string text)
    {
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(c is '\t' or '\n' or '\r' ? ' ' : IsUnsafe(c) ? Replacement : c);
        }

        return clean.ToString();
    }

    /// <summary>At most so many characters of a line.</summary>
    public static string Excerpt(string text, int limit)
    {
        var line = Line(text);
        if (line.Length <= limit)
        {
            return line;
        }

        // No half surrogate pairs.
        var end = char.IsHighSurrogate(line[limit - 2]) ? limit - 2 : limit - 1;
        return line[..end] + "…";
    }

    // Also what turns the direction of text around, so that it reads as something else.
    private static bool IsUnsafe(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
