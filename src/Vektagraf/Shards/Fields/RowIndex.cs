using Vektagraf.Collections;
using Vektagraf.Querying;

namespace Vektagraf.Shards;

/// <summary>
/// An index of one field over a memtable's rows, made when a query first asks for it and taken forward by those that ask later, never by
/// writes or loads. Rows only append, so what is indexed stays right: a few runs of growing age and size, joined as in a log-structured
/// merge tree (O'Neil et al., 1996). Readers work on what was published and lock only to extend it.
/// </summary>
/// <param name="type">The type of the field.</param>
/// <param name="read">Reads the field of a row.</param>
internal sealed class RowIndex(FieldType type, Func<int, FieldValue> read)
{
    // Each run is so many times smaller than the one before it: with less, rows are joined more often; with more, queries look into more runs.
    private const int Growth = 4;

    private readonly Lock _lock = new();
    private RowIndexView _view = new(type, read, []);

    /// <summary>What is indexed by now.</summary>
    public RowIndexView Known => Volatile.Read(ref _view);

    /// <summary>The index over at least so many rows.</summary>
    /// <param name="rows">Rows of a published snapshot.</param>
    public RowIndexView UpTo(int rows)
    {
        var view = Volatile.Read(ref _view);
        if (view.Rows >= rows)
        {
            return view;
        }

        lock (_lock)
        {
            if (_view.Rows < rows)
            {
                Volatile.Write(ref _view, new RowIndexView(type, read, Extend([.. _view.Runs], rows)));
            }

            return _view;
        }
    }

    private IndexRun[] Extend(List<IndexRun> runs, int rows)
    {
        runs.Add(IndexRun.Build(type, read, runs.Count == 0 ? 0 : runs[^1].EndRow, rows));
        while (runs.Count > 1 && Size(runs[^2]) <= Growth * Size(runs[^1]))
        {
            var merged = IndexRun.Merge(runs[^2], runs[^1]);
            runs.RemoveRange(runs.Count - 2, 2);
            runs.Add(merged);
        }

        return [.. runs];

        static long Size(IndexRun run) => run.EndRow - run.FirstRow;
    }
}
