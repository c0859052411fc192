namespace Vektagraf.Index;

/// <summary>
/// Sparse vectors of rows, and inverted runs over them that follow behind: whoever has time takes rows in by the thousand, and a search scans
/// the few that are left. One thread appends; searches and the taking in go on beside it.
/// </summary>
public sealed class SparseIndex
{
    /// <summary>So many rows beyond the runs are scanned rather than taken in by a search.</summary>
    public const int ScannedRows = 2048;

    // A search that meets another thread at work scans so many rows rather than wait.
    private const int ScannedWhileBusy = 32_768;

    // One step takes in so many rows, so that a search that waits for it does not wait long.
    private const int StepRows = 32_768;

    private readonly Lock _gate = new();
    private SparseRun[] _runs = [];

    /// <summary>The vectors.</summary>
    public SparseRows Rows { get; } = new();

    /// <summary>Bytes of the runs and of the vectors.</summary>
    public long MemoryBytes => Rows.MemoryBytes + RunBytes;

    /// <summary>Bytes of the runs.</summary>
    public long RunBytes => Volatile.Read(ref _runs).Sum(r => r.MemoryBytes);

    /// <summary>Rows that no run has.</summary>
    public int Pending => Rows.Count - EndOf(Volatile.Read(ref _runs));

    /// <summary>Whether taking rows in is worthwhile.</summary>
    public bool NeedsWork => Pending >= ScannedRows / 2;

    /// <summary>Takes some rows in.</summary>
    /// <returns>Whether more is worthwhile.</returns>
    public bool Advance(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            TakeRows(Rows.Count, cancellationToken);
        }

        return NeedsWork;
    }

    /// <summary>The runs, in the order of their rows; what rows up to an end are beyond them is few enough to be scanned.</summary>
    /// <param name="rowCount">Rows that the search looks at.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public IReadOnlyList<SparseRun> RunsFor(int rowCount, CancellationToken cancellationToken)
    {
        while (rowCount - EndOf(Volatile.Read(ref _runs)) is var rest && rest > ScannedRows)
        {
            if (rest > ScannedWhileBusy)
            {
                _gate.Enter();
            }
            else if (!_gate.TryEnter())
            {
                break;
            }

            try
            {
                TakeRows(rowCount, cancellationToken);
            }
            finally
            {
                _gate.Exit();
            }
        }

        return Volatile.Read(ref _runs);
    }

    private static int EndOf(SparseRun[] runs) => runs.Length == 0 ? 0 : runs[^1].FirstRow + runs[^1].RowCount;

    /// <summary>Makes a run of the next rows, and of the runs before them that are no larger.</summary>
    private void TakeRows(int end, CancellationToken cancellationToken)
    {
        SparseRun[] runs = _runs;
        int first = EndOf(runs);
        end = Math.Min(end, first + StepRows);
        if (first >= end)
        {
            return;
        }

        int kept = runs.Length;
        while (kept > 0 && runs[kept - 1].RowCount <= end - first && end - runs[kept - 1].FirstRow <= SparseRun.MaxRows)
        {
            first = runs[--kept].FirstRow;
        }

        Volatile.Write(ref _runs, [.. runs.AsSpan(0, kept), SparseRun.Build(Rows, first, end - first, cancellationToken)]);
    }
}
