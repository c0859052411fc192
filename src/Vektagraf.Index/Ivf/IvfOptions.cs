namespace Vektagraf.Index;

/// <summary>How inverted lists are built and, by default, searched.</summary>
public sealed record IvfOptions
{
    /// <summary>The most lists: centroids of so many lists take longer to rank than lists take to scan.</summary>
    public const int MaxLists = 1 << 16;

    /// <summary>Lists; 0 for 2√n, 1 to 8,192, chosen anew whenever there are four times as many vectors. 0 to <see cref="MaxLists"/>.</summary>
    public int NList { get; init; }

    /// <summary>Lists that a search visits that names no other number; 0 for what <see cref="Recall"/> was measured to need at training.</summary>
    public int NProbe { get; init; }

    /// <summary>The recall@10 that the measured number of probes is chosen for, above 0 up to 1.</summary>
    public double Recall { get; init; } = 0.95;

    /// <summary>What sampling, seeding and rotations are drawn from: the same seed and vectors give the same lists.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>What lists hold: with none, row numbers alone, and the vectors are read where they are; else codes, one after the other.</summary>
    public VectorQuantization Quantization { get; init; } = VectorQuantization.Scalar8;

    /// <summary>
    /// Lists that a vector is in, 1 or 2. The second is chosen against the first one's error (SOAR, Sun et al. 2023): the same recall with
    /// about half of the lists visited, which are twice as long.
    /// </summary>
    public int Spill { get; init; } = 1;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        Require(NList, 0, MaxLists, nameof(NList));
        Require(NProbe, 0, int.MaxValue, nameof(NProbe));
        Require(Spill, 1, 2, nameof(Spill));
        if (!(Recall > 0 && Recall <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(Recall), Recall, "Recall is above 0 and at most 1.");
        }

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
