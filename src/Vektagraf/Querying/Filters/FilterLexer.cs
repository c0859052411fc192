using System.Globalization;
using System.Text;

namespace Vektagraf.Querying.Filters;

/// <summary>Cuts filter text into tokens, one at a time, left to right; each character is looked at a bounded number of times.</summary>
/// <param name="text">The text.</param>
/// <param name="error">Makes the error for a position and a message, since orderings share the lexer.</param>
internal sealed partial class FilterLexer(string text, Func<int, string, VektagrafException> error)
{
    private int _at;

    /// <summary>Whether a name can be written without double quotes.</summary>
    /// <param name="name">Name of a property.</param>
    /// <returns>False for keywords and for names with other characters than letters, digits and underscores.</returns>
    public static bool IsPlainName(string name) =>
        name.Length > 0 && IsNameStart(name[0]) && name.All(IsNamePart) && !IsReserved(name);

    /// <summary>Whether a word is a keyword and hence no field name.</summary>
    /// <param name="word">The word.</param>
    /// <returns>True for operators and literals.</returns>
    public static bool IsReserved(string word) =>
        word is "and" or "or" or "not" or "in" or "eq" or "ne" or "gt" or "ge" or "lt" or "le" or "true" or "false" or "null";

    /// <summary>Reads the next token.</summary>
    /// <returns>The token; <see cref="FilterTokenKind.End"/> again and again at the end.</returns>
    public FilterToken Next()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }

        if (_at == text.Length)
        {
            return new FilterToken(FilterTokenKind.End, _at + 1, "");
        }

        return text[_at] switch
        {
            '(' => Single(FilterTokenKind.Open),
            ')' => Single(FilterTokenKind.Close),
            ',' => Single(FilterTokenKind.Comma),
            '/' => Single(FilterTokenKind.Slash),
            ':' => Single(FilterTokenKind.Colon),
            '\'' => String(),
            '"' => QuotedName(),
            '-' or (>= '0' and <= '9') => NumberOrDateTime(),
            char c when IsNameStart(c) => Word(),
            _ => throw UnexpectedCharacter(),
        };
    }

    private static bool IsNameStart(char c) => char.IsLetter(c) || c == '_';

    private static bool IsNamePart(char c) =>
        char.IsLetterOrDigit(c) || c == '_' || char.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark;

    private FilterToken Single(FilterTokenKind kind)
    {
        int start = _at++;
        return new FilterToken(kind, start + 1, text[start].ToString());
    }

    private FilterToken String()
    {
        int position = _at + 1;
        string value = Quoted('\'', "string");
        return new FilterToken(FilterTokenKind.Literal, position, text[(position - 1).._at]) { Value = FieldValue.From(value) };
    }

    private FilterToken QuotedName()
    {
        int position = _at + 1;
        string name = Quoted('"', "quoted field name");
        return new FilterToken(FilterTokenKind.QuotedName, position, name);
    }

    /// <summary>Reads quoted text, in which the quote is written twice.</summary>
    private string Quoted(char quote, string what)
    {
        int start = _at++;
        StringBuilder? value = null;
        int copied = _at;
        while (true)
        {
            int end = text.IndexOf(quote, _at);
            if (end < 0)
            {
                throw error(start + 1, $"this {what} is not closed: end it with {quote}, and write a {quote} inside it twice.");
            }

            _at = end + 1;
            if (_at == text.Length || text[_at] != quote)
            {
                return value is null ? text[copied..end] : value.Append(text, copied, end - copied).ToString();
            }

            (value ??= new StringBuilder()).Append(text, copied, end - copied + 1);
            copied = ++_at;
        }
    }

    private FilterToken Word()
    {
        int start = _at;
        while (_at < text.Length && IsNamePart(text[_at]))
        {
            _at++;
        }

        // The one function with a namespace; other dots are reported by RejectNameCharacter.
        if (text.AsSpan(start, _at - start).SequenceEqual("geo") && text.AsSpan(_at).StartsWith(".distance", StringComparison.Ordinal))
        {
            _at += ".distance".Length;
        }

        string word = text[start.._at];
        if (_at < text.Length && text[_at] == '\'')
        {
            return PrefixedLiteral(word, start + 1);
        }

        RejectNameCharacter(word, start + 1);
        return new FilterToken(FilterTokenKind.Word, start + 1, word);
    }

    /// <summary>Names the two usual mistakes where a name goes on with a character that no name has.</summary>
    private void RejectNameCharacter(string word, int position)
    {
        if (_at + 1 >= text.Length || !IsNameStart(text[_at + 1]))
        {
            return;
        }

        if (text[_at] == '.')
        {
            throw error(position, word == "search"
                ? "there are no search functions here: write field in ('a', 'b') for search.in, and put full-text queries into 'text'."
                : $"step into nested properties with '/', as in {FilterError.Excerpt(word)}/city; a name with a dot takes double quotes.");
        }

        if (text[_at] is '-' or '@' or '$')
        {
            throw error(_at + 1, $"'{text[_at]}' is not part of a plain name: write the field's whole name in double quotes.");
        }
    }

    private VektagrafException UnexpectedCharacter()
    {
        string? hint = text[_at] switch
        {
            '=' => "write 'eq' for equality ('ge', 'le' and 'ne' for >=, <= and !=).",
            '!' => "write 'ne' for !=, and 'not' for !.",
            '<' => "write 'lt' for <, 'le' for <= and 'ne' for <>.",
            '>' => "write 'gt' for > and 'ge' for >=.",
            '&' => "write 'and'.",
            '|' => "write 'or'.",
            '[' or ']' or '{' or '}' => "lists are written in parentheses, as in category in ('a', 'b').",
            '+' => "write positive numbers without a sign.",
            _ => null,
        };
        Rune.DecodeFromUtf16(text.AsSpan(_at), out Rune rune, out _);
        string shown = Rune.IsControl(rune) ? $"U+{rune.Value:X4}" : $"'{rune}'";
        string remedy = hint is null ? "; remove it, or write text between single quotes." : ": " + hint;
        return error(_at + 1, $"{shown} means nothing here{remedy}");
    }
}
