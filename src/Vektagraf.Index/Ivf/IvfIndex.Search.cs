namespace Vektagraf.Index;

public sealed unsafe partial class IvfIndex
{
    /// <inheritdoc/>
    /// <remarks>
    /// The nearest <see cref="SearchParameters.NProbe"/> lists are visited, and further ones as long as fewer than k rows were accepted, or fewer
    /// than a filter of this selectivity lets expect: near a query there may be none of what it accepts. The search is exact when asked to be and
    /// when no more rows match than are in the lists to visit.
    /// </remarks>
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
        ArgumentOutOfRangeException.ThrowIfLessThan(parameters.K, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(parameters.RowLimit);
        InvertedLists? lists = Volatile.Read(ref _lists);
        int limit = Math.Min(parameters.RowLimit, Count);
        ListPlan plan = lists is null ? new ListPlan { IsExact = true } : Plan(lists, limit, parameters, filter, scratch.Graph);
        if (plan.IsExact || query.Length != Dimensions)
        {
            SearchParameters limited = parameters with { RowLimit = limit };
            _vectors.Search(query, limited, filter, tie, scratch, cancellationToken);
            return scratch.Candidates.Held;
        }

        switch (Metric)
        {
            case DistanceMetric.Cosine:
                Search<CosineMetric, ByteSquared, TFilter, TTie>(lists!, plan, query, parameters, filter, tie, scratch, cancellationToken);
                break;
            case DistanceMetric.Dot:
                Search<DotMetric, ByteProduct, TFilter, TTie>(lists!, plan, query, parameters, filter, tie, scratch, cancellationToken);
                break;
            default:
                Search<EuclideanMetric, ByteSquared, TFilter, TTie>(lists!, plan, query, parameters, filter, tie, scratch, cancellationToken);
                break;
        }

        // Rows at a distance of NaN were counted and not found.
        if (scratch.Candidates.Count < Math.Min(parameters.K, scratch.Statistics.Considered - scratch.Statistics.Filtered) && float.IsPositiveInfinity(parameters.MaxDistance))
        {
            SearchParameters limited = parameters with { RowLimit = limit };
            _vectors.Search(query, limited, filter, tie, scratch, cancellationToken);
            return scratch.Candidates.Held;
        }

        return scratch.Candidates.Drain(tie);
    }

    private ListPlan Plan<TFilter>(InvertedLists lists, int limit, in SearchParameters parameters, TFilter filter, GraphScratch scratch)
        where TFilter : struct, IOrdinalFilter
    {
        int indexed = Math.Min(limit, lists.Indexed);
        int probes = ProbesOf(lists, parameters.NProbe, parameters.K);
        double perList = (double)lists.Indexed * Options.Spill / lists.Lists.Length;
        var plan = new ListPlan
        {
            Indexed = indexed,
            Limit = limit,
            Probes = probes,
            WantedRows = parameters.K,
            Candidates = CandidatesFor(lists.Codec?.Kind ?? VectorQuantization.None, Math.Min(parameters.K, limit)),
            IsSpilled = Options.Spill > 1,
            IsExact = parameters.Exact || indexed == 0,
        };
        if (plan.IsExact || (typeof(TFilter) == typeof(AcceptAll) && indexed == lists.Indexed))
        {
            return plan;
        }

        double matches = indexed;
        if (typeof(TFilter) != typeof(AcceptAll))
        {
            matches = filter is BitmapFilter bitmap ? bitmap.CountBelow(limit) : FilterSample.Take(filter, limit, scratch.Seeds.Pointer, out _);
        }

        // Of what a filter accepts, the k nearest lie as far from the query as the k / selectivity nearest of all, and so in more lists. How
        // many more was measured: the root is enough from 1 to 90 percent.
        double selectivity = Math.Clamp(matches / lists.Indexed, 1.0 / lists.Indexed, 1.0);
        double wanted = Math.Min(lists.Indexed, probes * perList / Math.Sqrt(selectivity));
        plan.WantedRows = Math.Max(parameters.K, wanted * selectivity);
        plan.IsExact = matches <= Math.Max(parameters.K, probes * perList);
        return plan;
    }

    /// <summary>Candidates to rank by their vectors: the more, the coarser the codes. What bounds rule out is not read.</summary>
    private static int CandidatesFor(VectorQuantization codes, int k) => Math.Max(1, (int)Math.Min(Array.MaxLength / 2, codes switch
    {
        VectorQuantization.None => 1L,
        VectorQuantization.Rabitq1 => (8L * k) + 64,
        VectorQuantization.Rabitq4 => (2L * k) + 32,
        _ => k + (k / 2) + 16L,
    }));

    /// <summary>Chooses what to score by.</summary>
    private void Search<TMetric, TByteMetric, TFilter, TTie>(
        InvertedLists lists, ListPlan plan, ReadOnlySpan<float> query, in SearchParameters parameters, TFilter filter, TTie tie, SearchScratch scratch, CancellationToken cancellationToken)
        where TMetric : struct, IMetric
        where TByteMetric : struct, IByteMetric
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        VectorTables tables = CurrentTables();
        FlatQuery prepared = _vectors.Prepare<TMetric>(query, scratch.Queries(_vectors.Layout.Stride), 0);
        var exact = new FloatScorer<TMetric>(prepared.Vector, prepared.InverseNorm, tables.Rows.View, tables.Norms.View, _vectors.Layout.Stride);
        scratch.Begin(prepared, parameters);
        _vectors.Scan<TMetric, TFilter, TTie>(plan.Indexed, plan.Limit, filter, tie, scratch, cancellationToken);
        var search = new ListSearch<TFilter, TTie>(lists, plan, filter, tie, scratch, cancellationToken);
        RowView<byte> codes = scratch.Lists.View(lists.Codec?.RowBytes ?? 0);
        switch (lists.Codec)
        {
            case null:
                search.Run(query, exact, exact);
                break;
            case ScalarCodec codec:
                search.Run(query, codec.Scorer<TByteMetric>(query, scratch.Graph.Code(codec.RowBytes), codes), exact);
                break;
            case HalfCodec codec:
                search.Run(query, codec.Scorer<TMetric>(query, scratch.Graph, codes), exact);
                break;
            case RabitqCodec { Kind: VectorQuantization.Rabitq1 } codec:
                search.Run(query, codec.SignScorer(query, scratch.Graph, codes), exact);
                break;
            default:
                search.Run(query, ((RabitqCodec)lists.Codec).NibbleScorer(query, scratch.Graph, codes), exact);
                break;
        }

        GC.KeepAlive(tables);
        GC.KeepAlive(prepared.Buffer);
        GC.KeepAlive(scratch);
    }

    /// <summary>Where the vectors are now; to be asked for after their count. They seldom move.</summary>
    private VectorTables CurrentTables()
    {
        VectorTables tables = Volatile.Read(ref _tables);
        if (!ReferenceEquals(tables.Source, _vectors.Chunks))
        {
            tables = new VectorTables(_vectors);
            Volatile.Write(ref _tables, tables);
        }

        return tables;
    }
}
