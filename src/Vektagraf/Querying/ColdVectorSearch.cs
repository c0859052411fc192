using Vektagraf.Index;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying;

/// <summary>
/// Vector search over a shard whose segments are not in memory. Where segments have inverted lists, those near the query are read, then the
/// vectors of the best candidates, and at the same time the rows of those that are likely to be returned; else all vectors stream through the
/// same kernels as always, a few megabytes at a time. Distances are exact either way.
/// </summary>
/// <param name="snapshot">The shard.</param>
/// <param name="field">The vector field.</param>
/// <param name="query">The query vector.</param>
/// <param name="k">Most rows.</param>
/// <param name="filter">The filter; null for none.</param>
/// <param name="withVectors">Whether the rows shall have their vectors.</param>
/// <param name="probes">Lists to read of each segment; 0 for as many as the wanted recall was measured to need.</param>
/// <param name="exact">Whether to read all vectors.</param>
/// <param name="recall">Recall wanted of the lists; null for the collection's.</param>
/// <param name="maxDistance">The greatest distance inside an index to return, inclusive; Euclidean is squared.</param>
internal sealed partial class ColdVectorSearch(
    ColdSnapshot snapshot, string field, ReadOnlyMemory<float> query, int k, FilterBinding? filter, bool withVectors, int probes = 0, bool exact = false, double? recall = null, float maxDistance = float.PositiveInfinity)
{
    // What the processor's cache holds while it is scored.
    private const int BatchBytes = 1024 * 1024;
    private const int LeastBatchRows = 64;

    private readonly SearchScratch _scratch = new();
    private readonly Dictionary<(int Segment, int Row), SegmentRow> _rows = [];
    private SearchStatistics _statistics;

    /// <summary>What was done.</summary>
    public SearchStatistics Statistics => _statistics;

    /// <summary>Whether lists said which vectors to read; the answer may then lack some of the nearest rows.</summary>
    public bool UsedLists { get; private set; }

    private double Recall => recall ?? snapshot.Segments.Definition.Objective.Recall;

    private IReadOnlyList<Segment> Segments => snapshot.Segments.Segments;

    /// <summary>Finds the nearest live rows that fulfil the filter, best first.</summary>
    /// <param name="cancellationToken">Ends the search early.</param>
    public async Task<List<Candidate>> RunAsync(CancellationToken cancellationToken)
    {
        var fieldIndex = snapshot.Tail.Table.Vectors.Index().First(v => string.Equals(v.Item.Field, field, StringComparison.Ordinal)).Index;
        var found = VectorSearch.Search([snapshot.Tail], fieldIndex, query.Span, k, filter, out _statistics, cancellationToken);
        var hits = filter is null ? await SearchAllAsync(found, cancellationToken) : await SearchMatchingAsync(filter, found, cancellationToken);
        KeepNearest(hits, found);
        found.AddRange(await ReadAsync(hits, cancellationToken));
        found.Sort(Candidate.Compare);
        found.RemoveRange(Math.Min(k, found.Count), Math.Max(0, found.Count - k));
        return found;
    }

    /// <summary>Everything at the same time: which rows count, lists, and the vectors of segments without lists.</summary>
    private async Task<List<Hit>> SearchAllAsync(List<Candidate> tail, CancellationToken cancellationToken)
    {
        var lists = OpenLists();
        var live = snapshot.LiveRowsAsync(cancellationToken);
        var reads = ReadListsAsync(lists, cancellationToken);
        var scans = ScanOthersAsync(lists, cancellationToken);
        await Task.WhenAll(live, reads, scans);
        var (rows, accepted) = ((await reads).Rows, await live);
        var hits = new List<Hit>();
        foreach (var (segment, nearest, isCut) in await scans)
        {
            var counting = accepted is null ? nearest : nearest.FindAll(h => accepted[segment].Contains(h.Row));
            if (isCut && counting.Count < k && counting.Count < nearest.Count)
            {
                await ScanAsync(segment, accepted![segment], k, hits, cancellationToken);
            }
            else
            {
                hits.AddRange(counting);
            }
        }

        await SearchListsAsync(lists, rows, (await reads).Lists, accepted, tail, hits, cancellationToken);
        return hits;
    }

    /// <summary>The filter says first which rows match: where these are few, their vectors are read without asking lists.</summary>
    private async Task<List<Hit>> SearchMatchingAsync(FilterBinding binding, List<Candidate> tail, CancellationToken cancellationToken)
    {
        var live = await snapshot.LiveRowsAsync(cancellationToken);
        var accepted = await Task.WhenAll(Segments.Select((segment, i) => ColdFilter.MatchAsync(snapshot, segment, binding, live?[i], cancellationToken)));
        var lists = OpenLists();
        var hits = new List<Hit>();
        for (var i = 0; i < Segments.Count; i++)
        {
            if (lists[i] is { } own)
            {
                var matches = accepted[i].Count;
                var section = Segments[i].Vectors[Segments[i].FieldOf(field)];
                var scanned = Math.Min(section.Count, (long)matches * section.VectorsPerBlock) * (long)section.VectorBytes;
                own.Accept(matches, k);
                lists[i] = matches > k && scanned > own.BytesFor(matches) ? own : null;
            }

            if (lists[i] is null && accepted[i].Count > 0)
            {
                await ScanAsync(i, accepted[i], k, hits, cancellationToken);
            }
        }

        var (rows, read) = await ReadListsAsync(lists, cancellationToken);
        await SearchListsAsync(lists, rows, read, accepted, tail, hits, cancellationToken);
        return hits;
    }

    /// <summary>Segments without lists; the nearest of all rows that they have, since it is not known yet which rows count.</summary>
    private async Task<List<(int Segment, List<Hit> Nearest, bool IsCut)>> ScanOthersAsync(ColdListSearch?[] lists, CancellationToken cancellationToken)
    {
        // Enough that rows which do not count seldom leave too few.
        var most = Segments.Count == 1 && !snapshot.Segments.HidesRows(snapshot.Sequence) ? k : (int)Math.Min(Array.MaxLength / 2, (4L * k) + 64);
        var scanned = new List<(int Segment, List<Hit> Nearest, bool IsCut)>();
        for (var i = 0; i < lists.Length; i++)
        {
            if (lists[i] is null)
            {
                var nearest = new List<Hit>();
                await ScanAsync(i, accepted: null, most, nearest, cancellationToken);
                scanned.Add((i, nearest, nearest.Count == most));
            }
        }

        return scanned;
    }

    private async Task ScanAsync(int number, RowSet? accepted, int most, List<Hit> hits, CancellationToken cancellationToken)
    {
        var segment = Segments[number];
        var definition = snapshot.Segments.Definition.Vectors[field];
        var index = segment.FieldOf(field);
        if (index < 0 || segment.Vectors[index] is not { Count: > 0 } section || section.Dimensions != definition.Dimensions)
        {
            return;
        }

        var rows = await segment.ReadVectorRowsAsync(index, cancellationToken);
        var batch = new Batch(definition.Dimensions, definition.Metric, Math.Min(section.Count, Math.Max(LeastBatchRows, BatchBytes / section.VectorBytes)));
        var nearest = new TopK();
        nearest.Reset(most);
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

    /// <summary>Leaves only what may be among the k nearest of all, and near enough: rows at the same distance are told apart by their ids, not known yet.</summary>
    private void KeepNearest(List<Hit> hits, List<Candidate> tail)
    {
        hits.RemoveAll(h => h.Distance > maxDistance);
        var distances = hits.Select(h => h.Distance).Concat(tail.Select(c => c.Distance)).Order().ToList();
        if (distances.Count > k)
        {
            hits.RemoveAll(h => h.Distance > distances[k - 1]);
        }
    }

    private async Task<List<Candidate>> ReadAsync(List<Hit> hits, CancellationToken cancellationToken)
    {
        await ReadRowsAsync(hits.Select(h => (h.Segment, h.Row)), cancellationToken);
        var rows = hits.ConvertAll(h => _rows[(h.Segment, h.Row)]);
        var found = snapshot.InMemory(rows);
        return [.. hits.Select((hit, i) => new Candidate(found, i, hit.Distance))];
    }

    /// <summary>Reads the rows that were not read yet, of all segments at the same time.</summary>
    private async Task ReadRowsAsync(IEnumerable<(int Segment, int Row)> wanted, CancellationToken cancellationToken)
    {
        var missing = wanted.Distinct().Where(w => !_rows.ContainsKey(w)).GroupBy(w => w.Segment, w => w.Row).Select(g => (Segment: g.Key, Rows: g.ToList())).ToList();
        var read = await Task.WhenAll(missing.Select(m => Segments[m.Segment].ReadRowsAsync(m.Rows, withVectors, cancellationToken)));
        for (var i = 0; i < missing.Count; i++)
        {
            for (var j = 0; j < read[i].Count; j++)
            {
                _rows.Add((missing[i].Segment, missing[i].Rows[j]), read[i][j]);
            }
        }
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
