using System.Runtime.CompilerServices;

namespace Vektagraf.Index;

/// <summary>
/// The nearest nodes met so far, in one sorted array of bounded length that is the queue of nodes to expand and the result at once (as in
/// NSG, Fu et al. 2019): what falls off its end could neither be returned nor expanded. A key holds the distance in an order-preserving form
/// above the node's number and, in the lowest bit, whether it was expanded; so one comparison of integers orders distances, then nodes.
/// </summary>
internal sealed unsafe class CandidatePool
{
    private const ulong Expanded = 1;

    private PinnedBuffer<ulong> _keys = new(64);
    private ulong* _first;
    private int _capacity;
    private int _next;

    /// <summary>Nodes held.</summary>
    public int Count { get; private set; }

    /// <summary>A node must be nearer than this to enter.</summary>
    public float Threshold { get; private set; }

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => _keys.MemoryBytes;

    /// <summary>Empties the pool.</summary>
    /// <param name="capacity">The most nodes to hold.</param>
    public void Reset(int capacity)
    {
        if (_keys.Length < capacity)
        {
            _keys = new PinnedBuffer<ulong>(Math.Max(capacity, (int)Math.Min(2L * _keys.Length, HnswOptions.MaxEf)));
        }

        _first = _keys.Pointer;
        _capacity = capacity;
        _next = 0;
        Count = 0;
        Threshold = float.PositiveInfinity;
    }

    /// <summary>The node at a rank, nearest first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NodeAt(int rank) => (int)((uint)_first[rank] >> 1);

    /// <summary>Its distance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float DistanceAt(int rank) => Distance(_first[rank]);

    /// <summary>Offers a node that is not held; a distance of NaN or infinity is refused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Offer(float distance, int node)
    {
        if (distance < Threshold)
        {
            Insert(distance, node);
        }
    }

    /// <summary>Takes the nearest node that was not expanded yet, or says that there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryExpand(out int node)
    {
        int rank = _next;
        while (rank < Count && (_first[rank] & Expanded) != 0)
        {
            rank++;
        }

        if (rank == Count)
        {
            node = -1;
            return false;
        }

        node = NodeAt(rank);
        _first[rank] |= Expanded;
        _next = rank + 1;
        return true;
    }

    /// <summary>The node that would be expanded next as things stand, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int PeekNext() => _next < Count ? NodeAt(_next) : -1;

    private void Insert(float distance, int node)
    {
        ulong key = Key(distance, node);
        int low = 0;
        int length = Count;
        while (length > 0)
        {
            int half = length >> 1;
            int middle = low + half;
            bool above = _first[middle] < key;
            low = above ? middle + 1 : low;
            length = above ? length - half - 1 : half;
        }

        if (Count < _capacity)
        {
            Count++;
        }

        long moved = (long)(Count - 1 - low) * sizeof(ulong);
        Buffer.MemoryCopy(_first + low, _first + low + 1, moved, moved);
        _first[low] = key;
        _next = Math.Min(_next, low);
        if (Count == _capacity)
        {
            Threshold = Distance(_first[Count - 1]);
        }
    }

    /// <summary>Flips a float's bits so that unsigned integers order as the floats do; + 0 makes the two zeros one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(float distance, int node)
    {
        uint bits = BitConverter.SingleToUInt32Bits(distance + 0f);
        bits ^= (uint)((int)bits >> 31) | 0x8000_0000u;
        return ((ulong)bits << 32) | ((uint)node << 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Distance(ulong key)
    {
        uint bits = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle(bits ^ ((uint)((int)~bits >> 31) | 0x8000_0000u));
    }
}
