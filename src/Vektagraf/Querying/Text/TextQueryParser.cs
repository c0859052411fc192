using System.Globalization;
using Vektagraf.Index;

namespace Vektagraf.Querying.Text;

/// <summary>
/// Reads text queries. Every text is one: what means nothing is passed over.
/// <code>
/// query  = { [ "+" | "-" ] ( '"' text '"' | text without spaces [ "*" ] ) }
/// </code>
/// Words that are joined without a space (wi-fi, System.IO, 東京) are a phrase.
/// </summary>
internal static class TextQueryParser
{
    /// <summary>Parses a query.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: it is too long.</exception>
    public static IReadOnlyList<TextClause> Parse(string query)
    {
        if (query.Length > Limits.MaxTextQueryLength)
        {
            throw TooLong(string.Create(CultureInfo.InvariantCulture, $"The text query has {query.Length:N0} characters; at most {Limits.MaxTextQueryLength:N0} are allowed."));
        }

        var clauses = new List<TextClause>();
        var words = 0;
        for (var at = 0; at < query.Length;)
        {
            if (char.IsWhiteSpace(query[at]))
            {
                at++;
                continue;
            }

            var occurrence = query[at] switch { '+' => TextOccurrence.Must, '-' => TextOccurrence.MustNot, _ => TextOccurrence.Should };
            at += occurrence == TextOccurrence.Should ? 0 : 1;
            var isQuoted = at < query.Length && query[at] == '"';
            at += isQuoted ? 1 : 0;
            var end = isQuoted ? EndOf(query, at, static c => c == '"') : EndOf(query, at, static c => c == '"' || char.IsWhiteSpace(c));
            words += isQuoted ? AddPhrase(clauses, occurrence, query.AsSpan(at, end - at)) : AddWords(clauses, occurrence, query.AsSpan(at, end - at));
            at = isQuoted ? end + 1 : end;
        }

        return words <= Limits.MaxTextQueryWords
            ? [.. clauses.Distinct()]
            : throw TooLong(string.Create(CultureInfo.InvariantCulture, $"The text query has {words:N0} words; at most {Limits.MaxTextQueryWords} are allowed."));
    }

    private static VektagrafException TooLong(string message) => VektagrafException.Invalid("/text/query", message);

    private static int EndOf(string query, int at, Predicate<char> ends)
    {
        while (at < query.Length && !ends(query[at]))
        {
            at++;
        }

        return at;
    }

    private static int AddPhrase(List<TextClause> clauses, TextOccurrence occurrence, ReadOnlySpan<char> text)
    {
        var words = WordsOf(text);
        if (words.Count > 0)
        {
            clauses.Add(new TextClause(occurrence, Sequence(words.ConvertAll(w => StemOf(w[0])))));
        }

        return words.Count;
    }

    private static int AddWords(List<TextClause> clauses, TextOccurrence occurrence, ReadOnlySpan<char> text)
    {
        var bare = text.TrimEnd('*');
        var words = WordsOf(bare);
        var count = words.Count;
        if (bare.Length < text.Length && count > 0 && words[^1][0].End == bare.Length)
        {
            clauses.Add(new TextClause(occurrence, new TextPattern.Prefix(words[^1][0].Word)));
            words.RemoveAt(count - 1);
        }

        if (words.Count == 1)
        {
            clauses.Add(new TextClause(occurrence, Word(words[0])));
        }
        else if (words.Count > 1)
        {
            clauses.Add(new TextClause(occurrence, Sequence(words.ConvertAll(w => StemOf(w[0])))));
        }

        return count;
    }

    /// <summary>A word; of an identifier also its parts, joined in another identifier or written apart.</summary>
    private static TextPattern Word(List<TextToken> tokens)
    {
        var whole = new TextPattern.Term(StemOf(tokens[0]));
        if (tokens.Count == 1)
        {
            return whole;
        }

        var parts = tokens.Skip(1).Select(StemOf).ToList();
        List<(string, int)> joined = [.. parts.Distinct(StringComparer.Ordinal).Select(p => (p, 0))];
        return new TextPattern.AnyOf([whole, Sequence(parts), joined.Count == 1 ? new TextPattern.Term(parts[0]) : new TextPattern.Phrase(joined)]);
    }

    private static TextPattern Sequence(List<string> terms) =>
        terms.Count == 1 ? new TextPattern.Term(terms[0]) : new TextPattern.Phrase([.. terms.Select((term, i) => (term, i))]);

    /// <summary>Of each word of a text its tokens: first the whole, then its parts.</summary>
    private static List<List<TextToken>> WordsOf(ReadOnlySpan<char> text) =>
        [.. TextTokenizer.Tokenize(text).GroupBy(t => t.Position).Select(g => g.ToList())];

    private static string StemOf(TextToken token) => EnglishStemming.Instance.Stem(token.Word);
}
