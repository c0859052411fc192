using System.Numerics;

namespace Vektagraf.Caching;

/// <summary>
/// How often keys were asked for lately, roughly and in little memory: a count-min sketch with counters up to 15, all of which are halved from time to
/// time so that old fame fades (Cormode and Muthukrishnan, J. Algorithms 55(1), 2005; Einziger, Friedman and Manes, "TinyLFU", ACM Trans. Storage 13(4), 2017).
/// </summary>
/// <remarks>Not thread-safe. Never says less than was counted since the last halving; now and then more.</remarks>
public sealed class FrequencySketch
{
    /// <summary>The largest count.</summary>
    public const int Most = 15;

    private const int Rows = 4;

    // Counts before all are halved, for each column: TinyLFU's ten.
    private const int SamplesPerColumn = 10;

    private readonly byte[] _counters;
    private readonly int _mask;
    private int _samples;

    /// <summary>Creates a sketch of nothing.</summary>
    /// <param name="columns">Keys that it tells apart well; rounded up to a power of two.</param>
    public FrequencySketch(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        var width = (int)BitOperations.RoundUpToPowerOf2((uint)columns);
        _mask = width - 1;
        _counters = new byte[width * Rows];
    }

    /// <summary>Counts a key.</summary>
    /// <param name="hash">Its hash, all bits of it good.</param>
    public void Add(ulong hash)
    {
        for (var row = 0; row < Rows; row++)
        {
            ref var counter = ref _counters[Index(hash, row)];
            counter += counter < Most ? (byte)1 : (byte)0;
        }

        if (++_samples >= SamplesPerColumn * (_mask + 1))
        {
            Halve();
        }
    }

    /// <summary>About how often a key was counted.</summary>
    /// <param name="hash">Its hash.</param>
    /// <returns>0 to <see cref="Most"/>.</returns>
    public int Estimate(ulong hash)
    {
        var least = int.MaxValue;
        for (var row = 0; row < Rows; row++)
        {
            least = Math.Min(least, _counters[Index(hash, row)]);
        }

        return least;
    }

    // Two halves of the hash give as many independent columns as are wanted (Kirsch and Mitzenmacher 2006).
    private int Index(ulong hash, int row) => (row * (_mask + 1)) + (int)(((uint)hash + ((uint)row * ((uint)(hash >> 32) | 1))) & (uint)_mask);

    private void Halve()
    {
        for (var i = 0; i < _counters.Length; i++)
        {
            _counters[i] >>= 1;
        }

        _samples /= 2;
    }
}
