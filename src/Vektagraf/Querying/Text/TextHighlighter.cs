using System.Text;
using System.Text.Json;
using Vektagraf.Index;

namespace Vektagraf.Querying.Text;

/// <summary>Cuts excerpts out of texts that a query found, and marks its words in them.</summary>
internal sealed class TextHighlighter
{
    // Of an excerpt, what stands before the first word marked.
    private const int LeadShare = 4;

    private readonly TextHighlight _style;
    private readonly IReadOnlyList<string> _fields;
    private readonly List<TextPattern> _patterns;

    public TextHighlighter(BoundText text)
    {
        _style = text.Highlight!;
        _fields = text.HighlightFields;
        _patterns = [.. text.Clauses.Where(c => c.Occurrence != TextOccurrence.MustNot).Select(c => c.Pattern)];
    }

    /// <summary>The excerpts of an object's fields in which the query occurs.</summary>
    /// <param name="properties">The object's properties as JSON.</param>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Highlight(ReadOnlySpan<byte> properties)
    {
        var highlights = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(properties);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && _fields.Contains(name, StringComparer.Ordinal) && Excerpts(reader.GetString()!) is { Count: > 0 } excerpts)
            {
                highlights.TryAdd(name, excerpts);
            }
            else
            {
                reader.Skip();
            }
        }

        return highlights;
    }

    /// <summary>The excerpts of one text; none where the query does not occur in it.</summary>
    public IReadOnlyList<string> Excerpts(string text)
    {
        var marks = Marks(text);
        if (marks.Count == 0)
        {
            return [];
        }

        if (_style.Fragments == 0 || text.Length <= _style.FragmentLength)
        {
            return [Render(text, 0, text.Length, marks)];
        }

        // Those with the most marks, the earlier ones first among equals.
        return [.. Cut(text, marks).OrderByDescending(f => f.Marks.Count).Take(_style.Fragments).Select(f => Render(text, f.Start, f.End, f.Marks))];
    }

    private List<(int Start, int End)> Marks(string text)
    {
        var tokens = TextTokenizer.Tokenize(text);
        var byTerm = tokens.ToLookup(t => EnglishStemming.Instance.Stem(t.Word), StringComparer.Ordinal);
        var marks = new List<(int Start, int End)>();
        foreach (var pattern in _patterns)
        {
            Mark(pattern, tokens, byTerm, marks);
        }

        marks.Sort();
        var merged = new List<(int Start, int End)>();
        foreach (var mark in marks)
        {
            if (merged.Count > 0 && mark.Start < merged[^1].End)
            {
                merged[^1] = (merged[^1].Start, Math.Max(merged[^1].End, mark.End));
            }
            else
            {
                merged.Add(mark);
            }
        }

        return merged;
    }

    private static void Mark(TextPattern pattern, List<TextToken> tokens, ILookup<string, TextToken> byTerm, List<(int Start, int End)> marks)
    {
        switch (pattern)
        {
            case TextPattern.Term term:
                marks.AddRange(byTerm[term.Value].Select(t => (t.Start, t.End)));
                break;
            case TextPattern.Prefix prefix:
                marks.AddRange(tokens.Where(t => t.Word.StartsWith(prefix.Value, StringComparison.Ordinal)).Select(t => (t.Start, t.End)));
                break;
            case TextPattern.AnyOf any:
                foreach (var way in any.Patterns)
                {
                    Mark(way, tokens, byTerm, marks);
                }

                break;
            case TextPattern.Phrase phrase:
                MarkPhrase(phrase, byTerm, marks);
                break;
        }
    }

    private static void MarkPhrase(TextPattern.Phrase phrase, ILookup<string, TextToken> byTerm, List<(int Start, int End)> marks)
    {
        var places = phrase.Terms.Select(t => byTerm[t.Term].ToLookup(token => token.Position - t.Offset)).ToList();
        foreach (var start in places[0].Select(g => g.Key).Where(start => places.TrueForAll(p => p.Contains(start))))
        {
            marks.AddRange(places.SelectMany(p => p[start]).Select(t => (t.Start, t.End)));
        }
    }

    private List<(int Start, int End, List<(int Start, int End)> Marks)> Cut(string text, List<(int Start, int End)> marks)
    {
        var fragments = new List<(int Start, int End, List<(int Start, int End)> Marks)>();
        for (var i = 0; i < marks.Count;)
        {
            var start = WordStart(text, Math.Max(fragments.Count == 0 ? 0 : fragments[^1].End, marks[i].Start - (_style.FragmentLength / LeadShare)), marks[i].Start);
            var within = new List<(int Start, int End)> { marks[i++] };
            while (i < marks.Count && marks[i].End <= start + _style.FragmentLength)
            {
                within.Add(marks[i++]);
            }

            fragments.Add((start, WordEnd(text, Math.Min(text.Length, start + _style.FragmentLength), within[^1].End), within));
        }

        return fragments;
    }

    /// <summary>The first begin of a word from a place on, at the latest that of the mark.</summary>
    private static int WordStart(string text, int at, int mark)
    {
        if (at == 0)
        {
            return 0;
        }

        while (at < mark && !char.IsWhiteSpace(text[at - 1]))
        {
            at++;
        }

        return at;
    }

    /// <summary>The last end of a word up to a place, at the earliest that of the mark.</summary>
    private static int WordEnd(string text, int at, int mark)
    {
        if (at == text.Length)
        {
            return at;
        }

        while (at > mark && !char.IsWhiteSpace(text[at]))
        {
            at--;
        }

        return Math.Max(at, mark);
    }

    private string Render(string text, int start, int end, List<(int Start, int End)> marks)
    {
        var rendered = new StringBuilder();
        var at = start;
        foreach (var mark in marks)
        {
            rendered.Append(text, at, mark.Start - at).Append(_style.PreTag).Append(text, mark.Start, mark.End - mark.Start).Append(_style.PostTag);
            at = mark.End;
        }

        return rendered.Append(text, at, end - at).ToString();
    }
}
