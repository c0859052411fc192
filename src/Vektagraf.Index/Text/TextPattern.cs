namespace Vektagraf.Index;

/// <summary>What a part of a query matches within one field.</summary>
public abstract record TextPattern
{
    private TextPattern()
    {
    }

    /// <summary>One term.</summary>
    /// <param name="Value">The term.</param>
    public sealed record Term(string Value) : TextPattern;

    /// <summary>Terms at fixed distances.</summary>
    /// <param name="Terms">At least two; the first has offset 0, and offsets do not descend.</param>
    public sealed record Phrase(IReadOnlyList<(string Term, int Offset)> Terms) : TextPattern;

    /// <summary>All words that begin so.</summary>
    /// <param name="Value">The beginning, folded.</param>
    public sealed record Prefix(string Value) : TextPattern;

    /// <summary>Different ways to write one word: a text has it as often as it has the most frequent of them.</summary>
    /// <param name="Patterns">The ways.</param>
    public sealed record AnyOf(IReadOnlyList<TextPattern> Patterns) : TextPattern;
}

/// <summary>Whether a part of a query has to match.</summary>
public enum TextOccurrence
{
    /// <summary>It adds to the score; where nothing must match, one of these has to.</summary>
    Should,

    /// <summary>It must match.</summary>
    Must,

    /// <summary>It must not match.</summary>
    MustNot,
}
