namespace Vektagraf.Index;

/// <summary>How a graph is built and, by default, searched. Names are those of Malkov and Yashunin (2018).</summary>
public sealed record HnswOptions
{
    /// <summary>The most links of a node that any setting may ask for.</summary>
    public const int MaxM = 128;

    /// <summary>The longest candidate pool.</summary>
    public const int MaxEf = 1 << 20;

    /// <summary>Links that an inserted node asks for; twice as many fit on the lowest level. 2 to <see cref="MaxM"/>.</summary>
    public int M { get; init; } = 16;

    /// <summary>Length of the candidate pool while inserting, 1 to <see cref="MaxEf"/>: longer gives a better graph, slower.</summary>
    public int EfConstruction { get; init; } = 200;

    /// <summary>Length of the candidate pool of a search that names none, 1 to <see cref="MaxEf"/>.</summary>
    public int EfSearch { get; init; } = 64;

    /// <summary>What node levels are drawn from: the same seed, vectors and order on one thread give the same graph.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>What the graph is walked on.</summary>
    public VectorQuantization Quantization { get; init; }

    /// <summary>
    /// Rows at which the quantizer is trained; below, and always with <see cref="VectorQuantization.None"/>, the graph is walked on the
    /// original vectors. At least 1.
    /// </summary>
    public int TrainingRows { get; init; } = 1024;

    /// <summary>
    /// A search is exact when at most this many rows for each place of the candidate pool could be returned: reading those is then no slower
    /// than walking the graph. 0 for never (but a walk that finds too few rows is always followed by an exact search).
    /// </summary>
    public int ExactRowsPerCandidate { get; init; } = 32;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        Require(M, 2, MaxM, nameof(M));
        Require(EfConstruction, 1, MaxEf, nameof(EfConstruction));
        Require(EfSearch, 1, MaxEf, nameof(EfSearch));
        Require(TrainingRows, 1, int.MaxValue, nameof(TrainingRows));
        Require(ExactRowsPerCandidate, 0, int.MaxValue, nameof(ExactRowsPerCandidate));
        if (!Enum.IsDefined(Quantization))
        {
            throw new ArgumentOutOfRangeException(nameof(Quantization), Quantization, "Unknown quantization.");
        }
    }

    private static void Require(int value, int least, int most, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }
}
