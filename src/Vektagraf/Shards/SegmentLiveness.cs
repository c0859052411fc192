using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <summary>Which rows of several segments are the newest version of their object: found by walking their id tables side by side.</summary>
internal static class SegmentLiveness
{
    /// <summary>Reads the id tables, a few percent of the segments.</summary>
    /// <param name="segments">The segments, oldest first.</param>
    /// <param name="isHidden">Whether something newer than all segments speaks of an id.</param>
    /// <param name="cancellationToken">Ends the reads.</param>
    /// <returns>For each segment its rows that are neither replaced, nor tombstones, nor hidden.</returns>
    public static async Task<RowSet[]> ReadAsync(IReadOnlyList<Segment> segments, Func<string, bool> isHidden, CancellationToken cancellationToken)
    {
        RowSet[] live = [.. segments.Select(s => new RowSet(s.RowCount))];
        var streams = new List<IAsyncEnumerator<SegmentKey>>();

        // Of equal ids the newer segment's comes first.
        var heads = new PriorityQueue<int, (string Id, int Age)>(Comparer<(string Id, int Age)>.Create(static (a, b) =>
            SegmentRow.CompareIds(a.Id, b.Id) is var order && order != 0 ? order : b.Age.CompareTo(a.Age)));
        try
        {
            // All begin at the same time: one after the other would be a round trip for each segment.
            streams.AddRange(segments.Select(segment => segment.ReadIdsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken)));
            var hasFirst = await Task.WhenAll(streams.Select(stream => stream.MoveNextAsync().AsTask()));
            for (var i = 0; i < hasFirst.Length; i++)
            {
                if (hasFirst[i])
                {
                    heads.Enqueue(i, (streams[i].Current.Id, i));
                }
            }

            string? last = null;
            while (heads.TryDequeue(out var source, out _))
            {
                var key = streams[source].Current;
                if (!string.Equals(key.Id, last, StringComparison.Ordinal) && !key.IsTombstone && !isHidden(key.Id))
                {
                    live[source].Add(key.RowNumber);
                }

                last = key.Id;
                await AdvanceAsync(source);
            }
        }
        finally
        {
            foreach (var stream in streams)
            {
                await stream.DisposeAsync();
            }
        }

        return live;

        async ValueTask AdvanceAsync(int source)
        {
            if (await streams[source].MoveNextAsync())
            {
                heads.Enqueue(source, (streams[source].Current.Id, source));
            }
        }
    }
}
