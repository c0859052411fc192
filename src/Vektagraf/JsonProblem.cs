using System.Globalization;
using System.Text.Json;

namespace Vektagraf;

/// <summary>Turns what the JSON parser says into errors that clients understand.</summary>
public static class JsonProblem
{
    /// <summary>The error for a text that cannot be read as what was wanted.</summary>
    /// <param name="e">What the parser said.</param>
    /// <returns>An error that names the place: a JSON pointer where the text is JSON, line and byte where it is not.</returns>
    public static VektagrafException From(JsonException e)
    {
        if (MissingMembers(e) is { Count: > 0 } missing)
        {
            var parent = ToPointer(e.Path ?? string.Empty);
            return new VektagrafException(
                ErrorKind.Invalid,
                "invalid-request",
                $"Required: {string.Join(", ", missing)}.",
                missing.ToDictionary(name => $"{parent}/{name}", _ => "The member is required.", StringComparer.Ordinal));
        }

        if (e.Path is not { Length: > 1 } path || IsSyntax(e))
        {
            var problem = IsConversion(e.Message) ? "the whole must be a JSON object" : Shorten(e.Message);
            return Malformed(string.Create(CultureInfo.InvariantCulture, $"line {e.LineNumber + 1 ?? 1}, byte {e.BytePositionInLine + 1 ?? 1}: {problem}"));
        }

        return VektagrafException.Invalid(ToPointer(path), Explain(e.Message));
    }

    /// <summary>The error for text that is not the JSON wanted.</summary>
    /// <param name="problem">What is wrong, and where.</param>
    /// <returns>The error.</returns>
    public static VektagrafException Malformed(string problem) =>
        new(ErrorKind.Invalid, "malformed-json", $"The text is not the JSON expected: {problem}", new Dictionary<string, string>(StringComparer.Ordinal) { [string.Empty] = problem });

    // The reader's own errors arrive wrapped; conversion errors have no reader error inside.
    private static bool IsSyntax(JsonException e) => e.InnerException is JsonException;

    private static bool IsConversion(string message) => message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal);

    // "… was missing required properties including: 'field', 'limit'."
    private static List<string> MissingMembers(JsonException e)
    {
        const string Announcement = "missing required properties including:";
        var start = e.Message.IndexOf(Announcement, StringComparison.Ordinal);
        return start < 0 ? [] : [.. Shorten(e.Message[(start + Announcement.Length)..]).Split('\'').Where((_, i) => i % 2 == 1)];
    }

    private static string Explain(string message)
    {
        if (message.Contains("could not be mapped", StringComparison.Ordinal))
        {
            return "Unknown member. See /api/openapi.json for those there are.";
        }

        if (message.Contains("Duplicate", StringComparison.OrdinalIgnoreCase))
        {
            return "The member stands twice. Keep one.";
        }

        if (message.Contains("doesn't allow null values", StringComparison.Ordinal))
        {
            return "The member must not be null. Leave it out, or give it a value.";
        }

        return message.Contains("System.Int32", StringComparison.Ordinal) ? "The value must be a whole number."
            : message.Contains("System.Double", StringComparison.Ordinal) || message.Contains("System.Single", StringComparison.Ordinal) ? "The value must be a number."
            : message.Contains("System.String", StringComparison.Ordinal) ? "The value must be a string of valid Unicode."
            : message.Contains("System.Boolean", StringComparison.Ordinal) ? "The value must be true or false."
            : IsConversion(message) ? "The value has the wrong type, or is not one of those allowed. See /api/openapi.json."
            : Shorten(message);
    }

    // "$.vectors['my field'].metric" → "/vectors/my field/metric"
    private static string ToPointer(string path) => path
        .Replace("['", "/", StringComparison.Ordinal)
        .Replace("']", string.Empty, StringComparison.Ordinal)
        .Replace("[", "/", StringComparison.Ordinal)
        .Replace("]", string.Empty, StringComparison.Ordinal)
        .Replace("$", string.Empty, StringComparison.Ordinal)
        .Replace(".", "/", StringComparison.Ordinal);

    // The parser appends the path and position that it also gives as properties.
    private static string Shorten(string message)
    {
        var end = message.IndexOf(" Path:", StringComparison.Ordinal) is var path and >= 0 ? path : message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
