namespace Vektagraf.Index;

public sealed partial class FlatIndex
{
    /// <inheritdoc/>
    public ReadOnlySpan<Neighbor> Search<TFilter, TTie>(
        ReadOnlySpan<float> query,
        in SearchParameters parameters,
        TFilter filter,
        TTie tie,
        SearchScratch scratch,
        CancellationToken cancellationToken = default)
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        RequireLength(query.Length, nameof(query));
        return Metric switch
        {
            DistanceMetric.Cosine => Search<CosineMetric, TFilter, TTie>(query, parameters, filter, tie, scratch, cancellationToken),
            DistanceMetric.Dot => Search<DotMetric, TFilter, TTie>(query, parameters, filter, tie, scratch, cancellationToken),
            _ => Search<EuclideanMetric, TFilter, TTie>(query, parameters, filter, tie, scratch, cancellationToken),
        };
    }

    private ReadOnlySpan<Neighbor> Search<TMetric, TFilter, TTie>(
        ReadOnlySpan<float> query,
        in SearchParameters parameters,
        TFilter filter,
        TTie tie,
        SearchScratch scratch,
        CancellationToken cancellationToken)
        where TMetric : struct, IMetric
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        FlatRows rows = Snapshot(parameters.RowLimit, _layout.BlockRows);
        scratch.Begin(Prepare<TMetric>(query, scratch.Queries(_layout.Stride), 0), parameters);
        int threads = Math.Min(parameters.DegreeOfParallelism, rows.Blocks);
        if (threads > 1)
        {
            new ParallelFlatSearch<TMetric, TFilter, TTie>(rows, filter, tie, parameters, cancellationToken).Run(threads, scratch);
        }
        else
        {
            rows.ScanAll<TMetric, TFilter, TTie>(filter, tie, new ReadOnlySpan<SearchScratch>(ref scratch), cancellationToken);
        }

        return scratch.Candidates.Drain(tie);
    }

    /// <summary>The rows there are now, up to a limit. The count is read before the chunks, which then hold at least as many rows.</summary>
    private FlatRows Snapshot(int rowLimit, int blockRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rowLimit);
        int count = Math.Min(rowLimit, Count);
        return new FlatRows(_layout, Volatile.Read(ref _chunks), count, blockRows);
    }

    /// <summary>Adds rows of a range to the candidates of a search that has begun, whoever found those it holds.</summary>
    internal void Scan<TMetric, TFilter, TTie>(int first, int end, TFilter filter, TTie tie, SearchScratch scratch, CancellationToken cancellationToken)
        where TMetric : struct, IMetric
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        if (first < end)
        {
            FlatRows rows = Snapshot(end, _layout.BlockRows) with { First = first };
            rows.ScanAll<TMetric, TFilter, TTie>(filter, tie, new ReadOnlySpan<SearchScratch>(ref scratch), cancellationToken);
        }
    }

    /// <summary>Aligns and pads a query like the rows.</summary>
    internal FlatQuery Prepare<TMetric>(ReadOnlySpan<float> query, PinnedBuffer<float> buffer, int offset)
        where TMetric : struct, IMetric
    {
        Span<float> padded = buffer.Slice(offset, _layout.Stride);
        query.CopyTo(padded);
        padded[query.Length..].Clear();
        return new FlatQuery(buffer, offset, TMetric.ReadsNorms ? VectorMath.InverseNorm(query) : 0f);
    }
}
