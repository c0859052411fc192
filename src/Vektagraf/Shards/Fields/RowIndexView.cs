using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <summary>An index of one field over the first rows of a memtable, dead ones included. Immutable.</summary>
/// <param name="type">The type of the field.</param>
/// <param name="read">Reads the field of a row.</param>
/// <param name="runs">Its runs, oldest first.</param>
internal sealed class RowIndexView(FieldType type, Func<int, FieldValue> read, IndexRun[] runs) : IFieldIndex
{
    // Values that are tested one by one for an estimate; more are sampled.
    private const int MostTested = 256;
    private const int Sampled = 64;

    // A word of 64 bits is put together with another in about a quarter of the time that setting one bit takes.
    private const double RowsPerBit = 1.0 / 256;

    public FieldType Type => type;

    public IReadOnlyList<IndexRun> Runs => runs;

    /// <summary>Rows covered.</summary>
    public int Rows => runs.Length == 0 ? 0 : runs[^1].EndRow;

    /// <summary>Count of distinct values, of each run by itself.</summary>
    public long Values => runs.Sum(r => (long)r.Values);

    public FieldEstimate Estimate(FieldCondition condition, int liveRows)
    {
        long min = 0, max = 0;
        var expected = 0.0;
        foreach (var run in runs)
        {
            var (least, likely, most) = Estimate(run, condition);
            var missing = condition.MatchesMissing ? run.Missing.Length : 0;
            min += least + missing;
            expected += likely + missing;
            max += most + missing;
        }

        // Any of the dead rows may be among those found.
        var dead = Rows - liveRows;
        return FieldEstimate.Of(min - dead, Rows == 0 ? 0 : expected * liveRows / Rows, max, liveRows);
    }

    /// <summary>How many entries of the index are within a condition's bounds, and what gathering them takes, in entries: values that are kept
    /// as bits take far less than they have.</summary>
    public (long Entries, double Work) WorkOf(FieldCondition condition)
    {
        var (entries, work) = (0L, 0.0);
        foreach (var run in runs)
        {
            foreach (var interval in condition.Outer.AsSpan())
            {
                var (first, end) = run.Find(interval);
                var count = run.CountOf(first, end);
                entries += count;
                work += end - first == 1 && run.IsDense(first) ? (run.EndRow - run.FirstRow) * RowsPerBit : count;
            }

            var missing = condition.MatchesMissing ? run.Missing.Length : 0;
            (entries, work) = (entries + missing, work + missing);
        }

        return (entries, work);
    }

    /// <summary>Finds the rows of a condition.</summary>
    /// <param name="condition">The condition, not negated.</param>
    /// <param name="rows">Where they go.</param>
    public void Collect(FieldCondition condition, RowCollector rows)
    {
        foreach (var run in runs)
        {
            foreach (var interval in condition.Outer.AsSpan())
            {
                var (first, end) = run.Find(interval);
                if (condition.IsExact)
                {
                    rows.Add(run, first, end);
                }
                else
                {
                    CollectBetween(run, condition, first, end, rows);
                }
            }

            if (condition.MatchesMissing)
            {
                rows.Add(run.Missing);
            }
        }
    }

    /// <summary>Takes what is surely wanted as a whole, and tests the values before, between and behind.</summary>
    private void CollectBetween(IndexRun run, FieldCondition condition, int first, int end, RowCollector rows)
    {
        var at = first;
        foreach (var interval in condition.Inner.AsSpan())
        {
            var (innerFirst, innerEnd) = run.Find(interval);
            if (innerFirst >= end)
            {
                break;
            }

            if (innerEnd > at)
            {
                CollectTested(run, condition, at, Math.Max(at, innerFirst), rows);
                rows.Add(run, Math.Max(at, innerFirst), Math.Min(innerEnd, end));
                at = Math.Min(innerEnd, end);
            }
        }

        CollectTested(run, condition, at, end, rows);
    }

    private void CollectTested(IndexRun run, FieldCondition condition, int first, int end, RowCollector rows)
    {
        for (var value = first; value < end; value++)
        {
            if (type == FieldType.Geo)
            {
                // A cell may have several points.
                foreach (var row in run.RowsOf(value, value + 1))
                {
                    if (condition.IsWanted(read(row)))
                    {
                        rows.Add(row);
                    }
                }
            }
            else if (condition.IsWanted(run.ValueAt(value)))
            {
                rows.Add(run, value, value + 1);
            }
        }
    }

