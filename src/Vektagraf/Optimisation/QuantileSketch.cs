using System.Text.Json.Serialization;

namespace Vektagraf.Optimisation;

/// <summary>
/// Counts of values by logarithmic bucket, from which quantiles are read within 1 % of the value: DDSketch (Masson, Rim and Lee, VLDB 2019).
/// Sketches add up without loss, so that what several processes measured becomes one distribution. Not thread-safe.
/// </summary>
public sealed class QuantileSketch
{
    /// <summary>Greatest relative error of a quantile.</summary>
    public const double RelativeError = 0.01;

    // Values outside are counted as the nearest of these: a tenth of a microsecond and almost three hours, in milliseconds.
    private const double Least = 1e-4;
    private const double Most = 1e7;

    private static readonly double Gamma = (1 + RelativeError) / (1 - RelativeError);
    private static readonly double BucketsPerUnit = 1 / Math.Log(Gamma);

    private long[] _counts;
    private int _first;

    /// <summary>The least bucket that there is.</summary>
    internal static int FirstBucket { get; } = BucketOf(Least);

    /// <summary>The greatest bucket that there is.</summary>
    internal static int LastBucket { get; } = BucketOf(Most);

    /// <summary>Creates a sketch from what <see cref="First"/> and <see cref="Counts"/> gave; empty where they are left out.</summary>
    /// <param name="first">Number of the first bucket.</param>
    /// <param name="counts">Its count and those after it.</param>
    [JsonConstructor]
    public QuantileSketch(int first = 0, IReadOnlyList<long>? counts = null)
    {
        (_first, _counts) = (first, [.. counts ?? []]);
        Count = _counts.Sum();
    }

    /// <summary>Number of the first bucket.</summary>
    public int First => _first;

    /// <summary>Count of the first bucket and of those after it.</summary>
    public IReadOnlyList<long> Counts => _counts;

    /// <summary>Values added.</summary>
    [JsonIgnore]
    public long Count { get; private set; }

    /// <summary>Adds a value.</summary>
    /// <param name="value">The value, such as milliseconds.</param>
    public void Add(double value)
    {
        CountOf(BucketOf(value))++;
        Count++;
    }

    /// <summary>Adds all values of another sketch.</summary>
    /// <param name="other">The other sketch; it is not changed.</param>
    public void Merge(QuantileSketch other)
    {
        for (var i = 0; i < other._counts.Length; i++)
        {
            if (other._counts[i] != 0)
            {
                CountOf(other._first + i) += other._counts[i];
            }
        }

        Count += other.Count;
    }

    /// <summary>The value that a share of all values is at most, by nearest rank.</summary>
    /// <param name="share">The share, 0 to 1.</param>
    /// <returns>The value, within 1 %; 0 where there are none.</returns>
    public double Quantile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        for (var i = 0; i < _counts.Length; i++)
        {
            rank -= _counts[i];
            if (rank <= 0)
            {
                return ValueOf(_first + i);
            }
        }

        return 0;
    }

    /// <summary>A sketch of counts by bucket, without the empty ones around them.</summary>
    /// <param name="first">Number of the first bucket.</param>
    /// <param name="counts">Its count and those after it.</param>
    internal static QuantileSketch OfBuckets(int first, ReadOnlySpan<long> counts)
    {
        var start = counts.IndexOfAnyExcept(0L);
        return start < 0 ? new QuantileSketch() : new QuantileSketch(first + start, counts[start..(counts.LastIndexOfAnyExcept(0L) + 1)].ToArray());
    }

    /// <summary>A bucket holds values above γ^(number − 1) up to γ^number.</summary>
    internal static int BucketOf(double value) => (int)Math.Ceiling(Math.Log(Math.Clamp(double.IsNaN(value) ? Least : value, Least, Most)) * BucketsPerUnit);

    private static double ValueOf(int bucket) => 2 * Math.Pow(Gamma, bucket) / (Gamma + 1);

    private ref long CountOf(int bucket)
    {
        const int Room = 16;
        if (_counts.Length == 0)
        {
            (_first, _counts) = (bucket - (Room / 2), new long[Room]);
        }
        else if (bucket < _first || bucket >= _first + _counts.Length)
        {
            var first = Math.Min(_first, bucket - Room);
            var end = Math.Max(_first + _counts.Length, bucket + Room);
            var counts = new long[end - first];
            _counts.CopyTo(counts, _first - first);
            (_first, _counts) = (first, counts);
        }

        return ref _counts[bucket - _first];
    }
}
