using System.Globalization;
using Lucene.Net.Analysis.Miscellaneous;

namespace Vektagraf.Querying.Text;

/// <summary>Takes the words of a text one by one.</summary>
internal interface ITextTokenSink
{
    /// <summary>Takes a word, or a part of the word at the same position.</summary>
    /// <param name="word">In lower case, without diacritics; valid during the call only.</param>
    /// <param name="position">Which word of the text.</param>
    /// <param name="start">Where it begins in the text.</param>
    /// <param name="end">Where it ends.</param>
    void Add(ReadOnlySpan<char> word, int position, int start, int end);
}

/// <summary>
/// Splits text into words, after the word boundaries of Unicode (UAX #29) where they matter: letters, digits and marks of any script are
/// words, ideographs and kana stand alone, a point or comma between digits belongs to the number. Words become lower case and lose their
/// diacritics, so that café and cafe meet. An identifier counts as one word and is found by its parts as well: ReadLinesAsync by read, lines
/// and async, snake_case by snake and case.
/// </summary>
internal static class TextTokenizer
{
    /// <summary>Longest word in UTF-16 units; what is longer is cut: such strings are data.</summary>
    public const int MaxWordLength = 64;

    // The longest that folding makes of one character.
    private const int MostFolded = 4;
    private const int LongestContraction = 2;

    [ThreadStatic]
    private static (char[] Lower, char[] Folded)? _foldingRoom;

    /// <summary>Hands the words of a text to a sink.</summary>
    /// <returns>Count of words; parts do not count.</returns>
    public static int Tokenize<TSink>(ReadOnlySpan<char> text, ref TSink sink)
        where TSink : struct, ITextTokenSink
    {
        var position = 0;
        for (var at = 0; at < text.Length;)
        {
            if (!StartsWord(text, at))
            {
                at++;
                continue;
            }

            var end = EndOfWord(text, at);
            AddWord(text, at, end, position, ref sink);
            position++;
            at = SkipContraction(text, end);
        }

        return position;
    }

    /// <summary>The words of a text, parts among them.</summary>
    public static List<TextToken> Tokenize(ReadOnlySpan<char> text)
    {
        var sink = new ListSink([]);
        Tokenize(text, ref sink);
        return sink.Tokens;
    }

    private static bool StartsWord(ReadOnlySpan<char> text, int at) =>
        char.IsAsciiLetterOrDigit(text[at]) || (!char.IsAscii(text[at]) && (char.IsLetterOrDigit(text[at]) || IsPair(text, at)));

