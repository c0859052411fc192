using System.Globalization;
using System.Text;

namespace Vektagraf.Client.VectorData;

/// <summary>Values as literals of the filter language (docs/filters.md).</summary>
internal static class FilterLiteral
{
    // Filters compare 64-bit floating point: integers beyond are not all of them apart.
    private const long MaxExactInteger = 1L << 53;

    /// <summary>The literal of a value.</summary>
    /// <exception cref="NotSupportedException">The language has none for it.</exception>
    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => OfText(text),
        char letter => OfText(letter.ToString()),
        bool truth => truth ? "true" : "false",
        byte or sbyte or short or ushort or int or uint => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        long number => OfLong(number),
        float number => ((double)number).ToString("R", CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        decimal number => number.ToString(CultureInfo.InvariantCulture),
        Guid guid => $"'{guid:D}'",
        DateTime time => OfTime(DataValue.ToUtc(time)),
        DateTimeOffset time => OfTime(time.UtcDateTime),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"Filters cannot compare with a {value.GetType().Name}."),
    };

    /// <summary>A property's name, quoted: then it is a name whatever it looks like.</summary>
    public static string OfName(string storageName) => "\"" + storageName.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private static string OfText(string text)
    {
        for (var i = 0; i < text.Length; i += char.IsHighSurrogate(text[i]) ? 2 : 1)
        {
            if (!Rune.TryGetRuneAt(text, i, out _))
            {
                throw new NotSupportedException("The text to compare with is not valid Unicode: it holds half of a surrogate pair, which nothing stored does.");
            }
        }

        return "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
    }

    private static string OfLong(long number) => number is >= -MaxExactInteger and <= MaxExactInteger
        ? number.ToString(CultureInfo.InvariantCulture)
        : throw new NotSupportedException(
            string.Create(CultureInfo.InvariantCulture, $"Filters compare numbers as 64-bit floating point, which cannot tell {number} from its neighbours. Store such numbers as strings."));

    private static string OfTime(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
