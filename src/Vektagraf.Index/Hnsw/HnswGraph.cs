using System.Runtime.CompilerServices;

namespace Vektagraf.Index;

/// <summary>
/// The links of a hierarchical navigable small world graph (Malkov and Yashunin 2018), apart from what its nodes stand for. Nodes are
/// numbered from 0; level 0 is one array of fixed-size lists, 128 bytes each at M = 16, levels above lie in another.
/// </summary>
/// <remarks>
/// <para><b>Readers take no locks.</b> A list is 2M (above level 0, M) node numbers, ended by −1 if shorter. Each number is written at once,
/// and each that was ever written is a node whose vector and lists were complete before; so a reader that meets a list half rewritten
/// sees links of before and after, which are all good to follow, and may for that moment miss some. Nodes that were added after a reader
/// took its <see cref="GraphView"/> are beyond its <see cref="GraphView.Nodes"/> and are skipped.</para>
/// <para><b>Writers</b> lock the one list they change, by one of a fixed number of locks, and hold one lock at a time. A node's own lists are
/// written on all levels before anybody links to it, lowest level first: who finds it finds it whole.</para>
/// </remarks>
internal sealed unsafe partial class HnswGraph
{
    /// <summary>No level is above this: with M = 2 a level above 30 has a chance of one in a billion, and then 30 does as well.</summary>
    private const int MaxLevel = 30;

    private const int LockCount = 1024;

    private readonly ChunkedRows<int> _lists;
    private readonly ChunkedRows<int> _upperLists;
    private readonly ChunkedRows<int> _upperStarts = new(1);
    private readonly int[] _locks = new int[LockCount];
    private readonly Lock _entryLock = new();
    private readonly double _levelScale;
    private readonly ulong _seed;
    private int _nodes;
    private int _upperCount;
    private int _entry = -1;
    private ulong[] _deleted = [];
    private int _deletedCount;

    /// <summary>Makes an empty graph.</summary>
    /// <param name="m">Links that a node asks for.</param>
    /// <param name="seed">What levels are drawn from.</param>
    /// <param name="chunkBytes">Bytes of a chunk of lists.</param>
    public HnswGraph(int m, long seed, int chunkBytes)
    {
        M = m;
        _seed = (ulong)seed;
        _levelScale = 1 / Math.Log(m);
        _lists = new ChunkedRows<int>(2 * m, chunkBytes);
        _upperLists = new ChunkedRows<int>(m, chunkBytes);
    }

    /// <summary>Links that a node asks for, and the most it has above level 0.</summary>
    public int M { get; }

    /// <summary>Nodes there is room for.</summary>
    public int Nodes => Volatile.Read(ref _nodes);

    /// <summary>Deleted nodes.</summary>
    public int DeletedCount => Volatile.Read(ref _deletedCount);

    /// <summary>A bit for each deleted node; shorter than the graph when the last nodes are not deleted.</summary>
    public ulong[] Deleted => Volatile.Read(ref _deleted);

    /// <summary>Where walks start; −1 in an empty graph.</summary>
    public int Entry => Volatile.Read(ref _entry);

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => _lists.MemoryBytes + _upperLists.MemoryBytes + _upperStarts.MemoryBytes + (Deleted.Length * (long)sizeof(ulong));

    /// <summary>
    /// The highest level of a node: ⌊−ln(u) / ln(M)⌋ with u uniform, made from seed and number alone, so that it need not be stored and does
    /// not depend on which thread inserts when.
    /// </summary>
    public int LevelOf(int node)
    {
        ulong bits = SplitMix.Mix(_seed + (((ulong)node + 1) * SplitMix.Increment));
        double uniform = ((bits >> 11) + 1) * (1.0 / (1UL << 53));
        return (int)Math.Min(MaxLevel, -Math.Log(uniform) * _levelScale);
    }

    /// <summary>What a walk reads. The entry is taken before the count of nodes, that before the tables: each holds what the one before names.</summary>
    public GraphView View(int entry, int nodes) => new(_lists.Table, _upperLists.Table, _upperStarts.Table, M, entry, entry < 0 ? 0 : LevelOf(entry), nodes);

    /// <summary>Makes room for nodes with empty lists; only the one writer may. Their vectors must be readable by now.</summary>
    public void Reserve(int nodes)
    {
        _lists.Reserve(nodes);
        _upperStarts.Reserve(nodes);
        for (int node = _nodes; node < nodes; node++)
        {
            int level = LevelOf(node);
            _lists.Row(node).Fill(-1);
            _upperStarts.Row(node)[0] = _upperCount;
            _upperLists.Reserve(_upperCount + level);
            for (int i = 0; i < level; i++)
            {
                _upperLists.Row(_upperCount++).Fill(-1);
            }
        }

        Volatile.Write(ref _nodes, nodes);
    }

    /// <summary>Whether a node is deleted.</summary>
    public bool IsDeleted(int node) => new DeletedNodes(Deleted).Contains(node);

    private void AcquireList(int node)
    {
        ref int gate = ref _locks[node & (LockCount - 1)];
        var spin = default(SpinWait);
        while (Interlocked.CompareExchange(ref gate, 1, 0) != 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private void ReleaseList(int node) => Volatile.Write(ref _locks[node & (LockCount - 1)], 0);
}

/// <summary>A graph as one walk sees it. Valid as long as its tables are reachable: end with <see cref="KeepAlive"/>.</summary>
internal readonly unsafe struct GraphView
{
    private readonly RowView<int> _lists;
    private readonly RowView<int> _upperLists;
    private readonly RowView<int> _upperStarts;
    private readonly RowTable<int> _listTable;
    private readonly RowTable<int> _upperListTable;
    private readonly RowTable<int> _upperStartTable;
    private readonly int _m;

    /// <summary>Puts a view together.</summary>
    public GraphView(RowTable<int> lists, RowTable<int> upperLists, RowTable<int> upperStarts, int m, int entry, int top, int nodes)
    {
        _listTable = lists;
        _upperListTable = upperLists;
        _upperStartTable = upperStarts;
        _lists = lists.View;
        _upperLists = upperLists.View;
        _upperStarts = upperStarts.View;
        _m = m;
        Entry = entry;
        Top = top;
        Nodes = nodes;
    }

    /// <summary>Where to start; −1 in an empty graph.</summary>
    public int Entry { get; }

    /// <summary>The entry's highest level.</summary>
    public int Top { get; }

    /// <summary>Only nodes below this number are to be followed.</summary>
    public int Nodes { get; }

    /// <summary>Links that fit in a list of a level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Capacity(int level) => level == 0 ? 2 * _m : _m;

    /// <summary>The list of a node on a level that it has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int* List(int node, int level) => level == 0 ? _lists[node] : _upperLists[*_upperStarts[node] + level - 1];

    /// <summary>The list of a node on level 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int* List(int node) => _lists[node];

    /// <summary>Keeps the memory until here.</summary>
    public void KeepAlive()
    {
        GC.KeepAlive(_listTable);
        GC.KeepAlive(_upperListTable);
        GC.KeepAlive(_upperStartTable);
    }
}

/// <summary>The bitmap of deleted nodes.</summary>
internal readonly struct DeletedNodes(ulong[] words)
{
    /// <summary>Whether a node is in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(int node)
    {
        int word = node >> 6;
        return (uint)word < (uint)words.Length && ((words[word] >> (node & 63)) & 1) != 0;
    }
}
