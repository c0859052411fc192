namespace Vektagraf.Index;

internal sealed partial class HnswGraph
{
    /// <summary>Lists above level 0.</summary>
    public int UpperCount => _upperCount;

    /// <summary>Writes the lists of level 0, node after node.</summary>
    public void WriteLists(Span<int> destination) => _lists.CopyTo(_nodes, destination);

    /// <summary>Writes the lists above level 0, node after node, each node's lowest first.</summary>
    public void WriteUpperLists(Span<int> destination) => _upperLists.CopyTo(_upperCount, destination);

    /// <summary>Fills an empty graph with what was written; checks every number in it.</summary>
    /// <exception cref="InvalidDataException">A number is impossible.</exception>
    public void Restore(int nodes, int entry, ReadOnlySpan<int> lists, ReadOnlySpan<int> upperLists, ReadOnlySpan<ulong> deleted)
    {
        // Levels follow from the seed: first how many upper lists there must be, then that they link nodes of their level.
        byte[] levels = new byte[nodes];
        long upperCount = 0;
        for (int node = 0; node < nodes; node++)
        {
            levels[node] = (byte)LevelOf(node);
            upperCount += levels[node];
        }

        if (upperCount * M != upperLists.Length)
        {
            throw new InvalidDataException($"The graph has {upperLists.Length / M} lists above level 0; its nodes have {upperCount}.");
        }

        CheckLinks(lists, levels, 0);
        int start = 0;
        for (int node = 0; node < nodes; node++)
        {
            for (int level = 1; level <= levels[node]; level++, start += M)
            {
                CheckLinks(upperLists.Slice(start, M), levels, level);
            }
        }

        Reserve(nodes);
        _lists.CopyFrom(nodes, lists);
        _upperLists.CopyFrom(_upperCount, upperLists);
        _deleted = deleted.ToArray();
        _deletedCount = FilterSample.CountBits(_deleted, nodes);
        if (FilterSample.CountBits(_deleted, 64 * _deleted.Length) != _deletedCount)
        {
            throw new InvalidDataException("The graph has deletion marks beyond its nodes.");
        }

        Volatile.Write(ref _entry, entry);
    }

    private static void CheckLinks(ReadOnlySpan<int> links, byte[] levels, int level)
    {
        foreach (int link in links)
        {
            if (link != -1 && ((uint)link >= (uint)levels.Length || levels[link] < level))
            {
                throw new InvalidDataException($"A list on level {level} links to {link}, which is no node of that level.");
            }
        }
    }
}
