using System.Collections.Concurrent;
using System.Numerics;
using Vektagraf.Index;
using Vektagraf.Querying.Execution;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying.Sparse;

/// <summary>A search for the greatest dot products with a sparse vector, over the snapshots of a collection's shards. Exact.</summary>
internal sealed class SparseSearch
{
    // Scoring a row costs about as much as adding up so many postings.
    private const int PostingsOfScore = 100;

    private const int CancellationStride = 1024;

    private static readonly int MaxPooled = Environment.ProcessorCount * 2;
    private static readonly ConcurrentBag<SparseRanker> Pool = [];

    private readonly BoundSparse _sparse;
    private readonly Part[] _parts;

    private SparseSearch(BoundSparse sparse, Part[] parts) => (_sparse, _parts) = (sparse, parts);

    /// <summary>Rows whose dot product was computed.</summary>
    public long Scored { get; private set; }

    /// <summary>Postings and rows looked at.</summary>
    public long Considered { get; private set; }

    /// <summary>Postings of all dimensions of the query.</summary>
    public long Postings => _parts.Sum(p => p.Postings);

    /// <summary>Finds the runs to search.</summary>
    /// <param name="sparse">The query.</param>
    /// <param name="snapshots">One for each shard.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    public static SparseSearch Open(BoundSparse sparse, IReadOnlyList<MemtableSnapshot> snapshots, CancellationToken cancellationToken) =>
        new(sparse, sparse.Query.Vector.IsEmpty ? [] : [.. snapshots.Select(s => Part.Of(s, sparse, cancellationToken))]);

    /// <summary>How many live objects have a dimension of the query, by how many have each of them.</summary>
    /// <param name="liveRows">Live objects.</param>
    public FieldEstimate Estimate(int liveRows)
    {
        var counts = new List<FieldEstimate>();
        foreach (var dimension in _sparse.Query.Indices.ToArray())
        {
            var count = (int)Math.Min(liveRows, _parts.Sum(p => p.Runs.Sum(r => (long)r.CountOf(dimension))));
            counts.Add(new FieldEstimate(0, count, count));
        }

        return counts.Count == 0 ? default : FieldEstimate.Or(counts, liveRows);
    }

    /// <summary>Finds the rows of the greatest dot products; their distance is the negated one.</summary>
    /// <param name="k">Most rows.</param>
    /// <param name="filter">The filter; null for none.</param>
    /// <param name="minScore">The least dot product; null for any.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <returns>The rows, best first; equal ones by id.</returns>
    public List<Candidate> Find(int k, FilterBinding? filter, double? minScore, CancellationToken cancellationToken)
    {
        var best = new BestOfShards(k, minScore);
        var ranker = Pool.TryTake(out var pooled) ? pooled : new SparseRanker();
        foreach (var part in _parts)
        {
            ranker.Begin(k, best.Floor);
            var tie = new RowsById(part.Snapshot.Table);
            Rank(ranker, part, SearchedRows.Of(part.Snapshot, filter, part.Postings + part.Rest, cancellationToken), tie, cancellationToken);
            best.Add(part.Snapshot, ranker.Drain(tie));
            Considered += ranker.Considered;
            Scored += ranker.Scored;
        }

        if (Pool.Count < MaxPooled)
        {
            Pool.Add(ranker);
        }

        return best.Found;
    }

    private void Rank(SparseRanker ranker, Part part, SearchedRows rows, RowsById tie, CancellationToken cancellationToken)
    {
        var query = _sparse.Query.Vector;
        if (rows.Matching is { } matching && matching.Sum(w => (long)BitOperations.PopCount(w)) * PostingsOfScore < part.Postings)
        {
            Scan(ranker, part, matching, tie, cancellationToken);
            return;
        }

        // The rest first, and then large runs: what they have raises the bar for the others.
        for (var row = part.EndRow - part.Rest; row < part.EndRow; row++)
        {
            if (rows.Accepts(row))
            {
                ranker.Score(part.Index.Rows, row, query, tie);
            }
        }

        foreach (var run in part.Runs.OrderByDescending(r => r.RowCount))
        {
            ranker.Search(run, part.Index.Rows, query, part.EndRow, rows, tie, cancellationToken);
        }
    }

    /// <summary>Scores all rows of a few.</summary>
    private void Scan(SparseRanker ranker, Part part, ulong[] matching, RowsById tie, CancellationToken cancellationToken)
    {
        for (var word = 0; word < matching.Length; word++)
        {
            if (word % CancellationStride == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            for (var bits = matching[word]; bits != 0; bits &= bits - 1)
            {
                ranker.Score(part.Index.Rows, (word * 64) + BitOperations.TrailingZeroCount(bits), _sparse.Query.Vector, tie);
            }
        }
    }

    /// <summary>The index of a field as one snapshot sees it.</summary>
    private sealed record Part(MemtableSnapshot Snapshot, SparseIndex Index, IReadOnlyList<SparseRun> Runs, int EndRow, long Postings)
    {
        /// <summary>Rows at the end that no run has.</summary>
        public int Rest => Math.Max(0, EndRow - (Runs.Count == 0 ? 0 : Runs[^1].FirstRow + Runs[^1].RowCount));

        public static Part Of(MemtableSnapshot snapshot, BoundSparse sparse, CancellationToken cancellationToken)
        {
            var column = snapshot.Table.Sparse.FirstOrDefault(s => string.Equals(s.Field, sparse.Field, StringComparison.Ordinal))
                ?? throw new InvalidOperationException($"The memtable was made without sparse field '{sparse.Field}'.");
            var end = snapshot.Table.RowsBy(snapshot.Sequence, snapshot.RowCount);
            List<SparseRun> runs = [.. column.Index.RunsFor(end, cancellationToken).Where(r => r.FirstRow < end)];
            var postings = 0L;
            foreach (var dimension in sparse.Query.Indices.Span)
            {
                postings += runs.Sum(r => (long)r.CountOf(dimension));
            }

            return new Part(snapshot, column.Index, runs, end, postings);
        }
    }
}
