using Vektagraf.Index;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying;

/// <summary>
/// Exact vector search over a shard whose segments are not in memory. Vectors stream through the same kernels as always, a few megabytes
/// at a time; of the objects only those found are read.
/// </summary>
internal sealed class ColdVectorSearch(ColdSnapshot snapshot, string field, ReadOnlyMemory<float> query, int k, FilterBinding? filter, bool withVectors)
{
    // What the processor's cache holds while it is scored.
    private const int BatchBytes = 1024 * 1024;
    private const int LeastBatchRows = 64;

    private readonly SearchScratch _scratch = new();
    private SearchStatistics _statistics;

    /// <summary>What was done.</summary>
    public SearchStatistics Statistics => _statistics;

    /// <summary>Finds the nearest live rows that fulfil the filter, best first.</summary>
    /// <param name="cancellationToken">Ends the search early.</param>
    public async Task<List<Candidate>> RunAsync(CancellationToken cancellationToken)
    {
        var fieldIndex = snapshot.Tail.Table.Vectors.Index().First(v => string.Equals(v.Item.Field, field, StringComparison.Ordinal)).Index;
        var found = VectorSearch.Search([snapshot.Tail], fieldIndex, query.Span, k, filter, out _statistics, cancellationToken);
        var live = await snapshot.LiveRowsAsync(cancellationToken);
        var hits = new List<Hit>();
        for (var i = 0; i < snapshot.Segments.Segments.Count; i++)
        {
            var segment = snapshot.Segments.Segments[i];
            var accepted = filter is null ? live?[i] : await ColdFilter.MatchAsync(snapshot, segment, filter, live?[i], cancellationToken);
            await ScanAsync(i, segment, accepted, hits, cancellationToken);
        }

        KeepNearest(hits, found);
        found.AddRange(await ReadAsync(hits, cancellationToken));
        found.Sort(Candidate.Compare);
        found.RemoveRange(Math.Min(k, found.Count), Math.Max(0, found.Count - k));
        return found;
    }

    private async Task ScanAsync(int number, Segment segment, RowSet? accepted, List<Hit> hits, CancellationToken cancellationToken)
    {
        var definition = snapshot.Segments.Definition.Vectors[field];
        var index = segment.FieldOf(field);
        if (index < 0 || segment.Vectors[index] is not { Count: > 0 } section || section.Dimensions != definition.Dimensions)
        {
            return;
        }

        var rows = await segment.ReadVectorRowsAsync(index, cancellationToken);
        var batch = new Batch(definition.Dimensions, definition.Metric, Math.Min(section.Count, Math.Max(LeastBatchRows, BatchBytes / section.VectorBytes)));
        var nearest = new TopK();
        nearest.Reset(k);
        var scored = 0;
        await foreach (var block in segment.ReadVectorsAsync(index, IsWanted, cancellationToken))
        {
            for (var i = 0; i < block.Count; i++)
            {
                if (accepted?.Contains(rows.RowOf(block.FirstOrdinal + i)) != false)
                {
                    scored++;
                    batch.Add(block.FirstOrdinal + i, block.LittleEndian.Span.Slice(i * section.VectorBytes, section.VectorBytes));
                    if (batch.IsFull)
                    {
                        batch.Search(query.Span, nearest, _scratch, cancellationToken);
                    }
                }
            }
        }

        batch.Search(query.Span, nearest, _scratch, cancellationToken);
        _statistics += new SearchStatistics { Considered = section.Count, Filtered = section.Count - scored, Scored = scored };
        foreach (var neighbor in nearest.Drain(default(OrdinalTieBreaker)))
        {
            hits.Add(new Hit(number, rows.RowOf(neighbor.Ordinal), neighbor.Distance));
        }

        bool IsWanted(int first, int count) => accepted is null || Enumerable.Range(first, count).Any(ordinal => accepted.Contains(rows.RowOf(ordinal)));
    }

    /// <summary>Leaves only what may be among the k nearest of all: rows at the same distance are told apart by their ids, not known yet.</summary>
    private void KeepNearest(List<Hit> hits, List<Candidate> tail)
    {
        var distances = hits.Select(h => h.Distance).Concat(tail.Select(c => c.Distance)).Order().ToList();
        if (distances.Count > k)
        {
            hits.RemoveAll(h => h.Distance > distances[k - 1]);
        }
    }

    private async Task<List<Candidate>> ReadAsync(List<Hit> hits, CancellationToken cancellationToken)
    {
        var rows = new List<SegmentRow>(hits.Count);
        var distances = new Dictionary<string, float>(StringComparer.Ordinal);
        foreach (var group in hits.GroupBy(h => h.Segment))
        {
            var wanted = group.ToList();
            var read = await snapshot.Segments.Segments[group.Key].ReadRowsAsync([.. wanted.Select(h => h.Row)], withVectors, cancellationToken);
            for (var i = 0; i < read.Count; i++)
            {
                rows.Add(read[i]);
                distances.Add(read[i].Id, wanted[i].Distance);
            }
        }

        var found = snapshot.InMemory(rows);
        return [.. rows.Select((row, i) => new Candidate(found, i, distances[row.Id]))];
    }

    private readonly record struct Hit(int Segment, int Row, float Distance);

    /// <summary>Vectors on their way through the kernels.</summary>
    private sealed class Batch(int dimensions, DistanceMetric metric, int capacity)
    {
        private readonly FlatIndex _index = new(dimensions, metric, capacity);
        private readonly int[] _ordinals = new int[capacity];
        private readonly float[] _vector = new float[dimensions];

        public bool IsFull => _index.Count == _ordinals.Length;

        public void Add(int ordinal, ReadOnlySpan<byte> littleEndian)
        {
            LittleEndianFloats.Read(littleEndian, _vector);
            _ordinals[_index.Append(_vector)] = ordinal;
        }

        /// <summary>Scores what was added, and makes room.</summary>
        public void Search(ReadOnlySpan<float> query, TopK nearest, SearchScratch scratch, CancellationToken cancellationToken)
        {
            var parameters = new SearchParameters(Math.Max(1, Math.Min(_index.Count, nearest.K))) { MaxDistance = nearest.Threshold, Exact = true };
            foreach (var neighbor in _index.Search(query, parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch, cancellationToken))
            {
                nearest.Push(neighbor.Distance, _ordinals[neighbor.Ordinal], default(OrdinalTieBreaker));
            }

            _index.Clear();
        }
    }
}
