using System.Globalization;

namespace Vektagraf.Api.Http;

/// <summary>Times as people write them.</summary>
internal static class Durations
{
    /// <summary>Reads a time: <c>30s</c>, <c>5m</c>, <c>1.5h</c>, <c>2d</c>, <c>00:05:00</c>, or a number of seconds.</summary>
    /// <returns>Null where it is none, or negative, or longer than a year.</returns>
    public static TimeSpan? TryParse(string text)
    {
        const double Longest = 366 * 86_400d;
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= TimeSpan.Zero ? time : null;
        }

        var unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, >= '0' and <= '9' => 1, _ => 0 };
        var digits = text.AsSpan().TrimEnd("smhd");
        return unit > 0 && text.Length - digits.Length <= 1 && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number * unit <= Longest
            ? TimeSpan.FromSeconds(number * unit)
            : null;
    }
}
