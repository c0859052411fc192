using Vektagraf.Optimisation;

namespace Vektagraf.Monitoring;

/// <summary>What is counted apart.</summary>
internal enum OperationKind
{
    /// <summary>Searches by vector, by words or by both.</summary>
    Search,

    /// <summary>Queries by filter.</summary>
    Query,

    /// <summary>Commits: of single objects, transactions, and chunks of an import.</summary>
    Write,
}

/// <summary>
/// Counts, errors and durations of one kind of operation, in the buckets of <see cref="QuantileSketch"/>. Recording is two interlocked additions on
/// memory that few processors share, and allocates nothing.
/// </summary>
internal sealed class OperationCounters
{
    // Beside the buckets.
    private const int Errors = 0, Ticks = 1, Buckets = 2;

    // More processors than this share; additions of a few nanoseconds rarely meet.
    private const int MostStripes = 8;

    private readonly long[][] _stripes;
    private readonly int _mask;

    public OperationCounters()
    {
        var stripes = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, MostStripes));
        _mask = stripes - 1;
        _stripes = new long[stripes][];
        for (var i = 0; i < stripes; i++)
        {
            _stripes[i] = new long[Buckets + QuantileSketch.LastBucket - QuantileSketch.FirstBucket + 1];
        }
    }

    public void Add(TimeSpan took)
    {
        var stripe = Stripe();
        Interlocked.Increment(ref stripe[Buckets + QuantileSketch.BucketOf(took.TotalMilliseconds) - QuantileSketch.FirstBucket]);
        Interlocked.Add(ref stripe[Ticks], took.Ticks);
    }

    public void AddError() => Interlocked.Increment(ref Stripe()[Errors]);

    /// <summary>What was counted, which begins anew where it is taken. What is recorded meanwhile is in this answer or in the next, never in both.</summary>
    /// <param name="take">Whether counting begins anew.</param>
    public OperationTotals Read(bool take)
    {
        var counts = new long[_stripes[0].Length];
        foreach (var stripe in _stripes)
        {
            for (var i = 0; i < counts.Length; i++)
            {
                // Most buckets are empty, and reading is cheaper than exchanging.
                if (Volatile.Read(ref stripe[i]) is var present && present != 0)
                {
                    counts[i] += take ? Interlocked.Exchange(ref stripe[i], 0) : present;
                }
            }
        }

        var durations = QuantileSketch.OfBuckets(QuantileSketch.FirstBucket, counts.AsSpan(Buckets));
        return new OperationTotals { Successes = durations.Count, Errors = counts[Errors], TotalMs = TimeSpan.FromTicks(counts[Ticks]).TotalMilliseconds, Durations = durations };
    }

    private long[] Stripe() => _stripes[Thread.GetCurrentProcessorId() & _mask];
}
