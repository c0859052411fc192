using System.Globalization;

namespace Vektagraf.Embeddings;

/// <summary>Takes the words of a text one by one.</summary>
internal interface ILsaTokenSink
{
    /// <summary>Takes one word.</summary>
    /// <param name="token">The word, lower-case and stemmed; valid during the call only.</param>
    /// <param name="inTitle">Whether the word stands in the first line of a text of several lines.</param>
    void Add(ReadOnlySpan<char> token, bool inTitle);
}

/// <summary>
/// Splits text into words for <see cref="LsaModel"/>: lower-case, stemmed, without stop words; identifiers are split where their case
/// changes and where digits begin (<c>ReadLinesAsync</c> → read, lin, async), and kept whole as well (<c>readlinesasync</c>),
/// so that somebody who knows the name finds it.
/// </summary>
public static class LsaTokenizer
{
    /// <summary>Longest word, in UTF-16 units; what is longer is cut: such strings are data, not words.</summary>
    public const int MaxTokenLength = 64;

    /// <summary>Words taken from one text; the rest of a longer text is not read, so that one text cannot cost more than this.</summary>
    public const int MaxTokens = 16_384;

    /// <summary>Words that join others and carry no subject of their own.</summary>
    private static readonly HashSet<string> StopWords = new(
        ("a about all also an and any are as at be been being but by can could did do does for from had has have having how i if in into is it its "
        + "just may me might more most my of on or our own shall she he should so some such than that the their them then there these they this "
        + "those to too was we were what when where whether which while who why will with would you your").Split(' '),
        StringComparer.Ordinal);

    /// <summary>The words of a text in their order, repetitions included.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The words; only stop words where the text has no others, none where it has neither letter nor digit.</returns>
    public static IReadOnlyList<string> Tokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ListSink sink = new([]);
        Tokenize(text, ref sink);
        return sink.Tokens;
    }

    /// <summary>Hands the words of a text to a sink.</summary>
    /// <returns>Count of words handed over.</returns>
    internal static int Tokenize<TSink>(ReadOnlySpan<char> text, ref TSink sink)
        where TSink : struct, ILsaTokenSink
    {
        int content = Scan(text, ref sink, stopWords: false);
        return content > 0 ? content : Scan(text, ref sink, stopWords: true);
    }

    private static int Scan<TSink>(ReadOnlySpan<char> text, ref TSink sink, bool stopWords)
        where TSink : struct, ILsaTokenSink
    {
        int count = 0;
        int titleEnd = TitleEnd(text);
        int position = 0;
        while (position < text.Length && count < MaxTokens)
        {
            if (!StartsWord(text[position..]))
            {
                position++;
                continue;
            }

            int end = WordEnd(text, position);
            count += AddWord(text[position..end], position < titleEnd, stopWords, ref sink);
            position = SkipContraction(text, end);
        }

        return count;
    }

    /// <summary>The end of the title: a first line that others with words follow, else nothing is title.</summary>
    private static int TitleEnd(ReadOnlySpan<char> text)
    {
        int start = 0;
        while (start < text.Length && !StartsWord(text[start..]))
        {
            start++;
        }

        int line = text[start..].IndexOf('\n');
        if (line < 0)
        {
            return 0;
        }

        for (int i = start + line; i < text.Length; i++)
        {
            if (StartsWord(text[i..]))
            {
                return start + line;
            }
        }

        return 0;
    }

    private static bool StartsWord(ReadOnlySpan<char> text) =>
        IsWord(text[0]) || (text.Length > 1 && char.IsSurrogatePair(text[0], text[1]));

    private static bool IsWord(char c) => char.IsAscii(c)
        ? char.IsAsciiLetterOrDigit(c)
        : char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    /// <summary>Characters of scripts written without spaces, each taken for a word; so is what needs two UTF-16 units, as emoji do.</summary>
    private static bool IsIdeograph(char c) => c is (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF');

    private static int WordEnd(ReadOnlySpan<char> text, int start)
    {
        int end = start + 1;
        if (IsIdeograph(text[start]) || char.IsSurrogate(text[start]))
        {
            return char.IsSurrogate(text[start]) ? end + 1 : end;
        }

        while (end < text.Length && IsWord(text[end]) && !IsIdeograph(text[end]))
        {
            end++;
        }

        return end;
    }

    /// <summary>Passes over what follows an apostrophe in a word: the t of don't and the s of file's are no words.</summary>
    private static int SkipContraction(ReadOnlySpan<char> text, int position)
    {
        if (position + 1 >= text.Length || text[position] is not ('\'' or '\u2019') || !char.IsAsciiLetter(text[position + 1]))
        {
            return position;
        }

        int end = WordEnd(text, position + 1);
        return end - position <= 3 ? end : position;
    }

    private static int AddWord<TSink>(ReadOnlySpan<char> word, bool inTitle, bool stopWords, ref TSink sink)
        where TSink : struct, ILsaTokenSink
    {
        int count = 0;
        int start = 0;
        while (start < word.Length)
        {
            int end = PartEnd(word, start);
            count += Add(word[start..end], inTitle, stopWords, ref sink);
            if (start == 0 && end == word.Length)
            {
                return count;
            }

            start = end;
        }

        return count + Add(word, inTitle, stopWords, ref sink);
    }

    /// <summary>End of the part of an identifier: before a capital after a small letter, before the last of several capitals, at digits.</summary>
    private static int PartEnd(ReadOnlySpan<char> word, int start)
    {
        int i = start + 1;
        if (char.IsDigit(word[start]))
        {
            while (i < word.Length && char.IsDigit(word[i]))
            {
                i++;
            }

            return i;
        }

        while (i < word.Length && char.IsUpper(word[i - 1]) && char.IsUpper(word[i]))
        {
            i++;
        }

        if (i - start > 1 && i < word.Length && char.IsLower(word[i]))
        {
            // "XMLReader": the R belongs to the next part. But a lone plural s ("URLs") stays.
            return i + 1 == word.Length ? i + 1 : i - 1;
        }

        while (i < word.Length && !char.IsUpper(word[i]) && !char.IsDigit(word[i]))
        {
            i++;
        }

        return i;
    }

    private static int Add<TSink>(ReadOnlySpan<char> part, bool inTitle, bool stopWords, ref TSink sink)
        where TSink : struct, ILsaTokenSink
    {
        Span<char> buffer = stackalloc char[MaxTokenLength];
        ReadOnlySpan<char> cut = part.Length > MaxTokenLength ? part[..MaxTokenLength] : part;
        int length = cut.ToLowerInvariant(buffer);
        Span<char> lower = buffer[..length];
        if (!stopWords && StopWords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(lower))
        {
            return 0;
        }

        sink.Add(lower[..LsaStemmer.StemLength(lower)], inTitle);
        return 1;
    }

    private readonly struct ListSink(List<string> tokens) : ILsaTokenSink
    {
        public List<string> Tokens => tokens;

        public void Add(ReadOnlySpan<char> token, bool inTitle) => tokens.Add(token.ToString());
    }
}
