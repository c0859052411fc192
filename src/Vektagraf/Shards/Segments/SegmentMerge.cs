using System.Runtime.CompilerServices;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>Merges segments and the rows of a folded log into new segments. Pure: reads streams, writes bytes, touches no store.</summary>
public static class SegmentMerge
{
    /// <summary>Merges rows in the order of their ids; of several versions of an object the newest remains. Holds one row of each source.</summary>
    /// <param name="sources">Rows, each source ascending by id; where two hold the same version, the earlier source is believed.</param>
    /// <param name="dropTombstones">Whether deletions are left out: only where no older segment remains that they could refer to.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The rows, ascending by id.</returns>
    public static async IAsyncEnumerable<SegmentRow> MergeAsync(
        IReadOnlyList<IAsyncEnumerable<SegmentRow>> sources, bool dropTombstones, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var streams = new List<IAsyncEnumerator<SegmentRow>>(sources.Count);
        try
        {
            var heads = new PriorityQueue<int, (SegmentRow Row, int Source)>(sources.Count, NewestOfSmallestId.Instance);
            foreach (var source in sources)
            {
                streams.Add(source.GetAsyncEnumerator(cancellationToken));
                await AdvanceAsync(streams, streams.Count - 1, heads);
            }

            while (heads.TryDequeue(out var first, out var newest))
            {
                await AdvanceAsync(streams, first, heads);
                while (heads.TryPeek(out var other, out var older) && string.Equals(older.Row.Id, newest.Row.Id, StringComparison.Ordinal))
                {
                    heads.Dequeue();
                    await AdvanceAsync(streams, other, heads);
                }

                if (!(dropTombstones && newest.Row.IsTombstone))
                {
                    yield return newest.Row;
                }
            }
        }
        finally
        {
            foreach (var stream in streams)
            {
                await stream.DisposeAsync();
            }
        }
    }

    /// <summary>Writes rows to as many segments as their size asks for.</summary>
    /// <param name="rows">The rows, ascending by id.</param>
    /// <param name="schema">The fields to keep.</param>
    /// <param name="options">Sizes; null for the defaults.</param>
    /// <param name="complete">Called before each segment is finished, to add payloads; null for nothing.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The segments, in the order of their ids; none for no rows. Only one is in memory unless the caller keeps them.</returns>
    public static async IAsyncEnumerable<SegmentFileContent> WriteAsync(
        IAsyncEnumerable<SegmentRow> rows,
        SegmentSchema schema,
        SegmentWriterOptions? options = null,
        Action<SegmentWriter>? complete = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        await using var stream = rows.GetAsyncEnumerator(cancellationToken);
        var hasRow = await stream.MoveNextAsync();
        while (hasRow)
        {
            using var writer = new SegmentWriter(schema, options);
            do
            {
                writer.Add(stream.Current);
                hasRow = await stream.MoveNextAsync();
            }
            while (hasRow && !writer.IsFull);

            complete?.Invoke(writer);
            yield return writer.Finish();
        }
    }

    /// <summary>Rows that are in memory already, as a source.</summary>
    /// <param name="rows">The rows, ascending by id.</param>
    /// <returns>The same rows.</returns>
    public static async IAsyncEnumerable<SegmentRow> FromRows(IEnumerable<SegmentRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        await Task.CompletedTask;
        foreach (var row in rows)
        {
            yield return row;
        }
    }

    private static async ValueTask AdvanceAsync(
        List<IAsyncEnumerator<SegmentRow>> streams, int source, PriorityQueue<int, (SegmentRow Row, int Source)> heads)
    {
        if (await streams[source].MoveNextAsync())
        {
            heads.Enqueue(source, (streams[source].Current, source));
        }
    }

    private sealed class NewestOfSmallestId : IComparer<(SegmentRow Row, int Source)>
    {
        public static NewestOfSmallestId Instance { get; } = new();

        public int Compare((SegmentRow Row, int Source) x, (SegmentRow Row, int Source) y)
        {
            var order = SegmentRow.CompareIds(x.Row.Id, y.Row.Id);
            order = order != 0 ? order : y.Row.Version.Sequence.CompareTo(x.Row.Version.Sequence);
            order = order != 0 ? order : y.Row.Version.Ordinal.CompareTo(x.Row.Version.Ordinal);
            return order != 0 ? order : x.Source.CompareTo(y.Source);
        }
    }
}
