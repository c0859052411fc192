using Vektagraf.Index;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Querying.Execution;

/// <summary>The vectors that a filter accepts, from field indexes, before a search asks for any of them.</summary>
internal static class VectorFilter
{
    // Nanoseconds. A scan asks the filter about every vector, so that nearly anything is less work; a walk through a graph asks about a few
    // thousand, unless few match, which is when sets are cheap.
    private const double AskNs = 15;
    private const double MostWalkNs = 100_000;
    private const double PlaceNs = 3;

    /// <summary>Finds the vectors where that is less work than to be asked about them.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="column">The vectors.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="count">Vectors to know about.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <returns>A bit for each live vector accepted; null where the filter should be asked.</returns>
    public static ulong[]? TryFind(MemtableSnapshot snapshot, VectorColumn column, FilterBinding filter, int count, CancellationToken cancellationToken)
    {
        if (count == 0 || !filter.PlanFor(snapshot.Table).IsComplete)
        {
            return null;
        }

        using var memory = new SelectionMemory();
        var execution = new FilterExecution(snapshot, filter, memory, time: null, cancellationToken);
        var expected = execution.Plan!.Estimate.Expected;
        var placed = expected <= RowSelection.MostListed(snapshot.RowCount) ? expected : count;
        if (execution.Plan.GatherCost + (placed * PlaceNs) > (column.Index is FlatIndex ? count * AskNs : MostWalkNs))
        {
            return null;
        }

        return Place(execution.Run(), column, count);
    }

    private static ulong[] Place(RowSelection rows, VectorColumn column, int count)
    {
        var words = new ulong[(count + 63) >> 6];
        if (rows.IsList)
        {
            foreach (var row in rows)
            {
                if (column.OrdinalOf(row) is var ordinal && ordinal >= 0 && ordinal < count)
                {
                    words[ordinal >> 6] |= 1UL << (ordinal & 63);
                }
            }

            return words;
        }

        for (var ordinal = 0; ordinal < count; ordinal++)
        {
            words[ordinal >> 6] |= column.RowOf(ordinal) is var row && row >= 0 && rows.Contains(row) ? 1UL << (ordinal & 63) : 0;
        }

        return words;
    }
}
