namespace Vektagraf.Index;

/// <summary>
/// Approximate search by inverted lists over the vectors of a flat index: a search ranks the lists by their centres, scores the codes of the
/// nearest ones and ranks what it found by the vectors themselves. Rows that are not in lists yet are scanned, so new vectors are found at
/// once.
/// </summary>
/// <remarks>
/// One thread may append to the flat index, one may call <see cref="IndexPending"/>, and many may search, all at the same time and without
/// locks. When the vectors have grown to four times those the lists were trained on, or codes no longer fit them, other lists take the place
/// of all; searches go on in the old ones until then.
/// </remarks>
public sealed partial class IvfIndex : IPendingIndex
{
    private const int GrowthToRetrain = 4;

    private const int MaxChosenLists = 8192;

    private readonly FlatIndex _vectors;
    private InvertedLists? _lists;
    private VectorTables _tables;

    /// <summary>Makes an index without lists over vectors that somebody else adds.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="options">How to build and search; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public IvfIndex(FlatIndex vectors, IvfOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        Options = options ?? new IvfOptions();
        Options.Validate();
        _vectors = vectors;
        _tables = new VectorTables(vectors);
    }

    /// <summary>How the index is built and searched.</summary>
    public IvfOptions Options { get; }

    /// <inheritdoc/>
    public int Dimensions => _vectors.Dimensions;

    /// <inheritdoc/>
    public DistanceMetric Metric => _vectors.Metric;

    /// <inheritdoc/>
    public int Count => _vectors.Count;

    /// <inheritdoc/>
    public int IndexedCount => Volatile.Read(ref _lists)?.Indexed ?? 0;

    /// <summary>Lists there are; 0 before the first training.</summary>
    public int ListCount => Volatile.Read(ref _lists)?.Lists.Length ?? 0;

    /// <summary>Lists that a search visits unless it says otherwise; 0 before the first training.</summary>
    public int DefaultNProbe => Volatile.Read(ref _lists) is { } lists ? ProbesOf(lists, 0) : 0;

    /// <summary>Rows in the longest list, those in two lists counted twice.</summary>
    public int LongestList => Volatile.Read(ref _lists)?.Lists.Max(list => list.Count) ?? 0;

    /// <summary>Bytes of lists, codes and centres, and of the vectors.</summary>
    public long MemoryBytes => (Volatile.Read(ref _lists)?.MemoryBytes ?? 0) + _vectors.MemoryBytes;

    /// <inheritdoc/>
    public void GetVector(int ordinal, Span<float> destination) => _vectors.GetVector(ordinal, destination);

    /// <summary>Puts rows into lists; trains first where there are no lists or they were outgrown. One thread at a time may call it.</summary>
    /// <param name="most">The most rows to put into lists that are in none. A training besides puts all rows into other lists that were in some.</param>
    /// <param name="degreeOfParallelism">Threads to work with, at least 1. Lists are the same for any number.</param>
    /// <returns>How many rows there are more in lists; 0 when none is pending.</returns>
    public int IndexPending(int most, int degreeOfParallelism = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        int count = _vectors.Count;
        InvertedLists? lists = _lists;
        int indexed = lists?.Indexed ?? 0;
        int end = (int)Math.Min(count, (long)indexed + Math.Max(0, most));
        if (end == indexed)
        {
            return 0;
        }

        if (lists is null || count >= (long)GrowthToRetrain * lists.TrainedRows || lists.Codec?.IsOutgrown(indexed) == true)
        {
            lists = Train(count, isOutgrown: lists?.Codec?.IsOutgrown(indexed) == true, degreeOfParallelism);
            lists.AddUpTo(end, degreeOfParallelism);
            lists.Codec?.MarkTrained();
            lists.Probes = MeasureProbes(lists);
            Volatile.Write(ref _lists, lists);
        }
        else
        {
            lists.AddUpTo(end, degreeOfParallelism);
        }

        return end - indexed;
    }

    private InvertedLists Train(int count, bool isOutgrown, int threads)
    {
        int wanted = Options.NList > 0 ? Options.NList : Math.Min(MaxChosenLists, (int)(2 * Math.Sqrt(count)));
        int number = Math.Clamp(wanted, 1, count);
        Centroids centroids = KMeans.Train(_vectors, count, number, Options.Seed, threads);
        RowCodec? codec = Options.Quantization == VectorQuantization.None
            ? null
            : RowCodec.Train(VectorCodec.KindFor(Options.Quantization, Dimensions), Metric, new TrainingSample(_vectors), Options.Seed, isOutgrown);
        return new InvertedLists(_vectors, centroids, codec, Options.Spill, count);
    }

    private int MeasureProbes(InvertedLists lists)
    {
        int[] first = new int[lists.Indexed];
        int[] second = new int[lists.Indexed];
        Array.Fill(first, -1);
        Array.Fill(second, -1);
        for (int list = 0; list < lists.Lists.Length; list++)
        {
            foreach (int row in lists.Lists[list].Rows.Ordinals.Slice(0, lists.Lists[list].Count))
            {
                (first[row], second[row]) = (list, first[row]);
            }
        }

        return ProbeMeasurement.ProbesFor(
            ProbeMeasurement.CountByRank(_vectors, lists.Indexed, lists.Centroids, row => (first[row], second[row])), Options.Recall);
    }

    /// <summary>The lists to visit. They were measured at k = 10; more neighbours lie in more lists, by the root of how many more.</summary>
    private int ProbesOf(InvertedLists lists, int asked, int k = ProbeMeasurement.K)
    {
        int given = asked > 0 ? asked : Options.NProbe;
        double probes = given > 0 ? given : lists.Probes * Math.Max(1, Math.Sqrt((double)k / ProbeMeasurement.K));
        return (int)Math.Min(lists.Lists.Length, Math.Ceiling(probes));
    }
}
