using Vektagraf.Index;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying;

/// <summary>A vector whose distance was estimated from its code.</summary>
/// <param name="Segment">Place of its segment.</param>
/// <param name="Ordinal">The vector.</param>
/// <param name="Row">Its row.</param>
/// <param name="Estimate">The estimate.</param>
/// <param name="Bound">The least that its distance can be.</param>
internal readonly record struct ListHit(int Segment, int Ordinal, int Row, float Estimate, float Bound);

/// <summary>The inverted lists of one segment in one search: which to read next, and what is found in them.</summary>
internal sealed class ColdListSearch
{
    private readonly Segment _segment;
    private readonly SegmentListSection _section;
    private readonly int _number;
    private readonly int[] _order;
    private int _taken;
    private double _wantedRows;
    private readonly int _leastLists;
    private double _share = 1;

    /// <summary>Ranks the lists.</summary>
    /// <param name="number">Place of the segment.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="section">The lists of the field.</param>
    /// <param name="query">The query.</param>
    /// <param name="leastLists">Lists to read at least.</param>
    public ColdListSearch(int number, Segment segment, SegmentListSection section, ReadOnlySpan<float> query, int leastLists)
    {
        _number = number;
        _segment = segment;
        _section = section;
        _leastLists = Math.Min(leastLists, section.Lengths.Count);
        var distances = new float[section.Lengths.Count];
        section.Centroids.Rank(query, distances);
        _order = [.. Enumerable.Range(0, distances.Length)];
        Array.Sort(distances, _order);
    }

    /// <summary>Vectors in the segment.</summary>
    public int Count => _segment.Vectors[_section.Field].Count;

    /// <summary>Lists read.</summary>
    public int Taken => _taken;

    /// <summary>Rows scored.</summary>
    public int Scored { get; private set; }

    /// <summary>Rows met that may not be returned.</summary>
    public int Refused { get; private set; }

    /// <summary>Whether more should be read.</summary>
    public bool WantsMore => HasMore && (_taken < _leastLists || Scored < _wantedRows);

    /// <summary>Whether there are lists that were not read.</summary>
    public bool HasMore => _taken < _order.Length;

    /// <summary>Bytes of codes that a search among so many rows would read.</summary>
    public double BytesFor(int accepted) => WantedOf(accepted, 1) / Math.Max(1, accepted) * Count * _section.Codec.CodeBytes;

    /// <summary>
    /// Sets how many of the rows may be returned. Of these the nearest are as far from the query as more of all are, and so in more lists: as in
    /// <see cref="IvfIndex"/>, by the root of the share.
    /// </summary>
    public void Accept(int accepted, int k)
    {
        _share = Math.Max(1, accepted) / (double)Count;
        _wantedRows = Math.Min(accepted, Math.Max(k, WantedOf(accepted, k)));
    }

    /// <summary>Reads the next lists: those that should suffice, or as many again as there were.</summary>
    public Task<List<SegmentListBlock>> ReadAsync(int parallelReads, CancellationToken cancellationToken)
    {
        var first = _taken;
        var expected = (double)Scored;
        do
        {
            expected += _section.Lengths[_order[_taken++]] * _share;
        }
        while (_taken < _order.Length && (_taken < _leastLists || expected < _wantedRows || _taken < 2 * first));
        return _segment.ReadListsAsync(_section, _order[first.._taken].Order(), parallelReads, cancellationToken);
    }

    /// <summary>Estimates the distances of the vectors in lists that may be returned.</summary>
    public void Score(List<SegmentListBlock> lists, ReadOnlySpan<float> query, SegmentVectorRows rows, RowSet? accepted, ListHits found, SearchScratch scratch)
    {
        foreach (var list in lists)
        {
            var estimates = new float[list.Ordinals.Length];
            var bounds = new float[list.Ordinals.Length];
            _section.Codec.Score(query, list.Codes.Span, estimates, bounds, scratch);
            for (var i = 0; i < estimates.Length; i++)
            {
                var row = rows.RowOf(list.Ordinals[i]);
                if (accepted?.Contains(row) == false)
                {
                    Refused++;
                    continue;
                }

                Scored++;
                found.Add(new ListHit(_number, list.Ordinals[i], row, estimates[i], bounds[i]));
            }
        }
    }

    private double WantedOf(int accepted, int k)
    {
        var share = Math.Max(1, accepted) / (double)Count;
        return Math.Max(k, Math.Min(Count, (double)_leastLists / _order.Length * Count / Math.Sqrt(share)) * share);
    }
}

/// <summary>The best hits by estimate.</summary>
/// <param name="most">Hits to keep.</param>
internal sealed class ListHits(int most)
{
    // Relative, of estimates and bounds: float sums in different orders.
    private const float Rounding = 1e-5f;

    // The worst is first.
    private readonly PriorityQueue<ListHit, float> _hits = new();

    /// <summary>Offers a hit; one that cannot be estimated counts as the worst.</summary>
    public void Add(in ListHit hit)
    {
        var estimate = float.IsNaN(hit.Estimate) ? float.MaxValue : hit.Estimate;
        if (_hits.Count < most)
        {
            _hits.Enqueue(hit, -estimate);
        }
        else if (_hits.TryPeek(out _, out var worst) && -estimate > worst)
        {
            _hits.EnqueueDequeue(hit, -estimate);
        }
    }

    /// <summary>The hits that may be among the k nearest, best first.</summary>
    /// <param name="k">How many are wanted.</param>
    /// <param name="known">Distances of other results.</param>
    public List<ListHit> Promising(int k, IEnumerable<float> known)
    {
        // As far above the estimate as the bound is below it, the distance may be. Codes without any error have bounds that are the estimates
        // but for rounding.
        var hits = _hits.UnorderedItems.Select(h => h.Element).OrderBy(h => h.Estimate).ThenBy(h => h.Segment).ThenBy(h => h.Ordinal).ToList();
        var furthest = hits.Select(h => h.Estimate + Math.Max(0, h.Estimate - h.Bound)).Concat(known).Order().ToList();
        return furthest.Count > k ? hits.FindAll(h => !(h.Bound - (Rounding * Math.Abs(h.Bound)) > furthest[k - 1])) : hits;
    }
}
