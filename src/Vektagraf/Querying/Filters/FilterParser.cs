using System.Text;

namespace Vektagraf.Querying.Filters;

/// <summary>
/// Parses filter text by precedence climbing (Pratt, "Top Down Operator Precedence", 1973): <c>or</c> binds loosest, then
/// <c>and</c>, then <c>not</c>, then comparisons. docs/filters.md holds the grammar.
/// </summary>
public sealed partial class FilterParser
{
    /// <summary>Longest filter in bytes of UTF-8: room for a list of several hundred ids, and a bound on the time to parse.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>Deepest nesting, counted in parentheses, <c>not</c>, <c>any</c> and <c>all</c> (<c>not (…)</c> counts once): bounds the
    /// stack.</summary>
    public const int MaxDepth = 64;

    private readonly FilterLexer _lexer;
    private FilterToken _current;
    private int _depth;

    /// <summary>Name of the element inside <c>any</c> or <c>all</c>; null outside.</summary>
    private string? _element;

    private FilterParser(string text)
    {
        _lexer = new FilterLexer(text, FilterError.At);
        _current = _lexer.Next();
    }

    /// <summary>Parses a filter.</summary>
    /// <param name="text">The filter, at most <see cref="MaxBytes"/> long.</param>
    /// <returns>Its syntax tree.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <c>invalid-filter</c>: the message names the character
    /// and what to change.</exception>
    public static FilterExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        RejectTooLong(text);
        FilterParser parser = new(text);
        if (parser._current.Kind == FilterTokenKind.End)
        {
            throw FilterError.At(1, "the filter is empty: leave it out to match every object.");
        }

        FilterExpression expression = parser.ParseExpression(0);
        return parser._current.Kind == FilterTokenKind.End ? expression : throw parser.UnexpectedAfterCondition();
    }

    private static void RejectTooLong(string text)
    {
        if (text.Length <= MaxBytes / 3)
        {
            return; // one UTF-16 unit is at most three bytes of UTF-8
        }

        int bytes = 0;
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxBytes)
            {
                throw FilterError.At(at + 1, $"the filter is longer than {MaxBytes} bytes: shorten its lists, or split the query.");
            }

            at += rune.Utf16SequenceLength;
        }
    }

    /// <summary>Binding power of the operator at hand; 0 for anything else, which ends the expression.</summary>
    private int Power() => _current.Is("or") ? 1 : _current.Is("and") ? 2 : 0;

    private FilterExpression ParseExpression(int minimum)
    {
        FilterExpression left = ParsePrefix();
        for (int power = Power(); power > minimum; power = Power())
        {
            List<FilterExpression> operands = [left];
            while (Power() == power)
            {
                Advance();
                operands.Add(ParseExpression(power));
            }

            left = power == 1 ? FilterOr.Of(operands) : FilterAnd.Of(operands);
        }

        return left;
    }

    private FilterExpression ParsePrefix()
    {
        int position = _current.Position;
        if (_current.Is("not"))
        {
            Enter(position);
            Advance();
            // "not (…)" is one level, so that canonical text is never deeper than the text it came from.
            FilterExpression operand = _current.Kind == FilterTokenKind.Open ? ParseGroup() : ParsePrefix();
            _depth--;
            return new FilterNot(operand) { Position = position };
        }

        if (_current.Kind != FilterTokenKind.Open)
        {
            return ParseCondition();
        }

        Enter(position);
        FilterExpression group = ParseGroup();
        _depth--;
        return group;
    }

    private FilterExpression ParseGroup()
    {
        int open = _current.Position;
        Advance();
        FilterExpression inner = ParseExpression(0);
        CloseParenthesis(open);
        return inner;
    }

    private void Enter(int position)
    {
        if (++_depth > MaxDepth)
        {
            throw FilterError.At(position, $"parentheses, 'not', any and all are nested more than {MaxDepth} deep: simplify the filter.");
        }
    }

    private FilterToken Advance()
    {
        FilterToken token = _current;
        _current = _lexer.Next();
        return token;
    }

    private FilterToken Expect(FilterTokenKind kind, string wanted) =>
        _current.Kind == kind ? Advance() : throw FilterError.At(_current.Position, $"expected {wanted} but found {_current}.");

    /// <summary>Takes the parenthesis that ends a condition.</summary>
    private void CloseParenthesis(int open)
    {
        if (_current.Kind == FilterTokenKind.End)
        {
            throw FilterError.At(open, "this parenthesis is never closed: add ')'.");
        }

        if (_current.Kind != FilterTokenKind.Close)
        {
            throw UnexpectedAfterCondition();
        }

        Advance();
    }

    private VektagrafException UnexpectedAfterCondition()
    {
        string hint = _current switch
        {
            { Kind: FilterTokenKind.Close } => "this ')' closes nothing: remove it, or open a parenthesis before.",
            { Kind: FilterTokenKind.Word, Text: "eq" or "ne" or "gt" or "ge" or "lt" or "le" } =>
                $"a condition is true or false by itself and is not compared: remove '{_current.Text}' and what follows, or write 'and'.",
            { Kind: FilterTokenKind.Word } when FilterLexer.IsReserved(_current.Text.ToLowerInvariant()) =>
                $"operators are written in lower case: '{_current.Text.ToLowerInvariant()}'.",
            _ => $"expected 'and', 'or' or the end but found {_current}: join conditions with 'and' or 'or'.",
        };
        return FilterError.At(_current.Position, hint);
    }
}
