using System.Runtime.InteropServices;

namespace Vektagraf.Index;

public sealed unsafe partial class HnswIndex
{
    /// <summary>Of fewer bytes the vectors themselves are scanned as soon as a query is encoded.</summary>
    private const long ScannedVectorBytes = 1 << 20;

    /// <inheritdoc/>
    /// <remarks>
    /// The candidate pool is as long as <see cref="SearchParameters.EfSearch"/>, at least k. The search is exact when asked to be, when so few rows
    /// can be returned that scanning them is no slower (<see cref="HnswOptions.ExactRowsPerCandidate"/>), and when a walk found fewer than k rows
    /// though there are more. A range search is one with a greatest distance and k the most rows wanted.
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
        RequireLength(query.Length, nameof(query));
        ArgumentOutOfRangeException.ThrowIfLessThan(parameters.K, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(parameters.RowLimit);
        SearchPlan plan = Plan(parameters, filter, scratch.Graph);

        // A scan that nobody asked for is one of codes, where there are any and enough to read: for lossy ones as sure as their bounds.
        bool scansCodes = plan.IsExact && !parameters.Exact && plan.Limit > 0
            && plan.Matches * Dimensions * sizeof(float) >= ScannedVectorBytes && Volatile.Read(ref _codes) is not null;
        if (!plan.IsExact || scansCodes)
        {
            Walk(query, parameters, ref plan, filter, tie, scratch, cancellationToken);
        }

        if (plan.IsExact && !plan.HasScanned)
        {
            SearchExact(query, parameters, plan, filter, tie, scratch, cancellationToken);
        }

        return scratch.Candidates.Held;
    }

    /// <summary>What a search will do, from what there is when it begins.</summary>
    private SearchPlan Plan<TFilter>(in SearchParameters parameters, TFilter filter, GraphScratch scratch)
        where TFilter : struct, IOrdinalFilter
    {
        // Each of these is read before what it counts: rows before tables, the entry before the nodes.
        int entry = _graph.Entry;
        int indexed = IndexedCount;
        int nodes = _graph.Nodes;
        int coded = Volatile.Read(ref _coded);
        int end = Math.Min(parameters.RowLimit, Count);
        int limit = Math.Min(end, indexed);
        var plan = new SearchPlan
        {
            Entry = entry,
            Nodes = nodes,
            Limit = limit,
            Coded = Math.Min(end, coded),
            Scanned = limit,
            End = end,
            Deleted = _graph.Deleted,
            Ef = Math.Clamp(parameters.EfSearch > 0 ? parameters.EfSearch : Options.EfSearch, Math.Min(parameters.K, HnswOptions.MaxEf), HnswOptions.MaxEf),
            IsExact = parameters.Exact || entry < 0 || limit == 0 || parameters.K > HnswOptions.MaxEf,
        };
        if (plan.IsExact)
        {
            return plan;
        }

        int deleted = plan.Deleted.Length == 0 ? 0 : FilterSample.CountBits(plan.Deleted, limit);
        plan.Matches = limit - deleted;
        plan.TestsResults = typeof(TFilter) != typeof(AcceptAll) || deleted > 0 || limit < indexed;
        if ((typeof(TFilter) != typeof(AcceptAll) && !TFilter.AcceptsNearlyAll) || plan.Matches < SearchPlan.NearlyAll * indexed)
        {
            plan.Count(filter, scratch);
            plan.IsFiltered = plan.Matches < SearchPlan.NearlyAll * indexed;
        }

        if (plan.TestsResults && !plan.IsFiltered)
        {
            // Room for the few that will be refused.
            int refused = (int)(plan.Ef * (1 - (plan.Matches / indexed)));
            plan.Ef = Math.Min(HnswOptions.MaxEf, Math.Max(plan.Ef + refused, parameters.K + (parameters.K / 8) + 4));
        }
        else if (plan.IsFiltered)
        {
            // Room for nodes to start from that are not accepted.
            plan.Ef = Math.Min(HnswOptions.MaxEf, Math.Max(plan.Ef, parameters.K + (parameters.K / 8) + 4));
        }

        Compare(parameters, ref plan);
        if (typeof(TFilter) != typeof(AcceptAll) && parameters.FilterStrategy != FilterStrategy.Auto)
        {
            plan.Force(parameters, indexed);
        }

        return plan;
    }

