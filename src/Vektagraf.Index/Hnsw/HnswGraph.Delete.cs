namespace Vektagraf.Index;

internal sealed unsafe partial class HnswGraph
{
    /// <summary>
    /// Marks a node as deleted, then lets each live node that links to it and back choose anew among its own links and the deleted node's.
    /// Nodes that link to it without being linked back keep their link: its own lists stay, so that walks still pass through it.
    /// Only the one writer may.
    /// </summary>
    /// <returns>False if it was deleted before.</returns>
    public bool Delete<TScorer>(int node, TScorer rows, GraphScratch scratch)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        if (IsDeleted(node))
        {
            return false;
        }

        Mark(node);
        GraphView graph = View(Entry, Nodes);
        for (int level = LevelOf(node); level >= 0; level--)
        {
            int* list = graph.List(node, level);
            for (int i = 0; i < graph.Capacity(level) && list[i] >= 0; i++)
            {
                if (!IsDeleted(list[i]) && new ReadOnlySpan<int>(graph.List(list[i], level), graph.Capacity(level)).Contains(node))
                {
                    Repair(graph, list[i], level, rows, scratch);
                }
            }
        }

        if (Entry == node)
        {
            MoveEntry();
        }

        graph.KeepAlive();
        return true;
    }

    /// <summary>Repairs every live node that links to a deleted one, after which no live node does. Only the one writer may.</summary>
    public void Consolidate<TScorer>(TScorer rows, GraphScratch scratch)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        GraphView graph = View(Entry, Nodes);
        for (int node = 0; node < graph.Nodes; node++)
        {
            for (int level = IsDeleted(node) ? -1 : LevelOf(node); level >= 0; level--)
            {
                int* list = graph.List(node, level);
                for (int i = 0; i < graph.Capacity(level) && list[i] >= 0; i++)
                {
                    if (IsDeleted(list[i]))
                    {
                        Repair(graph, node, level, rows, scratch);
                        break;
                    }
                }
            }
        }

        graph.KeepAlive();
    }

    /// <summary>Chooses a node's links among its live ones and the live ones of those that were deleted.</summary>
    private void Repair<TScorer>(in GraphView graph, int node, int level, TScorer rows, GraphScratch scratch)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        TScorer scorer = rows.For(node);
        VisitedNodes visited = scratch.BeginVisit(graph.Nodes);
        visited.Add(node);
        scratch.Selection.Reset();
        int capacity = graph.Capacity(level);
        int* list = graph.List(node, level);
        for (int i = 0; i < capacity && list[i] >= 0; i++)
        {
            Consider(list[i], scorer, visited, scratch.Selection);
            if (IsDeleted(list[i]))
            {
                int* further = graph.List(list[i], level);
                for (int link = 0; link < capacity && further[link] >= 0; link++)
                {
                    Consider(further[link], scorer, visited, scratch.Selection);
                }
            }
        }

        scratch.Selection.Choose(capacity, scorer);
        WriteList(list, capacity, scratch.Selection.Chosen);
    }

    private void Consider<TScorer>(int candidate, TScorer scorer, VisitedNodes visited, NeighborSelection selection)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        if (visited.Add(candidate) && !IsDeleted(candidate))
        {
            selection.Add(candidate, scorer.Score(candidate));
        }
    }

    private void Mark(int node)
    {
        ulong[] words = _deleted;
        int word = node >> 6;
        if (word >= words.Length)
        {
            Array.Resize(ref words, Math.Max(word + 1, Math.Min(2 * words.Length, (_nodes + 63) / 64)));
        }

        Volatile.Write(ref words[word], words[word] | (1UL << (node & 63)));
        Volatile.Write(ref _deleted, words);
        Volatile.Write(ref _deletedCount, _deletedCount + 1);
    }

    /// <summary>Starts walks at the highest live node; at a deleted one when there is no other.</summary>
    private void MoveEntry()
    {
        int best = -1;
        int bestLevel = -1;
        var deleted = new DeletedNodes(_deleted);
        for (int node = 0; node < _nodes; node++)
        {
            if (!deleted.Contains(node) && LevelOf(node) is int level && level > bestLevel)
            {
                best = node;
                bestLevel = level;
            }
        }

        if (best >= 0)
        {
            Volatile.Write(ref _entry, best);
        }
    }
}
