using System.Runtime.CompilerServices;

namespace Vektagraf.Index;

/// <summary>What one walk of a graph works in; used again by the next, for any graph. Not thread-safe.</summary>
internal sealed unsafe class GraphScratch
{
    /// <summary>The most refused nodes that one expansion passes through; more than one list holds.</summary>
    public const int MaxRefused = 8 * HnswOptions.MaxM;

    private PinnedBuffer<byte> _stamps = new(64);
    private PinnedBuffer<byte>? _code;
    private PinnedBuffer<float>? _vector;
    private byte _epoch;

    /// <summary>Makes empty buffers; they grow with use.</summary>
    public GraphScratch() => _stamps.Slice(0, _stamps.Length).Clear();

    /// <summary>The nodes found.</summary>
    public CandidatePool Pool { get; } = new();

    /// <summary>Nodes to score together: at most the links of one node, or twice as many when links are followed for two hops.</summary>
    public PinnedBuffer<int> Batch { get; } = new(8 * HnswOptions.MaxM);

    /// <summary>Nodes near one that a filter refuses.</summary>
    public PinnedBuffer<int> Refused { get; } = new(MaxRefused);

    /// <summary>Accepted nodes to start from.</summary>
    public PinnedBuffer<int> Seeds { get; } = new(FilterSample.MaxSeeds);

    /// <summary>Candidates for the links of one node.</summary>
    public NeighborSelection Selection { get; } = new();

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => _stamps.MemoryBytes + (_code?.MemoryBytes ?? 0) + (_vector?.MemoryBytes ?? 0) + Pool.MemoryBytes + Batch.MemoryBytes + Refused.MemoryBytes;

    /// <summary>
    /// Forgets which nodes were visited: a node is visited when its stamp equals the epoch, so a new epoch forgets all, and only every 255th
    /// has to clear the stamps.
    /// </summary>
    /// <param name="nodes">Nodes below this number may be visited.</param>
    public VisitedNodes BeginVisit(int nodes)
    {
        if (_stamps.Length < nodes)
        {
            _stamps = new PinnedBuffer<byte>((int)Math.Min(Array.MaxLength - HugePages.PageBytes, Math.Max(nodes, 2L * _stamps.Length)));
            _epoch = byte.MaxValue;
        }

        if (_epoch == byte.MaxValue)
        {
            _stamps.Slice(0, _stamps.Length).Clear();
            _epoch = 0;
        }

        return new VisitedNodes(_stamps.Pointer, ++_epoch);
    }

    /// <summary>Room for a query's code, at least as long as asked.</summary>
    public PinnedBuffer<byte> Code(int length) => _code is { } code && code.Length >= length ? code : _code = new PinnedBuffer<byte>(length);

    /// <summary>Room for a transformed query, at least as long as asked.</summary>
    public PinnedBuffer<float> Vector(int length) =>
        _vector is { } vector && vector.Length >= length ? vector : _vector = new PinnedBuffer<float>(length);
}

/// <summary>The visited set of one walk.</summary>
internal readonly unsafe struct VisitedNodes(byte* stamps, byte epoch)
{
    /// <summary>Whether a node is marked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(int node) => stamps[node] == epoch;

    /// <summary>Marks a node if a condition holds; says whether it does and the node was not marked before. Takes no branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool AddIf(int node, bool condition)
    {
        byte stamp = stamps[node];
        bool added = condition & (stamp != epoch);
        stamps[node] = added ? epoch : stamp;
        return added;
    }

    /// <summary>Marks a node; says whether it was not marked before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(int node)
    {
        bool added = stamps[node] != epoch;
        stamps[node] = epoch;
        return added;
    }
}
