namespace Vektagraf.Shards;

/// <content>Indexes over the rows, filled behind the writes.</content>
internal sealed partial class Memtable
{
    /// <summary>Whether taking rows into an index is worthwhile.</summary>
    public bool NeedsIndexing => Array.Exists(_vectors, v => v.NeedsIndexing) || Text is { NeedsWork: true } || Array.Exists(_sparse, s => s.Index.NeedsWork);

    /// <summary>Takes vectors of each field into its index, and rows into the full-text index and those of sparse vectors.</summary>
    /// <param name="most">The most of each field.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends a measurement.</param>
    /// <returns>Whether rows are left whose taking is worthwhile.</returns>
    public bool AdvanceIndexes(int most, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var column in _vectors)
        {
            if (column.NeedsIndexing)
            {
                column.Advance(most, time, cancellationToken);
            }
        }

        if (Text is { NeedsWork: true } text)
        {
            text.Advance(cancellationToken);
        }

        foreach (var column in _sparse)
        {
            if (column.Index.NeedsWork)
            {
                column.Index.Advance(cancellationToken);
            }
        }

        return NeedsIndexing;
    }

    /// <summary>The index of a column as it is to be stored with what was folded.</summary>
    /// <param name="column">The column.</param>
    /// <param name="folded">The position that is in segments: what a log says later may not be what another log, of a branch, says there.</param>
    /// <returns>Null where there is nothing but the vectors.</returns>
    public StoredIndex? CaptureIndex(VectorColumn column, ulong folded) =>
        column.Capture(row => _rows[row].Version is var version && version.Sequence <= folded && Volatile.Read(ref _diedAt[row]) > folded ? version : default);
}
