using System.Collections.Concurrent;
using System.Text;
using Vektagraf.Index;
using Vektagraf.Querying.Execution;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying.Text;

/// <summary>
/// A text search over the snapshots of a collection's shards: the statistics are those of all of them together, so that scores do not depend
/// on how objects are spread over shards, and of live objects only, so that they do not depend on what was overwritten before.
/// </summary>
internal sealed class TextSearch
{
    private static readonly int MaxPooled = Environment.ProcessorCount * 2;
    private static readonly ConcurrentBag<TextRanker> Pool = [];

    private readonly BoundText _text;
    private readonly Part[] _parts;
    private readonly TextOccurrence[] _clauses;
    private readonly List<FieldEstimate>[] _containing;

    private TextSearch(BoundText text, Part[] parts)
    {
        (_text, _parts) = (text, parts);
        _clauses = [.. text.Clauses.Select(c => c.Occurrence)];
        _containing = [.. text.Clauses.Select(_ => new List<FieldEstimate>())];
    }

    /// <summary>Rows whose score was computed.</summary>
    public long Scored { get; private set; }

    /// <summary>Rows looked at.</summary>
    public long Considered { get; private set; }

    /// <summary>Finds the postings of a query and weighs them.</summary>
    /// <param name="text">The query.</param>
    /// <param name="snapshots">One for each shard.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    public static TextSearch Open(BoundText text, IReadOnlyList<MemtableSnapshot> snapshots, CancellationToken cancellationToken)
    {
        Part[] parts = text.CanMatch ? [.. snapshots.Where(s => s.Table.Text is not null).SelectMany(s => PartsOf(s, cancellationToken))] : [];
        var search = new TextSearch(text, parts);
        foreach (var (name, weight) in text.Fields)
        {
            search.OpenField(name, weight, cancellationToken);
        }

        return search;
    }

    /// <summary>Postings of all words.</summary>
    public long Postings => _parts.Sum(p => p.Lists.Sum(l => (long)l.List.Count));

    /// <summary>How many live objects have the words that are asked for, by how many have each of them.</summary>
    /// <param name="liveRows">Live objects.</param>
    public FieldEstimate Estimate(int liveRows)
    {
        var clauses = _containing.Select(fields => fields.Count == 0 ? default : FieldEstimate.Or(fields, liveRows)).ToList();
        var required = Of(TextOccurrence.Must);
        var found = required.Count > 0 ? FieldEstimate.And(required, liveRows) : FieldEstimate.Or(Of(TextOccurrence.Should), liveRows);
        var excluded = Of(TextOccurrence.MustNot);
        return excluded.Count == 0 ? found : FieldEstimate.And([found, .. excluded.Select(e => e.Not(liveRows))], liveRows);

        List<FieldEstimate> Of(TextOccurrence occurrence) => [.. clauses.Where((_, i) => _clauses[i] == occurrence)];
    }

    /// <summary>Finds the rows of the highest scores; their distance is the negated score.</summary>
    /// <param name="k">Most rows.</param>
    /// <param name="filter">The filter; null for none.</param>
    /// <param name="minScore">The least score; null for any.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <returns>The rows, best first; equal ones by id.</returns>
    public List<Candidate> Find(int k, FilterBinding? filter, double? minScore, CancellationToken cancellationToken)
    {
        var best = new BestOfShards(k, minScore);
        var ranker = Pool.TryTake(out var pooled) ? pooled : new TextRanker();
        foreach (var shard in _parts.GroupBy(p => p.Snapshot))
        {
            ranker.Begin(k, best.Floor);
            var tie = new RowsById(shard.Key.Table);
            var rows = SearchedRows.Of(shard.Key, filter, shard.Sum(p => p.Lists.Sum(l => (long)l.List.Count)), cancellationToken);

            // Large runs first: what they have raises the bar for the small ones.
            foreach (var part in shard.OrderByDescending(p => p.Run.RowCount))
            {
                ranker.Search(part.Run, part.Lists, _clauses, part.EndRow, rows, tie, cancellationToken);
            }

            best.Add(shard.Key, ranker.Drain(tie));
            Considered += ranker.Considered;
            Scored += ranker.Scored;
        }

        if (Pool.Count < MaxPooled)
        {
            Pool.Add(ranker);
        }

        return best.Found;
    }