    private static bool IsPair(ReadOnlySpan<char> text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]);

    private static bool IsInWord(char c) => char.IsAscii(c)
        ? char.IsAsciiLetterOrDigit(c)
        : char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    /// <summary>Scripts written without spaces: each character is taken for a word.</summary>
    private static bool IsIdeograph(char c) => c is (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF');

    private static int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        if (IsIdeograph(text[start]))
        {
            return start + 1;
        }

        if (char.IsSurrogate(text[start]))
        {
            return start + 2;
        }

        var end = start + 1;
        while (end < text.Length && !IsIdeograph(text[end]) && (IsInWord(text[end]) || Joins(text, end)))
        {
            end++;
        }

        return EndOfLanguageName(text, start, end);
    }

    /// <summary>Whether what is no letter or digit stands within a word: 3.14, 1,000, snake_case.</summary>
    private static bool Joins(ReadOnlySpan<char> text, int at)
    {
        if (text[at] == '_')
        {
            var next = at + 1;
            while (next < text.Length && text[next] == '_')
            {
                next++;
            }

            return next < text.Length && IsInWord(text[next]) && !IsIdeograph(text[next]);
        }

        return text[at] is '.' or ',' && at + 1 < text.Length && char.IsAsciiDigit(text[at - 1]) && char.IsAsciiDigit(text[at + 1]);
    }

    /// <summary>C#, F#, C++: the signs tell them from the letters.</summary>
    private static int EndOfLanguageName(ReadOnlySpan<char> text, int start, int end)
    {
        if (end - start != 1 || !char.IsAsciiLetter(text[start]))
        {
            return end;
        }

        var rest = text[end..];
        var signs = rest.StartsWith("++") ? 2 : rest.StartsWith("#") ? 1 : 0;
        return signs > 0 && (rest.Length == signs || !IsInWord(rest[signs])) ? end + signs : end;
    }

    /// <summary>Passes over what follows an apostrophe: the t of don't and the s of file's are no words.</summary>
    private static int SkipContraction(ReadOnlySpan<char> text, int at)
    {
        if (at + 1 >= text.Length || text[at] is not ('\'' or '\u2019') || !char.IsAsciiLetter(text[at + 1]))
        {
            return at;
        }

        var end = EndOfWord(text, at + 1);
        return end - at - 1 <= LongestContraction ? end : at;
    }

    private static void AddWord<TSink>(ReadOnlySpan<char> text, int start, int end, int position, ref TSink sink)
        where TSink : struct, ITextTokenSink
    {
        Add(text, start, end, position, ref sink);
        for (var at = start; at < end;)
        {
            var part = EndOfPart(text[..end], at);
            if (at == start && part == end)
            {
                return;
            }

            if (text[at] != '_')
            {
                Add(text, at, part, position, ref sink);
            }

            at = part;
        }
    }

    /// <summary>The end of a part of an identifier: at underscores, before a capital after what is none, before the last of several capitals.</summary>
    private static int EndOfPart(ReadOnlySpan<char> word, int start)
    {
        for (var i = start + 1; i < word.Length; i++)
        {
            if (word[i] == '_' || word[i - 1] == '_')
            {
                return i;
            }

            if (char.IsUpper(word[i]) && (!char.IsUpper(word[i - 1]) || BeginsWithCapital(word[i..])))
            {
                return i;
            }
        }

        return word.Length;
    }

    /// <summary>Whether a capital begins a word of small letters. The plural of an abbreviation (URLs) does not.</summary>
    private static bool BeginsWithCapital(ReadOnlySpan<char> rest) =>
        rest.Length > 1 && char.IsLower(rest[1]) && !(rest[1] == 's' && (rest.Length == 2 || !char.IsLower(rest[2])));

    private static void Add<TSink>(ReadOnlySpan<char> text, int start, int end, int position, ref TSink sink)
        where TSink : struct, ITextTokenSink
    {
        var word = text[start..Math.Min(end, start + MaxWordLength)];
        Span<char> lower = stackalloc char[MaxWordLength];
        if (System.Text.Ascii.ToLower(word, lower, out var length) == System.Buffers.OperationStatus.Done)
        {
            sink.Add(lower[..length], position, start, end);
        }
        else if (Fold(word) is { IsEmpty: false } folded)
        {
            sink.Add(folded, position, start, end);
        }
    }

    private static ReadOnlySpan<char> Fold(ReadOnlySpan<char> word)
    {
        var (lower, folded) = _foldingRoom ??= (new char[MaxWordLength], new char[MaxWordLength * MostFolded]);
        var kept = 0;
        foreach (var c in word)
        {
            // Combining diacritics go like those that are part of a letter; marks of other scripts are vowels.
            if (c is < '\u0300' or > '\u036F')
            {
                lower[kept++] = char.ToLowerInvariant(c);
            }
        }

        return folded.AsSpan(0, ASCIIFoldingFilter.FoldToASCII(lower, 0, folded, 0, kept));
    }

    private readonly struct ListSink(List<TextToken> tokens) : ITextTokenSink
    {
        public List<TextToken> Tokens => tokens;

        public void Add(ReadOnlySpan<char> word, int position, int start, int end) => tokens.Add(new TextToken(word.ToString(), position, start, end));
    }
}

/// <summary>A word of a text, or a part of the word at its position.</summary>
/// <param name="Word">In lower case, without diacritics.</param>
/// <param name="Position">Which word of the text.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends.</param>
internal readonly record struct TextToken(string Word, int Position, int Start, int End);