    private (long Min, double Expected, long Max) Estimate(IndexRun run, FieldCondition condition)
    {
        var outer = Count(run, condition.Outer);
        var inner = condition.IsExact ? outer : Count(run, condition.Inner);
        if (condition.IsMultiValued)
        {
            return EstimateElements(run, condition, inner, outer);
        }

        if (condition.IsExact || inner.Rows == outer.Rows)
        {
            return (inner.Rows, inner.Rows, inner.Rows);
        }

        var tested = outer.Values - inner.Values;
        if (tested <= MostTested && type != FieldType.Geo)
        {
            var all = CountWanted(run, condition).Rows;
            return (all, all, all);
        }

        return (inner.Rows, inner.Rows + ((outer.Rows - inner.Rows) * SampleWanted(run, condition)), outer.Rows);
    }

    /// <summary>A row may have several of the values, so that counts of rows only bound how many have any.</summary>
    private (long Min, double Expected, long Max) EstimateElements(IndexRun run, FieldCondition condition, (int Values, long Rows, int Most) inner, (int Values, long Rows, int Most) outer)
    {
        if (condition.IsExact || outer.Values <= MostTested)
        {
            var (values, rows, most) = condition.IsExact ? outer : CountWanted(run, condition);
            return (most, values <= 1 ? rows : AnyOf(rows, run.ValuedRows), Math.Min(rows, run.ValuedRows));
        }

        var hits = inner.Rows + ((outer.Rows - inner.Rows) * SampleWanted(run, condition));
        return (inner.Most, AnyOf(hits, run.ValuedRows), Math.Min(outer.Rows, run.ValuedRows));
    }

    // Rows hit by so many values, if these hit rows at random.
    private static double AnyOf(double hits, int rows) => rows == 0 ? 0 : rows * (1 - Math.Exp(-hits / rows));

    private static (int Values, long Rows, int Most) Count(IndexRun run, KeyIntervals keys)
    {
        var (values, rows, most) = (0, 0L, 0);
        foreach (var interval in keys.AsSpan())
        {
            var (first, end) = run.Find(interval);
            values += end - first;
            rows += run.CountOf(first, end);
            for (var value = first; value < Math.Min(end, first + MostTested) && run.Type == FieldType.StringArray; value++)
            {
                most = Math.Max(most, run.CountOf(value, value + 1));
            }
        }

        return (values, rows, most);
    }

    private static (int Values, long Rows, int Most) CountWanted(IndexRun run, FieldCondition condition)
    {
        var (values, rows, most) = (0, 0L, 0);
        foreach (var interval in condition.Outer.AsSpan())
        {
            var (first, end) = run.Find(interval);
            for (var value = first; value < end; value++)
            {
                if (condition.Inner.Contains(run.KeyAt(value)) || condition.IsWanted(run.ValueAt(value)))
                {
                    var count = run.CountOf(value, value + 1);
                    (values, rows, most) = (values + 1, rows + count, Math.Max(most, count));
                }
            }
        }

        return (values, rows, most);
    }

    /// <summary>The share of rows wanted among those in doubt, from some at even distances.</summary>
    private double SampleWanted(IndexRun run, FieldCondition condition)
    {
        var (tested, wanted) = (0, 0);
        foreach (var interval in condition.Outer.AsSpan())
        {
            var (first, end) = run.Find(interval);
            var (from, count) = (run.CountOf(0, first), run.CountOf(first, end));
            var step = Math.Max(1, count / Sampled);
            for (var place = step / 2; place < count; place += step)
            {
                var value = run.ValueOfPlace(from + place);
                if (!condition.Inner.Contains(run.KeyAt(value)))
                {
                    tested++;
                    wanted += condition.IsWanted(type == FieldType.Geo ? read(run.RowsOf(value, value + 1)[0]) : run.ValueAt(value)) ? 1 : 0;
                }
            }
        }

        // None found does not mean that there are none.
        return (wanted + 0.5) / (tested + 1);
    }
}
