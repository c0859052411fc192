using Vektagraf.Index;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying;

/// <content>Inverted lists: of all segments at the same time, then vectors and rows at the same time.</content>
internal sealed partial class ColdVectorSearch
{
    /// <summary>Requests for lists under way at a time, over all segments.</summary>
    private const int ParallelListReads = 256;

    /// <summary>The number of lists was measured at this k.</summary>
    private const double MeasuredK = 10;

    /// <summary>
    /// Candidates whose rows are read together with the vectors, for each of the k and beyond those: estimates seldom put one of the k nearest
    /// further back, and a row that was not read costs another round.
    /// </summary>
    private const double LikelyPerResult = 1.1;
    private const int LikelyBeyond = 2;

    /// <summary>The segments that have lists made for the field as it is defined now.</summary>
    private ColdListSearch?[] OpenLists()
    {
        var definition = snapshot.Segments.Definition;
        var vector = definition.Vectors[field];
        var searches = new ColdListSearch?[Segments.Count];
        for (var i = 0; i < searches.Length && !exact && (probes > 0 || Recall < 1); i++)
        {
            var index = Segments[i].FieldOf(field);
            if (index >= 0 && Segments[i].ListsOf(index) is { } section && section.Codec.Metric == vector.Metric && section.Codec.Dimensions == vector.Dimensions)
            {
                var least = probes > 0
                    ? probes
                    : ListPartition.ProbesFor(section.NeighborsByRank, Recall) * Math.Max(1, Math.Sqrt(k / MeasuredK));
                searches[i] = new ColdListSearch(i, Segments[i], section, query.Span, (int)Math.Min(least, SegmentLayout.MaxRows));
                UsedLists = true;
            }
        }

        return searches;
    }

    /// <summary>Reads the first lists, and which row has which vector.</summary>
    private async Task<(SegmentVectorRows?[] Rows, List<SegmentListBlock>?[] Lists)> ReadListsAsync(ColdListSearch?[] lists, CancellationToken cancellationToken)
    {
        var rows = Task.WhenAll(lists.Select(async (own, i) => own is null ? null : await Segments[i].ReadVectorRowsAsync(Segments[i].FieldOf(field), cancellationToken)));
        var read = ReadMoreAsync(lists, isShort: false, cancellationToken);
        await Task.WhenAll(rows, read);
        return (await rows, await read);
    }

    private static async Task<List<SegmentListBlock>?[]> ReadMoreAsync(ColdListSearch?[] lists, bool isShort, CancellationToken cancellationToken)
    {
        var parallel = Math.Max(4, ParallelListReads / Math.Max(1, lists.Length));
        return await Task.WhenAll(lists.Select(async own => own?.WantsMore == true || (isShort && own?.HasMore == true) ? await own.ReadAsync(parallel, cancellationToken) : null));
    }

    /// <summary>Scores what was read, reads on where that did not suffice, and ranks the best by their vectors.</summary>
    private async Task SearchListsAsync(
        ColdListSearch?[] lists,
        SegmentVectorRows?[] rows,
        List<SegmentListBlock>?[] read,
        RowSet[]? accepted,
        List<Candidate> tail,
        List<Hit> hits,
        CancellationToken cancellationToken)
    {
        var best = new ListHits((int)Math.Min(Array.MaxLength / 2, (2L * k) + 32));
        while (true)
        {
            for (var i = 0; i < lists.Length; i++)
            {
                if (read[i] is { } blocks)
                {
                    lists[i]!.Score(blocks, query.Span, rows[i]!, accepted?[i], best, _scratch);
                }
            }

            // As long as fewer were found than are wanted, all lists are read: no row that exists is left out then.
            var isShort = lists.Sum(own => (long)(own?.Scored ?? 0)) + hits.Count + tail.Count < k;
            if (!Array.Exists(lists, own => own?.WantsMore == true || (isShort && own?.HasMore == true)))
            {
                break;
            }

            read = await ReadMoreAsync(lists, isShort, cancellationToken);
        }

        foreach (var own in lists.OfType<ColdListSearch>())
        {
            _statistics += new SearchStatistics { Considered = own.Scored + own.Refused, Filtered = own.Refused, Scored = own.Scored, ListsProbed = own.Taken };
        }

        await RankAsync(best.Promising(k, hits.Select(h => h.Distance).Concat(tail.Select(c => c.Distance))), tail, hits, cancellationToken);
    }

    /// <summary>Replaces estimates by distances, and reads the rows that will probably be returned meanwhile.</summary>
    private async Task RankAsync(List<ListHit> promising, List<Candidate> tail, List<Hit> hits, CancellationToken cancellationToken)
    {
        if (promising.Count == 0)
        {
            return;
        }

        var likely = promising.Select(h => (Distance: h.Estimate, Row: ((int Segment, int Row)?)(h.Segment, h.Row)))
            .Concat(hits.Select(h => (h.Distance, Row: ((int Segment, int Row)?)(h.Segment, h.Row))))
            .Concat(tail.Select(c => (c.Distance, Row: ((int Segment, int Row)?)null)))
            .OrderBy(c => c.Distance)
            .Take((int)(k * LikelyPerResult) + LikelyBeyond)
            .Where(c => c.Row is not null)
            .Select(c => c.Row!.Value);
        var rows = ReadRowsAsync(likely, cancellationToken);
        var groups = promising.GroupBy(h => h.Segment).Select(g => (Segment: g.Key, Hits: g.DistinctBy(h => h.Ordinal).ToList())).ToList();
        var vectors = Task.WhenAll(groups.Select(g =>
            Segments[g.Segment].ReadVectorsAsync(Segments[g.Segment].FieldOf(field), [.. g.Hits.Select(h => h.Ordinal)], cancellationToken)));
        await Task.WhenAll(rows, vectors);
        var definition = snapshot.Segments.Definition.Vectors[field];
        foreach (var (group, components) in groups.Zip(await vectors))
        {
            var batch = new Batch(definition.Dimensions, definition.Metric, group.Hits.Count);
            for (var i = 0; i < group.Hits.Count; i++)
            {
                batch.Add(i, components[i].Span);
            }

            var nearest = new TopK();
            nearest.Reset(group.Hits.Count);
            batch.Search(query.Span, nearest, _scratch, cancellationToken);
            foreach (var neighbor in nearest.Drain(default(OrdinalTieBreaker)))
            {
                hits.Add(new Hit(group.Segment, group.Hits[neighbor.Ordinal].Row, neighbor.Distance));
            }

            _statistics += new SearchStatistics { Reranked = group.Hits.Count };
        }
    }
}
