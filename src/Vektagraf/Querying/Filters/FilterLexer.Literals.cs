using System.Globalization;

namespace Vektagraf.Querying.Filters;

/// <summary>Numbers, datetimes and points.</summary>
internal sealed partial class FilterLexer
{
    private const NumberStyles Decimal = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private FilterToken NumberOrDateTime()
    {
        int start = _at;
        int end = start + 1;
        while (end < text.Length && IsNumberPart(end))
        {
            end++;
        }

        ReadOnlySpan<char> piece = text.AsSpan(start, end - start);
        _at = end;
        FieldValue value = LooksLikeDate(piece) ? ReadDateTime(piece, start + 1) : ReadNumber(piece, start + 1);
        return new FilterToken(FilterTokenKind.Literal, start + 1, piece.ToString()) { Value = value };
    }

    /// <summary>Takes in everything that cannot follow a number, so that a malformed one is reported as a whole.</summary>
    private bool IsNumberPart(int at) => IsNamePart(text[at]) || text[at] is '.' or '-' or '+' ||
        (text[at] == ':' && char.IsAsciiDigit(text[at - 1]));

    private static bool LooksLikeDate(ReadOnlySpan<char> piece) =>
        piece.Length > 5 && piece[0] != '-' && piece[1..5].Contains('-') && !piece[..5].ContainsAny('e', 'E');

    private FieldValue ReadDateTime(ReadOnlySpan<char> piece, int position) =>
        IsoDateTime.TryParse(piece, out long ticks, out string? problem)
            ? FieldValue.FromUtcTicks(ticks)
            : throw error(position, $"{FilterError.Excerpt(piece.ToString())} is not a datetime: {problem}.");

    private FieldValue ReadNumber(ReadOnlySpan<char> piece, int position)
    {
        if (!IsJsonNumber(piece) || !double.TryParse(piece, Decimal, CultureInfo.InvariantCulture, out double number))
        {
            throw error(position, $"{FilterError.Excerpt(piece.ToString())} is not a number: write digits such as 12, -0.5 or 1e3.");
        }

        return double.IsFinite(number)
            ? FieldValue.From(number)
            : throw error(position, $"{FilterError.Excerpt(piece.ToString())} is too large: numbers go up to about 1.8e308.");
    }

    /// <summary>Whether text is <c>-? digits (. digits)? ([eE] [+-]? digits)?</c>.</summary>
    private static bool IsJsonNumber(ReadOnlySpan<char> piece)
    {
        int at = piece[0] == '-' ? 1 : 0;
        if (!SkipDigits(piece, ref at))
        {
            return false;
        }

        if (at < piece.Length && piece[at] == '.')
        {
            at++;
            if (!SkipDigits(piece, ref at))
            {
                return false;
            }
        }

        if (at < piece.Length && piece[at] is 'e' or 'E')
        {
            at++;
            at += at < piece.Length && piece[at] is '+' or '-' ? 1 : 0;
            if (!SkipDigits(piece, ref at))
            {
                return false;
            }
        }

        return at == piece.Length;
    }

    private static bool SkipDigits(ReadOnlySpan<char> piece, ref int at)
    {
        int start = at;
        while (at < piece.Length && char.IsAsciiDigit(piece[at]))
        {
            at++;
        }

        return at > start;
    }

    private FilterToken PrefixedLiteral(string prefix, int position)
    {
        if (prefix != "geography")
        {
            const string Remedy = "write strings as 'text' and datetimes as 2024-01-31T10:00:00Z, without a prefix";
            throw error(position, $"{FilterError.Excerpt(prefix)}'…' is not a literal here: {Remedy}.");
        }

        string body = Quoted('\'', "point");
        return new FilterToken(FilterTokenKind.Literal, position, text[(position - 1).._at]) { Value = ReadPoint(body, position) };
    }

    private FieldValue ReadPoint(string body, int position)
    {
        ReadOnlySpan<char> rest = body.AsSpan().Trim();
        if (rest.StartsWith("POINT", StringComparison.OrdinalIgnoreCase))
        {
            rest = rest["POINT".Length..].Trim();
            if (rest is ['(', .. ReadOnlySpan<char> inner, ')'] && TryReadPair(inner.Trim(), out double longitude, out double latitude))
            {
                return Math.Abs(longitude) <= 180 && Math.Abs(latitude) <= 90
                    ? FieldValue.FromGeo(longitude, latitude)
                    : throw error(position, "a point has its longitude first, -180 to 180, then its latitude, -90 to 90.");
            }
        }

        throw error(position, "a point is written geography'POINT(longitude latitude)', as in geography'POINT(18.07 59.33)'.");
    }

    private static bool TryReadPair(ReadOnlySpan<char> text, out double first, out double second)
    {
        first = 0;
        second = 0;
        int space = text.IndexOfAny(' ', '\t');
        return space > 0 && TryReadCoordinate(text[..space], out first) && TryReadCoordinate(text[space..].Trim(), out second);
    }

    private static bool TryReadCoordinate(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        return !text.IsEmpty && IsJsonNumber(text) && double.TryParse(text, Decimal, CultureInfo.InvariantCulture, out value);
    }
}
