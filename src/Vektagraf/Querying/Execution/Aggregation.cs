using System.Runtime.InteropServices;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Querying.Execution;

/// <summary>Computes aggregates, one shard after the other. Groups and facet values are held in memory while that lasts.</summary>
/// <param name="binding">What to compute.</param>
internal sealed class Aggregation(AggregateBinding binding)
{
    private readonly MetricSet _all = new(binding.Metrics.Count);
    private readonly Dictionary<FieldValue, MetricSet> _groups = [];
    private readonly Dictionary<FieldValue, long>[] _facets = Array.ConvertAll(binding.Facets, _ => new Dictionary<FieldValue, long>());

    /// <summary>Adds the objects of a shard.</summary>
    public void Add(ShardQuery query, CancellationToken cancellationToken)
    {
        if (binding.Request.Count)
        {
            _all.Count += query.Count;
        }

        for (var i = 0; i < binding.Facets.Length; i++)
        {
            AddFacet(query, binding.Facets[i], _facets[i], cancellationToken);
        }

        if (binding.Metrics.Count > 0 || binding.GroupBy is not null)
        {
            AddMetrics(query, cancellationToken);
        }
    }

    /// <summary>What was computed.</summary>
    public AggregateResult Finish() => new()
    {
        Count = binding.Request.Count ? _all.Count : null,
        Metrics = _all.Of(binding),
        Facets = [.. binding.Request.Facets.Select((facet, i) => new FacetResult(facet.Field, First(_facets[i], facet.Limit, c => c).ConvertAll(v => new FacetValue(v.Key, v.Value))))],
        Groups = binding.Request.GroupBy is { } groupBy
            ? First(_groups, groupBy.Limit, g => g.Count).ConvertAll(g => new AggregateGroup(g.Key, g.Value.Count, g.Value.Of(binding)))
            : null,
    };

    private void AddMetrics(ShardQuery query, CancellationToken cancellationToken)
    {
        const int CancellationMask = 4095;
        var mapping = new FieldMapping(binding.GroupBy is { } groupBy ? [.. binding.Metrics, groupBy] : binding.Metrics, query.Snapshot.Table);
        var seen = 0;
        foreach (var row in query.Rows)
        {
            if ((seen++ & CancellationMask) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            var group = binding.GroupBy is null ? null : GroupOf(mapping.Read(row, binding.Metrics.Count));
            for (var i = 0; i < binding.Metrics.Count; i++)
            {
                var value = mapping.Read(row, i);
                _all.Add(i, value);
                group?.Add(i, value);
            }
        }
    }

    private MetricSet GroupOf(FieldValue value)
    {
        ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, Normal(value), out _);
        group ??= new MetricSet(binding.Metrics.Count);
        group.Count++;
        return group;
    }

    private static void AddFacet(ShardQuery query, FilterField field, Dictionary<FieldValue, long> counts, CancellationToken cancellationToken)
    {
        if (query.Snapshot.Table.IndexOf(field.Path)?.UpTo(query.Snapshot.RowCount) is { } index && IsCheaper(query, index))
        {
            AddFacet(query, index, counts, cancellationToken);
            return;
        }

        const int CancellationMask = 4095;
        var mapping = new FieldMapping([field], query.Snapshot.Table);
        var seen = 0;
        foreach (var row in query.Rows)
        {
            if ((seen++ & CancellationMask) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            Count(mapping.Read(row, 0), counts);
        }
    }

    /// <summary>Counts the rows of each value: by their number where all rows are wanted, else those that are wanted.</summary>
    private static void AddFacet(ShardQuery query, RowIndexView index, Dictionary<FieldValue, long> counts, CancellationToken cancellationToken)
    {
        var isAll = query.Plan is null && query.Snapshot.LiveCount == index.Rows;
        var rows = isAll ? null : query.Rows;
        foreach (var run in index.Runs)
        {
            for (var value = 0; value < run.Values; value++)
            {
                var count = rows?.CountOf(run, value) ?? run.CountOf(value, value + 1);
                if (count > 0)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(counts, run.ValueAt(value), out _) += count;
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Whether to ask for the rows of each value, rather than for the value of each row.</summary>
    private static bool IsCheaper(ShardQuery query, RowIndexView index)
    {
        // Nanoseconds for a row of an index, for 64 rows of a value that is kept as bits, and for a value that is looked up by its content.
        const double EntryNs = 2;
        const double WordNs = 0.7;
        const double ValueNs = 30;
        const int FewValues = 64;
        var entries = index.Values <= FewValues ? index.Values * WordNs * index.Rows / 64 : index.Rows * EntryNs;
        return query.Plan is null || (!query.Rows.IsList && entries < query.Rows.Count * ValueNs);
    }

    private static void Count(in FieldValue value, Dictionary<FieldValue, long> counts)
    {
        switch (value.Kind)
        {
            case FieldValueKind.Null or FieldValueKind.Other or FieldValueKind.Geo:
                break;
            case FieldValueKind.StringArray:
                foreach (var element in value.AsStringArray.Distinct(StringComparer.Ordinal))
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(counts, FieldValue.From(element), out _)++;
                }

                break;
            default:
                CollectionsMarshal.GetValueRefOrAddDefault(counts, Normal(value), out _)++;
                break;
        }
    }

    // −0 and 0 are one value.
    private static FieldValue Normal(FieldValue value) => value is { Kind: FieldValueKind.Number, AsNumber: 0 } ? FieldValue.From(0) : value;

    private static List<KeyValuePair<FieldValue, T>> First<T>(Dictionary<FieldValue, T> values, int limit, Func<T, long> count)
    {
        // A queue as long as the answer: a field may have as many values as there are objects.
        var first = new PriorityQueue<KeyValuePair<FieldValue, T>, (long Count, FieldValue Value)>(
            Comparer<(long Count, FieldValue Value)>.Create((a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : FieldValueComparer.Ascending.Compare(b.Value, a.Value)));
        foreach (var value in values)
        {
            if (first.Count < limit)
            {
                first.Enqueue(value, (count(value.Value), value.Key));
            }
            else
            {
                first.EnqueueDequeue(value, (count(value.Value), value.Key));
            }
        }

        var ordered = new List<KeyValuePair<FieldValue, T>>(first.Count);
        while (first.TryDequeue(out var value, out _))
        {
            ordered.Add(value);
        }

        ordered.Reverse();
        return ordered;
    }
}
