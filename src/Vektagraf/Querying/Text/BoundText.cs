using System.Globalization;
using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying.Text;

/// <summary>One part of a text query.</summary>
internal sealed record TextClause(TextOccurrence Occurrence, TextPattern Pattern);

/// <summary>The text part of a search, checked against the collection's definition.</summary>
/// <param name="Clauses">The parts of the query.</param>
/// <param name="Fields">The fields searched, with what they count.</param>
/// <param name="Highlight">What to show of the texts found; null for nothing.</param>
/// <param name="HighlightFields">The fields to show.</param>
/// <param name="Warnings">What is legal but probably not meant.</param>
internal sealed record BoundText(
    IReadOnlyList<TextClause> Clauses,
    IReadOnlyList<(string Name, double Weight)> Fields,
    TextHighlight? Highlight,
    IReadOnlyList<string> HighlightFields,
    IReadOnlyList<string> Warnings)
{
    private const double MaxWeight = 1_000;
    private const int MinFragmentLength = 20;
    private const int MaxTagLength = 256;

    /// <summary>Whether anything can be found: words that are excluded say only what not to find.</summary>
    public bool CanMatch => Clauses.Any(c => c.Occurrence != TextOccurrence.MustNot);

    /// <summary>Binds the text part of a request.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static BoundText Bind(TextQuery query, TextHighlight? highlight, CollectionDefinition definition)
    {
        List<string> declared = [.. definition.Fields.Where(f => f.Value.Type == FieldType.Text).Select(f => f.Key).Order(StringComparer.Ordinal)];
        if (declared.Count == 0)
        {
            throw VektagrafException.Invalid("/text", "The collection declares no text field. Declare one, such as \"fields\": { \"title\": { \"type\": \"text\" } }.");
        }

        if (string.IsNullOrWhiteSpace(query.Query))
        {
            throw VektagrafException.Invalid("/text/query", "The text query is empty. Give at least one word.");
        }

        var fields = Resolve("/text/fields", query.Fields, declared, definition);
        CheckWeights(query.Weights, fields);
        var clauses = TextQueryParser.Parse(query.Query);
        var bound = new BoundText(
            clauses,
            [.. fields.Select(f => (f, query.Weights?.GetValueOrDefault(f, 1) ?? 1))],
            highlight,
            highlight is null ? [] : Check(highlight, fields, declared, definition),
            []);
        return bound.CanMatch ? bound : bound with
        {
            Warnings = [clauses.Count == 0 ? "The text query has no words: neither letters nor digits." : "All words of the text query are excluded: add one to look for."],
        };
    }

    private static List<string> Resolve(string pointer, IReadOnlyList<string>? names, List<string> declared, CollectionDefinition definition)
    {
        if (names is null)
        {
            return declared;
        }

        if (names.Count == 0)
        {
            throw VektagrafException.Invalid(pointer, $"The list of fields is empty. Leave it out for all text fields: {string.Join(", ", declared)}.");
        }

        for (var i = 0; i < names.Count; i++)
        {
            if (!declared.Contains(names[i], StringComparer.Ordinal))
            {
                throw VektagrafException.Invalid(string.Create(CultureInfo.InvariantCulture, $"{pointer}/{i}"), UnknownField(names[i], declared, definition));
            }
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    private static string UnknownField(string? name, List<string> declared, CollectionDefinition definition)
    {
        var known = $"The collection has these text fields: {string.Join(", ", declared)}.";
        if (string.IsNullOrEmpty(name))
        {
            return $"A field's name is a string. {known}";
        }

        if (definition.Fields.TryGetValue(name, out var other))
        {
            return $"Field '{name}' is declared as {other.Type.ToString().ToLowerInvariant()}, not as text. {known}";
        }

        var meant = FieldNameSuggestion.Find(FilterPath.Property(name), definition);
        return meant is not null && declared.Contains(meant, StringComparer.Ordinal)
            ? $"Unknown text field '{name}': did you mean '{meant}'? {known}"
            : $"Unknown text field '{name}'. {known}";
    }

    private static void CheckWeights(IReadOnlyDictionary<string, double>? weights, List<string> fields)
    {
        foreach (var (name, weight) in weights ?? new Dictionary<string, double>(StringComparer.Ordinal))
        {
            var pointer = "/text/weights/" + ValidationErrors.Escape(name);
            if (!fields.Contains(name, StringComparer.Ordinal))
            {
                throw VektagrafException.Invalid(pointer, $"Field '{name}' is not searched. Weights are for: {string.Join(", ", fields)}.");
            }

            if (weight is not (> 0 and <= MaxWeight))
            {
                throw VektagrafException.Invalid(pointer, string.Create(CultureInfo.InvariantCulture, $"The weight is {weight}; above 0 and at most {MaxWeight} is allowed."));
            }
        }
    }

    private static List<string> Check(TextHighlight highlight, List<string> searched, List<string> declared, CollectionDefinition definition)
    {
        CheckRange("/highlight/fragments", highlight.Fragments, 0, Limits.MaxFragments);
        CheckRange("/highlight/fragmentLength", highlight.FragmentLength, MinFragmentLength, Limits.MaxFragmentLength);
        CheckRange("/highlight/preTag", highlight.PreTag.Length, 0, MaxTagLength);
        CheckRange("/highlight/postTag", highlight.PostTag.Length, 0, MaxTagLength);
        return highlight.Fields is null ? searched : Resolve("/highlight/fields", highlight.Fields, declared, definition);
    }

    private static void CheckRange(string pointer, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            throw VektagrafException.Invalid(pointer, string.Create(CultureInfo.InvariantCulture, $"It is {value}; {least} to {most} is allowed."));
        }
    }
}
