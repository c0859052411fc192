using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying;

/// <summary>Evaluates a filter over a segment that is not in memory: what its field indexes answer by those, and what is left on the rows found:
/// from columns where they say all that is asked for, else from rows, some thousand at a time. Vectors are never read.</summary>
internal static class ColdFilter
{
    private const int RowsAtATime = 4096;

    /// <summary>Finds the rows that fulfil the filter.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="segment">One of its segments.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="live">The rows that count; null for all.</param>
    /// <param name="cancellationToken">Ends the reads.</param>
    public static async Task<RowSet> MatchAsync(ColdSnapshot snapshot, Segment segment, FilterBinding filter, RowSet? live, CancellationToken cancellationToken)
    {
        if (await segment.MatchAsync(filter, cancellationToken) is not { } found)
        {
            return await TestAsync(snapshot, segment, filter, live, cancellationToken);
        }

        var among = new RowSet(segment.RowCount);
        var rows = found.Rows.ToArray();
        foreach (var row in rows)
        {
            if (live?.Contains(row) != false)
            {
                among.Add(row);
            }
        }

        return found.Remaining is null || among.Count == 0
            ? among
            : await TestAsync(snapshot, segment, FilterBinder.Bind(found.Remaining, snapshot.Segments.Definition), among, cancellationToken);
    }

    private static async Task<RowSet> TestAsync(ColdSnapshot snapshot, Segment segment, FilterBinding filter, RowSet? among, CancellationToken cancellationToken)
    {
        var matching = new RowSet(segment.RowCount);
        if (await ReadColumnsAsync(snapshot, segment, filter, cancellationToken) is { } columns)
        {
            for (var row = 0; row < segment.RowCount; row++)
            {
                if (among?.Contains(row) != false && filter.Matches(new ColumnRow(columns, row)))
                {
                    matching.Add(row);
                }
            }

            return matching;
        }

        var rows = new List<SegmentRow>(RowsAtATime);
        await foreach (var row in segment.EnumerateAsync(withVectors: false, cancellationToken))
        {
            if (among?.Contains(row.RowNumber) != false && !row.IsTombstone)
            {
                rows.Add(row);
            }

            if (rows.Count == RowsAtATime)
            {
                Match(snapshot, rows, filter, matching);
            }
        }

        Match(snapshot, rows, filter, matching);
        return matching;
    }

    private static void Match(ColdSnapshot snapshot, List<SegmentRow> rows, FilterBinding filter, RowSet matching)
    {
        var mapping = new FieldMapping(filter.Fields, snapshot.InMemory(rows).Table);
        for (var row = 0; row < rows.Count; row++)
        {
            if (filter.Matches(new MemtableRow(mapping, row)))
            {
                matching.Add(rows[row].RowNumber);
            }
        }

        rows.Clear();
    }

    /// <summary>The columns of the filter's fields; null where the segment lacks one, or has it with the type it was declared with once.</summary>
    private static async Task<SegmentColumn[]?> ReadColumnsAsync(ColdSnapshot snapshot, Segment segment, FilterBinding filter, CancellationToken cancellationToken)
    {
        var names = filter.Fields.Select(f => ColumnOf(snapshot, segment, f.Path)).ToList();
        if (names.Contains(null))
        {
            return null;
        }

        var columns = new SegmentColumn[names.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = (await segment.ReadColumnAsync(names[i]!, cancellationToken))!;
        }

        return columns;
    }

    private static string? ColumnOf(ColdSnapshot snapshot, Segment segment, FilterPath path) =>
        FieldMapping.ColumnName(path) is { } name
        && snapshot.Segments.Definition.Fields.TryGetValue(name, out var declared)
        && segment.Columns.Any(c => string.Equals(c.Name, name, StringComparison.Ordinal) && c.Type == declared.Type)
            ? name
            : null;

    private readonly struct ColumnRow(SegmentColumn[] columns, int row) : IFieldReader
    {
        public FieldValue Read(int fieldIndex) => columns[fieldIndex].Values.Read(row);
    }
}