    private static IEnumerable<Part> PartsOf(MemtableSnapshot snapshot, CancellationToken cancellationToken)
    {
        var end = snapshot.Table.RowsBy(snapshot.Sequence, snapshot.RowCount);
        return snapshot.Table.Text!.RunsOf(snapshot, cancellationToken).Where(r => r.FirstRow < end).Select(r => new Part(snapshot, r, end));
    }

    private void OpenField(string name, double weight, CancellationToken cancellationToken)
    {
        var (texts, words) = CountTexts(name);
        for (var clause = 0; clause < _text.Clauses.Count; clause++)
        {
            var pattern = _text.Clauses[clause].Pattern;
            var lists = Array.ConvertAll(_parts, p => TextMatch.Find(p.Run, p.FieldIndex(name), pattern, new RowsUntil(p.Snapshot, p.EndRow), cancellationToken));
            var containing = pattern is TextPattern.Term term ? CountTerm(name, term.Value) : lists.Sum(l => (long)l.Count);
            _containing[clause].Add(new FieldEstimate((int)containing, (int)containing, (int)containing));
            var weighed = new TermWeight(texts, words, containing, weight);
            for (var i = 0; i < _parts.Length; i++)
            {
                if (!lists[i].IsEmpty)
                {
                    _parts[i].Lists.Add(new RankedList(lists[i], weighed, clause));
                }
            }
        }
    }

    /// <summary>Live texts of a field, and their words.</summary>
    private (long Texts, long Words) CountTexts(string name)
    {
        var (texts, words) = (0L, 0L);
        foreach (var part in _parts)
        {
            var counted = part.Run.Count(part.FieldIndex(name), part.EndRow);
            texts += counted.Texts;
            words += counted.Words;
        }

        foreach (var part in _parts.DistinctBy(p => p.Snapshot))
        {
            var dead = part.Index.Deaths.Count(part.FieldIndex(name), part.Snapshot.Sequence);
            texts -= dead.Texts;
            words -= dead.Words;
        }

        return (texts, words);
    }

    /// <summary>Live texts of a field that contain a term.</summary>
    private long CountTerm(string name, string term)
    {
        var utf8 = Encoding.UTF8.GetBytes(term);
        return _parts.Sum(p => (long)p.Run.Count(p.FieldIndex(name), utf8, p.EndRow))
            - _parts.DistinctBy(p => p.Snapshot).Sum(p => (long)p.Index.Deaths.Count(p.FieldIndex(name), term, p.Snapshot.Sequence));
    }

    /// <summary>A run as one snapshot sees it.</summary>
    private sealed class Part(MemtableSnapshot snapshot, TextRun run, int endRow)
    {
        public MemtableSnapshot Snapshot { get; } = snapshot;

        public TextRun Run { get; } = run;

        public int EndRow { get; } = endRow;

        public TextIndex Index => Snapshot.Table.Text!;

        public List<RankedList> Lists { get; } = [];

        public int FieldIndex(string name)
        {
            var fields = Index.Fields;
            for (var i = 0; i < fields.Count; i++)
            {
                if (string.Equals(fields[i], name, StringComparison.Ordinal))
                {
                    return i;
                }
            }

            throw new InvalidOperationException($"The memtable was made without text field '{name}'.");
        }
    }

    private readonly struct RowsUntil(MemtableSnapshot snapshot, int endRow) : IOrdinalFilter
    {
        public bool Accepts(int ordinal) => ordinal < endRow && snapshot.IsVisible(ordinal);
    }
}
