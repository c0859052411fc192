using Vektagraf.Index;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Querying.Execution;

/// <summary>The live rows of a snapshot that a filter accepts, for searches of inverted lists, which are over rows.</summary>
internal readonly struct SearchedRows : IOrdinalFilter
{
    // What it costs, in nanoseconds, to ask a filter about a row; of the rows found it is asked about those with the higher scores only.
    private const double AskNs = 5;

    private readonly MemtableSnapshot _snapshot;
    private readonly FilterBinding? _asked;
    private readonly FieldMapping? _mapping;

    private SearchedRows(MemtableSnapshot snapshot, ulong[]? matching, FilterBinding? asked)
    {
        (_snapshot, Matching, _asked) = (snapshot, matching, asked);
        _mapping = asked is null ? null : new FieldMapping(asked.Fields, snapshot.Table);
    }

    /// <summary>The rows, a bit for each; null where each is asked about.</summary>
    public ulong[]? Matching { get; }

    /// <summary>Takes the rows from field indexes where that is less work than to be asked about each row found.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="filter">The filter; null for none.</param>
    /// <param name="mostAsked">Most rows that may be asked about.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public static SearchedRows Of(MemtableSnapshot snapshot, FilterBinding? filter, long mostAsked, CancellationToken cancellationToken)
    {
        if (filter is null || !filter.PlanFor(snapshot.Table).IsComplete)
        {
            return new SearchedRows(snapshot, matching: null, filter);
        }

        using var memory = new SelectionMemory();
        var execution = new FilterExecution(snapshot, filter, memory, time: null, cancellationToken);
        return execution.Plan!.GatherCost < mostAsked * AskNs
            ? new SearchedRows(snapshot, execution.Run().ToWords(), asked: null)
            : new SearchedRows(snapshot, matching: null, filter);
    }

    public bool Accepts(int ordinal) => Matching is { } matching
        ? (matching[ordinal >> 6] & (1UL << (ordinal & 63))) != 0
        : _snapshot.IsVisible(ordinal) && (_asked is null || _asked.Matches(new MemtableRow(_mapping!, ordinal)));
}

/// <summary>Rows of equal scores in the order of their ids.</summary>
internal readonly struct RowsById(Memtable table) : ITieBreaker
{
    public int Compare(int a, int b) => string.CompareOrdinal(table.IdOf(a), table.IdOf(b));
}
