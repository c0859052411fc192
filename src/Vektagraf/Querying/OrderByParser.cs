using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

/// <summary>Parses orderings: <c>price desc, address/city</c>, as one text or as a list of texts with a key each or several.</summary>
public static class OrderByParser
{
    /// <summary>Most keys of an ordering: more cannot matter to the order of any real result.</summary>
    public const int MaxTerms = 32;

    /// <summary>Longest text of an ordering in UTF-16 code units.</summary>
    public const int MaxLength = 4 * 1024;

    /// <summary>Parses one text.</summary>
    /// <param name="text">One key or more, separated by commas.</param>
    /// <returns>The keys, the most significant first.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <c>invalid-order-by</c>, at <c>/orderBy</c>.</exception>
    public static IReadOnlyList<OrderByTerm> Parse(string text)
    {
        List<OrderByTerm> terms = [];
        Parse(text, "/orderBy", terms);
        return terms;
    }

    /// <summary>Parses a list of texts.</summary>
    /// <param name="texts">The texts, the most significant key first.</param>
    /// <returns>The keys of all texts, in order; none for an empty list.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <c>invalid-order-by</c>, at <c>/orderBy/0</c> and so
    /// on.</exception>
    public static IReadOnlyList<OrderByTerm> Parse(IReadOnlyList<string> texts)
    {
        List<OrderByTerm> terms = [];
        for (int i = 0; i < texts.Count; i++)
        {
            Parse(texts[i], $"/orderBy/{i}", terms);
        }

        return terms;
    }

    internal static VektagrafException Error(string pointer, string message) =>
        new(ErrorKind.Invalid, "invalid-order-by", message, new Dictionary<string, string>(StringComparer.Ordinal) { [pointer] = message });

    private static void Parse(string text, string pointer, List<OrderByTerm> terms)
    {
        VektagrafException At(int position, string message) => Error(pointer, $"Ordering, character {position}: {message}");
        if (text.Length > MaxLength)
        {
            throw At(MaxLength + 1, $"the ordering is longer than {MaxLength} characters: shorten it.");
        }

        FilterLexer lexer = new(text, At);
        FilterToken token = lexer.Next();
        while (true)
        {
            int position = token.Position;
            OrderByTerm term = ParseTerm(lexer, ref token, At);
            if (terms.Count == MaxTerms)
            {
                throw At(position, $"there are more than {MaxTerms} keys: leave this one and those after it out.");
            }

            if (terms.Exists(earlier => earlier.Path == term.Path))
            {
                throw At(position, $"'{term.Path}' is ordered by twice: remove the second.");
            }

            terms.Add(term);
            if (token.Kind == FilterTokenKind.End)
            {
                return;
            }

            token = token.Kind == FilterTokenKind.Comma
                ? lexer.Next()
                : throw At(token.Position, $"expected 'asc', 'desc', ',' or the end but found {token}.");
        }
    }

    private static OrderByTerm ParseTerm(FilterLexer lexer, ref FilterToken token, Func<int, string, VektagrafException> at)
    {
        FilterToken first = token;
        List<string> segments = [];
        do
        {
            token = segments.Count == 0 ? token : lexer.Next();
            if (!(segments.Count == 0 ? token.IsName : token.Kind is FilterTokenKind.Word or FilterTokenKind.QuotedName))
            {
                throw at(token.Position, $"expected a field, as in price desc, title, but found {token}.");
            }

            segments.Add(token.Text);
            token = lexer.Next();
        }
        while (token.Kind == FilterTokenKind.Slash);

        bool descending = token.Is("desc");
        if (descending || token.Is("asc"))
        {
            token = lexer.Next();
        }

        return new OrderByTerm(FilterPath.Parsed(first, segments), descending);
    }
}
