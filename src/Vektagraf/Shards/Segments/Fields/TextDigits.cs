namespace Vektagraf.Shards.Segments;

/// <summary>
/// Texts as fractions, to tell how far one lies between two others: behind the prefix that the two share, characters are digits in a base
/// of as many as are likely there.
/// </summary>
/// <param name="Prefix">Characters that all texts between share.</param>
/// <param name="Lowest">The character that counts 0.</param>
/// <param name="Highest">The character that counts base − 1.</param>
internal readonly record struct TextDigits(int Prefix, char Lowest, char Highest)
{
    /// <summary>Characters that count; more are beyond what a double tells apart.</summary>
    private const int Count = 8;

    // Behind them other sorts of characters may follow, which would only stretch the base.
    private const int Sampled = 3;

    /// <summary>The digits for texts between two others: the range of their own characters, and of letters or figures all.</summary>
    public static TextDigits Between(string low, string high)
    {
        var prefix = low.AsSpan().CommonPrefixLength(high);
        var (lowest, highest) = (char.MaxValue, char.MinValue);
        foreach (var c in string.Concat(Sample(low, prefix), Sample(high, prefix)))
        {
            var (first, last) = char.IsAsciiDigit(c) ? ('0', '9') : char.IsAsciiLetterLower(c) ? ('a', 'z') : char.IsAsciiLetterUpper(c) ? ('A', 'Z') : (c, c);
            (lowest, highest) = ((char)Math.Min(lowest, first), (char)Math.Max(highest, last));
        }

        return new TextDigits(prefix, lowest, highest);
    }

    /// <summary>The place of a text; 0 to 1 for those between.</summary>
    public double Place(string text)
    {
        // A text that has ended lies before all that go on.
        var (place, digit, numerals) = (0.0, 1.0, Highest - Lowest + 2.0);
        for (var i = Prefix; i < Math.Min(text.Length, Prefix + Count); i++)
        {
            digit /= numerals;
            place += (Math.Clamp(text[i], Lowest, Highest) - Lowest + 1) * digit;
        }

        return place;
    }

    private static ReadOnlySpan<char> Sample(string text, int from) => text.AsSpan(from, Math.Min(Sampled, text.Length - from));
}
