namespace Vektagraf.Index;

internal sealed unsafe partial class HnswGraph
{
    /// <summary>Links a node that there is room for. Several threads may, each with its own scratch.</summary>
    /// <param name="node">The node.</param>
    /// <param name="rows">Over all rows; its query does not matter.</param>
    /// <param name="efConstruction">Length of the candidate pool.</param>
    /// <param name="scratch">Where to work.</param>
    public void Insert<TScorer>(int node, TScorer rows, int efConstruction, GraphScratch scratch)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        int level = LevelOf(node);
        int entry = StartAt(node);
        if (entry == node)
        {
            return;
        }

        TScorer scorer = rows.For(node);
        GraphView graph = View(entry, Nodes);
        var counts = default(WalkCounts);
        int best = entry;
        float distance = GraphWalk<TScorer>.Descend(graph, scorer, graph.Top, level + 1, ref best, ref counts);
        for (int at = Math.Min(level, graph.Top); at >= 0; at--)
        {
            VisitedNodes visited = scratch.BeginVisit(graph.Nodes);
            visited.Add(node);
            scratch.Pool.Reset(efConstruction);
            GraphWalk<TScorer>.Seed(scratch, visited, best, distance);
            GraphWalk<TScorer>.Expand(graph, scorer, at, scratch, visited, ref counts, CancellationToken.None);
            best = scratch.Pool.NodeAt(0);
            distance = scratch.Pool.DistanceAt(0);
            ChooseFromPool(scorer, scratch);
            WriteList(graph.List(node, at), graph.Capacity(at), scratch.Selection.Chosen);
        }

        for (int at = 0; at <= Math.Min(level, graph.Top); at++)
        {
            // A copy: who is told of the node may at once link to it, and its list be chosen anew.
            Span<int> links = scratch.Batch.Slice(0, graph.Capacity(at));
            new ReadOnlySpan<int>(graph.List(node, at), links.Length).CopyTo(links);
            foreach (int neighbor in links)
            {
                if (neighbor >= 0)
                {
                    AddLink(graph, neighbor, at, node, rows, scratch);
                }
            }
        }

        RaiseEntry(node, level, entry);
        graph.KeepAlive();
    }

    /// <summary>The live nodes of the pool, thinned out to M links.</summary>
    private void ChooseFromPool<TScorer>(TScorer scorer, GraphScratch scratch)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        var deleted = new DeletedNodes(Deleted);
        NeighborSelection selection = scratch.Selection;
        selection.Reset();
        for (int rank = 0; rank < scratch.Pool.Count; rank++)
        {
            int candidate = scratch.Pool.NodeAt(rank);
            if (!deleted.Contains(candidate))
            {
                selection.Add(candidate, scratch.Pool.DistanceAt(rank));
            }
        }

        selection.Choose(M, scorer);
    }

    /// <summary>Adds a link to a list; when the list is full, chooses anew among its links and the new one.</summary>
    private void AddLink<TScorer>(in GraphView graph, int from, int level, int to, TScorer rows, GraphScratch scratch)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        AcquireList(from);
        try
        {
            int* list = graph.List(from, level);
            int capacity = graph.Capacity(level);
            int count = 0;
            while (count < capacity && list[count] >= 0)
            {
                // A later insertion on another thread may have linked the two already.
                if (list[count++] == to)
                {
                    return;
                }
            }

            if (count < capacity)
            {
                Volatile.Write(ref list[count], to);
                return;
            }

            Shrink(graph, from, level, to, rows, scratch);
        }
        finally
        {
            ReleaseList(from);
        }
    }

    private void Shrink<TScorer>(in GraphView graph, int from, int level, int to, TScorer rows, GraphScratch scratch)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        int* list = graph.List(from, level);
        int capacity = graph.Capacity(level);
        TScorer scorer = rows.For(from);
        var deleted = new DeletedNodes(Deleted);
        NeighborSelection selection = scratch.Selection;
        selection.Reset();
        for (int i = 0; i < capacity; i++)
        {
            scorer.Prefetch(list[i]);
        }

        for (int i = 0; i < capacity; i++)
        {
            if (!deleted.Contains(list[i]))
            {
                selection.Add(list[i], scorer.Score(list[i]));
            }
        }

        selection.Add(to, scorer.Score(to));
        selection.Choose(capacity, scorer);
        WriteList(list, capacity, selection.Chosen);
    }

    /// <summary>Rewrites a list in place, number by number. A reader may see some of the old and some of the new.</summary>
    private static void WriteList(int* list, int capacity, ReadOnlySpan<Neighbor> links)
    {
        for (int i = 0; i < links.Length; i++)
        {
            Volatile.Write(ref list[i], links[i].Ordinal);
        }

        for (int i = links.Length; i < capacity; i++)
        {
            Volatile.Write(ref list[i], -1);
        }
    }

    /// <summary>The entry, which the first node of a graph becomes.</summary>
    private int StartAt(int node)
    {
        int entry = Entry;
        if (entry >= 0)
        {
            return entry;
        }

        lock (_entryLock)
        {
            if (_entry < 0)
            {
                Volatile.Write(ref _entry, node);
            }

            return _entry;
        }
    }

    /// <summary>Starts walks at a node that is higher than where they start, or live where that is not.</summary>
    private void RaiseEntry(int node, int level, int entry)
    {
        if (level <= LevelOf(entry) && !IsDeleted(entry))
        {
            return;
        }

        lock (_entryLock)
        {
            if (level > LevelOf(_entry) || IsDeleted(_entry))
            {
                Volatile.Write(ref _entry, node);
            }
        }
    }
}
