namespace Vektagraf.Querying.Filters;

/// <summary>Kinds of tokens.</summary>
internal enum FilterTokenKind
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>A keyword, function or plain field name.</summary>
    Word,

    /// <summary>A field name in double quotes.</summary>
    QuotedName,

    /// <summary>A string, number, datetime or point; <c>true</c>, <c>false</c> and <c>null</c> are words.</summary>
    Literal,

    /// <summary><c>(</c>.</summary>
    Open,

    /// <summary><c>)</c>.</summary>
    Close,

    /// <summary><c>,</c>.</summary>
    Comma,

    /// <summary><c>/</c>.</summary>
    Slash,

    /// <summary><c>:</c>.</summary>
    Colon,
}

/// <summary>One token.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Position">Place of its first character, counted from 1.</param>
/// <param name="Text">The characters; of a quoted name those inside the quotes.</param>
internal readonly record struct FilterToken(FilterTokenKind Kind, int Position, string Text)
{
    /// <summary>The value of a <see cref="FilterTokenKind.Literal"/>.</summary>
    public FieldValue Value { get; init; }

    /// <summary>Whether the token can be the first name of a path.</summary>
    public bool IsName => Kind == FilterTokenKind.QuotedName || (Kind == FilterTokenKind.Word && !FilterLexer.IsReserved(Text));

    /// <summary>Whether the token is this word, unquoted.</summary>
    /// <param name="word">The word.</param>
    /// <returns>True when it is.</returns>
    public bool Is(string word) => Kind == FilterTokenKind.Word && string.Equals(Text, word, StringComparison.Ordinal);

    /// <summary>The token as messages name it.</summary>
    /// <returns>Such as <c>'and'</c> or <c>the end</c>.</returns>
    public override string ToString() => Kind switch
    {
        FilterTokenKind.End => "the end of the filter",
        FilterTokenKind.Literal => FilterError.Excerpt(Text),
        FilterTokenKind.QuotedName => FilterError.Excerpt($"\"{Text}\""),
        _ => $"'{FilterError.Excerpt(Text)}'",
    };
}