    /// <summary>Compares a scan with the cheaper of the walks.</summary>
    private void Compare(in SearchParameters parameters, ref SearchPlan plan)
    {
        plan.RowsPerPlace = plan.IsFiltered && Options.ExactRowsPerCandidate > 0 && parameters.RowsPerCandidate > 0 ? parameters.RowsPerCandidate : Options.ExactRowsPerCandidate;
        double share = plan.Matches / plan.Limit;
        double pool = plan.IsFiltered
            ? Math.Min(plan.Ef * SearchPlan.CostInside(share), Math.Max(plan.Ef, SearchPlan.PoolToFilter(parameters.K, share)))
            : plan.Ef;
        plan.IsExact = plan.Matches <= Math.Max(pool * plan.RowsPerPlace, parameters.K);
    }

    private void SearchExact<TFilter, TTie>(
        ReadOnlySpan<float> query, in SearchParameters parameters, in SearchPlan plan, TFilter filter, TTie tie, SearchScratch scratch, CancellationToken cancellationToken)
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        SearchParameters limited = parameters with { RowLimit = plan.End };
        if (plan.Deleted.Length == 0)
        {
            _vectors.Search(query, limited, filter, tie, scratch, cancellationToken);
        }
        else
        {
            _vectors.Search(query, limited, new ResultFilter<TFilter>(plan.End, plan.Deleted, filter), tie, scratch, cancellationToken);
        }
    }

    private void Walk<TFilter, TTie>(
        ReadOnlySpan<float> query, in SearchParameters parameters, ref SearchPlan plan, TFilter filter, TTie tie, SearchScratch scratch, CancellationToken cancellationToken)
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        switch (Metric)
        {
            case DistanceMetric.Cosine:
                Walk<CosineMetric, ByteSquared, TFilter, TTie>(query, parameters, ref plan, filter, tie, scratch, cancellationToken);
                break;
            case DistanceMetric.Dot:
                Walk<DotMetric, ByteProduct, TFilter, TTie>(query, parameters, ref plan, filter, tie, scratch, cancellationToken);
                break;
            default:
                Walk<EuclideanMetric, ByteSquared, TFilter, TTie>(query, parameters, ref plan, filter, tie, scratch, cancellationToken);
                break;
        }
    }

    /// <summary>Chooses what to walk on.</summary>
    private void Walk<TMetric, TByteMetric, TFilter, TTie>(
        ReadOnlySpan<float> query, in SearchParameters parameters, ref SearchPlan plan, TFilter filter, TTie tie, SearchScratch scratch, CancellationToken cancellationToken)
        where TMetric : struct, IMetric
        where TByteMetric : struct, IByteMetric
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        VectorTables tables = Volatile.Read(ref _tables);
        FlatQuery prepared = _vectors.Prepare<TMetric>(query, scratch.Queries(_vectors.Layout.Stride), 0);
        var exact = new FloatScorer<TMetric>(prepared.Vector, prepared.InverseNorm, tables.Rows.View, tables.Norms.View, _vectors.Layout.Stride);
        var walk = new GraphSearch<TFilter, TTie>(_graph.View(plan.Entry, plan.Nodes), filter, tie, scratch, cancellationToken);
        scratch.Begin(prepared, parameters);
        if (Volatile.Read(ref _codes) is { } codes)
        {
            RowTable<byte> table = codes.Rows.Table;
            switch (codes.Codec)
            {
                case ScalarCodec codec:
                    walk.Run(codec.Scorer<TByteMetric>(query, scratch.Graph.Code(codec.RowBytes), table.View), exact, ref plan);
                    break;
                case HalfCodec codec:
                    walk.Run(codec.Scorer<TMetric>(query, scratch.Graph, table.View), exact, ref plan);
                    break;
                case RabitqCodec { Kind: VectorQuantization.Rabitq1 } codec:
                    walk.Run(codec.SignScorer(query, scratch.Graph, table.View), exact, ref plan);
                    break;
                default:
                    walk.Run(((RabitqCodec)codes.Codec).NibbleScorer(query, scratch.Graph, table.View), exact, ref plan);
                    break;
            }

            GC.KeepAlive(table);
        }
        else
        {
            walk.Run(exact, exact, ref plan);
        }

        GC.KeepAlive(tables);
        if (!plan.IsExact || plan.HasScanned)
        {
            _vectors.Scan<TMetric, TFilter, TTie>(plan.Scanned, plan.End, filter, tie, scratch, cancellationToken);
        }

        GC.KeepAlive(prepared.Buffer);
        GC.KeepAlive(scratch);
        scratch.Candidates.Drain(tie);
    }
}

