using System.Runtime.CompilerServices;

namespace Vektagraf.Index;

/// <summary>
/// The k nearest of the rows pushed, in the total order of distance ascending, then tie breaker. A bounded max-heap that grows as it fills
/// and is reused without allocation. The same tie breaker must be given to every call between two <see cref="Reset"/>s. Not thread-safe.
/// </summary>
public sealed class TopK
{
    private const int InitialCapacity = 16;

    private Neighbor[] _heap = [];
    private int _k;
    private float _threshold = float.NegativeInfinity;

    /// <summary>The most rows to hold.</summary>
    public int K => _k;

    /// <summary>Rows held, at most k.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// A row farther than this is refused; one exactly as far may still enter by the tie breaker. The greatest distance allowed until k rows
    /// are held, then the farthest one held.
    /// </summary>
    public float Threshold => _threshold;

    /// <summary>The most rows that are held.</summary>
    internal int Capacity => _k;

    /// <summary>The rows held, in the order that <see cref="Drain"/> left them in.</summary>
    internal ReadOnlySpan<Neighbor> Held => _heap.AsSpan(0, Count);

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => (long)_heap.Length * Unsafe.SizeOf<Neighbor>();

    /// <summary>Forgets all rows and starts anew.</summary>
    /// <param name="k">The most rows to hold, at least 1.</param>
    /// <param name="maxDistance">The greatest distance to accept, inclusive.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is below 1.</exception>
    public void Reset(int k, float maxDistance = float.PositiveInfinity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        _k = k;
        _threshold = maxDistance;
        Count = 0;
    }

    /// <summary>Offers a row. A NaN distance is never accepted.</summary>
    /// <returns>Whether the row is now held.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Push<TTie>(float distance, int ordinal, TTie tie)
        where TTie : struct, ITieBreaker =>
        distance <= _threshold && Insert(new Neighbor(ordinal, distance), tie);

    /// <summary>Offers every row that another one holds.</summary>
    public void Merge<TTie>(TopK other, TTie tie)
        where TTie : struct, ITieBreaker
    {
        foreach (Neighbor neighbor in other._heap.AsSpan(0, other.Count))
        {
            Push(neighbor.Distance, neighbor.Ordinal, tie);
        }
    }

    /// <summary>
    /// Sorts the rows held, nearest first, and returns them; they stay valid until the next call of any method. Push again only after
    /// <see cref="Reset"/>.
    /// </summary>
    public ReadOnlySpan<Neighbor> Drain<TTie>(TTie tie)
        where TTie : struct, ITieBreaker
    {
        Span<Neighbor> heap = _heap.AsSpan(0, Count);
        for (int end = heap.Length - 1; end > 0; end--)
        {
            Neighbor last = heap[end];
            heap[end] = heap[0];
            SiftDown(heap[..end], last, tie);
        }

        _threshold = float.NegativeInfinity;
        return heap;
    }

    private bool Insert<TTie>(Neighbor neighbor, TTie tie)
        where TTie : struct, ITieBreaker
    {
        if (Count < _k)
        {
            Add(neighbor, tie);
            return true;
        }

        if (!IsFarther(_heap[0], neighbor, tie))
        {
            return false;
        }

        SiftDown(_heap.AsSpan(0, Count), neighbor, tie);
        _threshold = _heap[0].Distance;
        return true;
    }

    private void Add<TTie>(Neighbor neighbor, TTie tie)
        where TTie : struct, ITieBreaker
    {
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Math.Max(InitialCapacity, (int)Math.Min(Array.MaxLength, _heap.Length * 2L)));
        }

        int hole = Count++;
        while (hole > 0)
        {
            int parent = (hole - 1) / 2;
            if (!IsFarther(neighbor, _heap[parent], tie))
            {
                break;
            }

            _heap[hole] = _heap[parent];
            hole = parent;
        }

        _heap[hole] = neighbor;
        if (Count == _k)
        {
            _threshold = _heap[0].Distance;
        }
    }

    /// <summary>Puts a row in the place of the root and restores the heap.</summary>
    private static void SiftDown<TTie>(Span<Neighbor> heap, Neighbor neighbor, TTie tie)
        where TTie : struct, ITieBreaker
    {
        int hole = 0;
        for (int child = 1; child < heap.Length; child = (2 * hole) + 1)
        {
            if (child + 1 < heap.Length && IsFarther(heap[child + 1], heap[child], tie))
            {
                child++;
            }

            if (!IsFarther(heap[child], neighbor, tie))
            {
                break;
            }

            heap[hole] = heap[child];
            hole = child;
        }

        heap[hole] = neighbor;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFarther<TTie>(Neighbor a, Neighbor b, TTie tie)
        where TTie : struct, ITieBreaker =>
        a.Distance > b.Distance || (a.Distance == b.Distance && tie.Compare(a.Ordinal, b.Ordinal) > 0);
}
