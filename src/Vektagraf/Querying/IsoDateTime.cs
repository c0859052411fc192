using System.Globalization;

namespace Vektagraf.Querying;

/// <summary>
/// Points in time as ISO 8601 (RFC 3339) text: <c>2024-01-31T10:00:00.25Z</c>, <c>2024-01-31T12:00+02:00</c>, or a date alone,
/// which means midnight UTC. Seconds and fraction may be left out; digits past 100 ns are dropped.
/// </summary>
public static class IsoDateTime
{
    /// <summary>Longest text that is looked at; any real datetime is shorter.</summary>
    public const int MaxLength = 48;

    private const int DateLength = 10;
    private const string Wanted = "a datetime is written like 2024-01-31T10:00:00Z, with Z or an offset, or as a date like 2024-01-31";

    /// <summary>Reads a datetime.</summary>
    /// <param name="text">The whole text, without white space around it.</param>
    /// <param name="utcTicks">Its UTC ticks (100 ns since 0001-01-01).</param>
    /// <param name="problem">What is wrong with it; null when it was read.</param>
    /// <returns>Whether the text is a datetime.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out long utcTicks, out string? problem)
    {
        utcTicks = 0;
        problem = Wanted;
        if (text.Length is < DateLength or > MaxLength || !TryReadDate(text, out DateTime date))
        {
            return false;
        }

        ReadOnlySpan<char> rest = text[DateLength..];
        if (rest.IsEmpty)
        {
            utcTicks = date.Ticks;
            problem = null;
            return true;
        }

        if (rest[0] is not ('T' or 't') || !TryReadTime(ref rest, out long timeTicks) || !TryReadOffset(rest, out long offsetTicks))
        {
            return false;
        }

        long ticks = date.Ticks + timeTicks - offsetTicks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
        {
            problem = "the datetime lies outside the years 1 to 9999 in UTC";
            return false;
        }

        utcTicks = ticks;
        problem = null;
        return true;
    }

    /// <summary>Writes a datetime in the one form that <see cref="TryParse"/> reads back to the same ticks.</summary>
    /// <param name="utcTicks">UTC ticks.</param>
    /// <returns>Text such as <c>2024-01-31T10:00:00.25Z</c>.</returns>
    public static string Format(long utcTicks) =>
        new DateTime(utcTicks, DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static bool TryReadDate(ReadOnlySpan<char> text, out DateTime date)
    {
        date = default;
        if (!TryReadDigits(text, 0, 4, out int year) || text[4] != '-' || !TryReadDigits(text, 5, 2, out int month) ||
            text[7] != '-' || !TryReadDigits(text, 8, 2, out int day))
        {
            return false;
        }

        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        date = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc);
        return true;
    }

    /// <summary>Reads <c>Thh:mm[:ss[.fraction]]</c> and leaves what follows.</summary>
    private static bool TryReadTime(ref ReadOnlySpan<char> rest, out long ticks)
    {
        ticks = 0;
        if (rest.Length < 6 || !TryReadDigits(rest, 1, 2, out int hour) || rest[3] != ':' || !TryReadDigits(rest, 4, 2, out int minute))
        {
            return false;
        }

        int second = 0;
        int read = 6;
        long fraction = 0;
        if (rest.Length > 6 && rest[6] == ':')
        {
            if (rest.Length < 9 || !TryReadDigits(rest, 7, 2, out second))
            {
                return false;
            }

            read = 9;
            if (!TryReadFraction(rest, ref read, out fraction))
            {
                return false;
            }
        }

        ticks = (((hour * 60L) + minute) * TimeSpan.TicksPerMinute) + (second * TimeSpan.TicksPerSecond) + fraction;
        rest = rest[read..];
        return hour < 24 && minute < 60 && second < 60;
    }

    private static bool TryReadFraction(ReadOnlySpan<char> text, ref int at, out long ticks)
    {
        ticks = 0;
        if (at >= text.Length || text[at] != '.')
        {
            return true;
        }

        long unit = TimeSpan.TicksPerSecond;
        int start = ++at;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            unit /= 10;
            ticks += unit * (text[at] - '0');
        }

        return at > start;
    }

    private static bool TryReadOffset(ReadOnlySpan<char> text, out long ticks)
    {
        ticks = 0;
        if (text is ['Z'] or ['z'])
        {
            return true;
        }

        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':' ||
            !TryReadDigits(text, 1, 2, out int hours) || !TryReadDigits(text, 4, 2, out int minutes) || hours > 23 || minutes > 59)
        {
            return false;
        }

        ticks = ((hours * 60L) + minutes) * TimeSpan.TicksPerMinute * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryReadDigits(ReadOnlySpan<char> text, int start, int count, out int value)
    {
        value = 0;
        if (start + count > text.Length)
        {
            return false;
        }

        foreach (char c in text.Slice(start, count))
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return true;
    }
}
