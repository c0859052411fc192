using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>What a search of inverted lists works in; used again by the next, of any index. Not thread-safe.</summary>
internal sealed unsafe class ListScratch
{
    private PinnedBuffer<float> _distances = new(64);
    private PinnedBuffer<ulong> _order = new(64);

    /// <summary>Where the codes of the list being scanned lie: scorers look here, so that one scorer serves all lists.</summary>
    public PinnedBuffer<nint> Codes { get; } = new(1);

    /// <summary>The candidates found.</summary>
    public ListCandidates Candidates { get; } = new();

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => _distances.MemoryBytes + _order.MemoryBytes + Candidates.MemoryBytes;

    /// <summary>A view of the codes of the list being scanned.</summary>
    public RowView<byte> View(int codeBytes) => new(Codes.Pointer, 31, codeBytes);

    /// <summary>Ranks the lists for a query; they are then taken nearest first.</summary>
    public ListOrder Order(Centroids centroids, ReadOnlySpan<float> query)
    {
        int count = centroids.Count;
        if (_order.Length < count)
        {
            _distances = new PinnedBuffer<float>(count);
            _order = new PinnedBuffer<ulong>(count);
        }

        Span<float> distances = _distances.Slice(0, count);
        centroids.Rank(query, distances);
        return new ListOrder(_order.Pointer, distances);
    }
}

/// <summary>Lists by their distance, as a heap: putting them in full order costs more than scanning the few that are visited.</summary>
internal unsafe ref struct ListOrder
{
    private readonly ulong* _heap;

    /// <summary>Takes the distances of all lists.</summary>
    public ListOrder(ulong* heap, ReadOnlySpan<float> distances)
    {
        _heap = heap;
        Count = distances.Length;
        for (int i = 0; i < distances.Length; i++)
        {
            heap[i] = ((ulong)Ascending(distances[i]) << 32) | (uint)i;
        }

        for (int i = (Count / 2) - 1; i >= 0; i--)
        {
            Sift(i, heap[i]);
        }
    }

    /// <summary>Lists that were not taken.</summary>
    public int Count { get; private set; }

    /// <summary>The nearest list not taken yet.</summary>
    public int Take()
    {
        int list = (int)(uint)_heap[0];
        ulong last = _heap[--Count];
        if (Count > 0)
        {
            Sift(0, last);
        }

        return list;
    }

    /// <summary>Bits that order as the numbers do, NaN of either sign after the greatest.</summary>
    private static uint Ascending(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(float.IsNaN(value) ? float.NaN : value);
        return float.IsNaN(value) ? uint.MaxValue : (uint)bits ^ ((uint)(bits >> 31) | 0x8000_0000);
    }

    private readonly void Sift(int hole, ulong key)
    {
        for (int child = (2 * hole) + 1; child < Count; child = (2 * hole) + 1)
        {
            if (child + 1 < Count && _heap[child + 1] < _heap[child])
            {
                child++;
            }

            if (_heap[child] >= key)
            {
                break;
            }

            _heap[hole] = _heap[child];
            hole = child;
        }

        _heap[hole] = key;
    }
}

/// <summary>A row whose distance was estimated.</summary>
/// <param name="Estimate">The estimate.</param>
/// <param name="Bound">The least that the distance can be.</param>
/// <param name="Ordinal">The row.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ListCandidate(float Estimate, float Bound, int Ordinal) : IComparable<ListCandidate>
{
    public int CompareTo(ListCandidate other)
    {
        int order = Estimate.CompareTo(other.Estimate);
        return order != 0 ? order : Ordinal.CompareTo(other.Ordinal);
    }
}

/// <summary>
/// The best candidates by estimate: twice as many as wanted are gathered, then sorted and cut. That is one comparison for a row that does not
/// enter and a constant for one that does.
/// </summary>
internal sealed class ListCandidates
{
    private ListCandidate[] _candidates = new ListCandidate[64];
    private int _wanted;
    private int _count;

    /// <summary>A row estimated farther than this is not among the best.</summary>
    public float Threshold { get; private set; }

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => (long)_candidates.Length * Unsafe.SizeOf<ListCandidate>();

    /// <summary>Forgets all.</summary>
    /// <param name="wanted">The most candidates to keep.</param>
    public void Reset(int wanted)
    {
        int needed = (int)Math.Min(Array.MaxLength, 2L * wanted);
        if (_candidates.Length < needed)
        {
            _candidates = new ListCandidate[needed];
        }

        _wanted = wanted;
        _count = 0;
        Threshold = float.PositiveInfinity;
    }

    /// <summary>Adds a row within the threshold.</summary>
    public void Add(float estimate, float bound, int ordinal)
    {
        _candidates[_count++] = float.IsNaN(estimate)
            ? new ListCandidate(float.MaxValue, float.NegativeInfinity, ordinal)
            : new ListCandidate(estimate, bound, ordinal);
        if (_count == 2 * _wanted)
        {
            Sorted();
        }
    }

    /// <summary>The best ones, best first.</summary>
    public ReadOnlySpan<ListCandidate> Sorted()
    {
        _candidates.AsSpan(0, _count).Sort();
        if (_count >= _wanted)
        {
            _count = _wanted;
            Threshold = _candidates[_count - 1].Estimate;
        }

        return _candidates.AsSpan(0, _count);
    }
}