/// <summary>What a search will do.</summary>
[StructLayout(LayoutKind.Auto)]
internal record struct SearchPlan
{
    /// <summary>From this share of rows on that may be returned, a walk does without the filter and what it found is tested.</summary>
    public const double NearlyAll = 0.875;

    /// <summary>Where to start.</summary>
    public int Entry;

    /// <summary>Nodes that may be followed.</summary>
    public int Nodes;

    /// <summary>Linked rows that may be returned are below this.</summary>
    public int Limit;

    /// <summary>Rows from the limit to this are pending, but have codes.</summary>
    public int Coded;

    /// <summary>Rows from this to the end are scanned by their vectors.</summary>
    public int Scanned;

    /// <summary>Rows from the limit to this are pending: they are scanned.</summary>
    public int End;

    /// <summary>The bitmap of deleted rows.</summary>
    public ulong[] Deleted;

    /// <summary>Length of the candidate pool.</summary>
    public int Ef;

    /// <summary>Whether the walk asks the filter, and holds accepted rows only.</summary>
    public bool IsFiltered;

    /// <summary>Whether rows that were found may have to be refused.</summary>
    public bool TestsResults;

    /// <summary>Linked rows that may be returned; an estimate when the filter cannot be counted.</summary>
    public double Matches;

    /// <summary>Accepted rows in the scratch to start from.</summary>
    public int Seeds;

    /// <summary>Whether to scan; set by a walk that found too few.</summary>
    public bool IsExact;

    /// <summary>Whether the scan was done.</summary>
    public bool HasScanned;

    /// <summary>Whether the caller said how the filter is met.</summary>
    public bool IsForced;

    /// <summary>Rows that are scanned in the time that one place of the pool costs a walk without a filter; 0 where scans are not wanted.</summary>
    public double RowsPerPlace;

    /// <summary>What a place in the pool of a walk that asks the filter costs, as a multiple of one that does not: measured from 5 % to 90 % accepted.</summary>
    public static double CostInside(double share) => Math.Pow(Math.Max(share, 1e-4), -0.8);

    /// <summary>The pool of a walk without the filter that is expected to hold enough accepted nodes.</summary>
    public static double PoolToFilter(int k, double share) => ((1.5 * k) + 6) / Math.Max(share, 1e-9);

    /// <summary>Meets the filter as the caller says.</summary>
    /// <param name="parameters">What the caller says.</param>
    /// <param name="indexed">Linked rows, whether they may be returned or not.</param>
    public void Force(in SearchParameters parameters, int indexed)
    {
        IsForced = true;
        IsExact = parameters.FilterStrategy == FilterStrategy.Scan;
        IsFiltered = parameters.FilterStrategy == FilterStrategy.Inside;
        if (parameters.FilterStrategy == FilterStrategy.After)
        {
            Ef = (int)Math.Min(HnswOptions.MaxEf, Math.Max(Ef, PoolToFilter(parameters.K, Matches / indexed)));
        }
    }

    /// <summary>Counts what may be returned: exactly where the filter is a bitmap, else by asking about some rows, which may be started from, too.</summary>
    public void Count<TFilter>(TFilter filter, GraphScratch scratch)
        where TFilter : struct, IOrdinalFilter
    {
        if (filter is BitmapFilter bitmap)
        {
            Matches = Math.Min(Matches, bitmap.CountBelow(Limit));
        }
        else if (typeof(TFilter) != typeof(AcceptAll))
        {
            Matches = Math.Min(Matches, Sample(filter, scratch));
        }
    }

    /// <summary>Makes the walk a filtered one: looks for accepted rows to start from, unless there are some.</summary>
    public void Filter<TFilter>(TFilter filter, GraphScratch scratch)
        where TFilter : struct, IOrdinalFilter
    {
        IsFiltered = true;
        if (Seeds == 0 && (typeof(TFilter) != typeof(AcceptAll) || 2 * Matches < Limit))
        {
            Sample(filter, scratch);
        }
    }

    private unsafe double Sample<TFilter>(TFilter filter, GraphScratch scratch)
        where TFilter : struct, IOrdinalFilter =>
        FilterSample.Take(new ResultFilter<TFilter>(Limit, Deleted, filter), Limit, scratch.Seeds.Pointer, out Seeds);
}
