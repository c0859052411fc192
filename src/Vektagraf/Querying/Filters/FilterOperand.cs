namespace Vektagraf.Querying.Filters;

/// <summary>What a condition looks at: a field of the object, or inside <c>any</c> and <c>all</c> the element.</summary>
public abstract record FilterOperand
{
    private protected FilterOperand()
    {
    }

    /// <summary>Place of the first character in the filter text, counted from 1; 0 when it came from no text. Not part of
    /// equality.</summary>
    public int Position { get; init; }

    /// <summary>Compares everything but <see cref="Position"/>.</summary>
    /// <param name="other">The other operand.</param>
    /// <returns>Whether both name the same.</returns>
    public virtual bool Equals(FilterOperand? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <inheritdoc/>
    public override int GetHashCode() => EqualityContract.GetHashCode();

    /// <summary>The operand as filter text.</summary>
    /// <returns>Text that parses to an equal operand.</returns>
    public sealed override string ToString() => FilterText.Operand(this);
}

/// <summary>The element that the enclosing <c>any</c> or <c>all</c> ranges over.</summary>
public sealed record FilterElement : FilterOperand;

/// <summary>A field of the object.</summary>
public sealed record FilterPath : FilterOperand
{
    private FilterPath(FilterPathKind kind, ValueList<string> segments)
    {
        Kind = kind;
        Segments = segments;
    }

    /// <summary>The object's id.</summary>
    public static FilterPath Id { get; } = new(FilterPathKind.Id, new("id"));

    /// <summary>The object's type.</summary>
    public static FilterPath Type { get; } = new(FilterPathKind.Type, new("type"));

    /// <summary>Whether it is a property or one of the pseudo-fields.</summary>
    public FilterPathKind Kind { get; }

    /// <summary>Names of the properties to step through, outermost first; one or more.</summary>
    public ValueList<string> Segments { get; }

    /// <summary>A property, possibly nested. The names <c>id</c> and <c>type</c> mean properties here, not the pseudo-fields.</summary>
    /// <param name="segments">Names of the properties to step through, outermost first; one or more.</param>
    /// <returns>The path.</returns>
    public static FilterPath Property(params IReadOnlyList<string> segments)
    {
        ArgumentOutOfRangeException.ThrowIfZero(segments.Count);
        return new FilterPath(FilterPathKind.Property, new ValueList<string>(segments));
    }

    /// <summary>The path that was written: <c>id</c> and <c>type</c> without quotes and alone are the pseudo-fields.</summary>
    internal static FilterPath Parsed(FilterToken first, IReadOnlyList<string> segments)
    {
        bool pseudo = first.Kind == FilterTokenKind.Word && segments.Count == 1 && FilterText.IsPseudoField(first.Text);
        FilterPath path = !pseudo ? Property(segments) : first.Is("id") ? Id : Type;
        return path with { Position = first.Position };
    }
}

/// <summary>Kinds of fields.</summary>
public enum FilterPathKind
{
    /// <summary>A property of the object.</summary>
    Property,

    /// <summary>The object's id, a string that is never missing.</summary>
    Id,

    /// <summary>The object's type, a string.</summary>
    Type,
}
