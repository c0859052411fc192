namespace Vektagraf.Embeddings;

/// <summary>
/// How <see cref="LsaTrainer"/> learns a model. The defaults were chosen on half of the questions of the dotnet-docs sample;
/// docs/embedding-quality.md has the numbers.
/// </summary>
public sealed record LsaOptions
{
    /// <summary>Length of the vectors, 1 to 4,096.</summary>
    public int Dimensions { get; init; } = 256;

    /// <summary>Where the random start of the decomposition comes from: equal seed and corpus give equal bytes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How often a word in the first line of a text counts compared with a word in the others, 0.1 to 100.</summary>
    public float TitleWeight { get; init; } = 1.5f;

    /// <summary>
    /// How much the words themselves count beside what the decomposition knows about them, 0 to 1. The part of a word that the
    /// decomposition leaves out is put back as a pseudo-random direction of this length (random indexing, Kanerva et al. 2000).
    /// </summary>
    public float LexicalWeight { get; init; } = 0.5f;

    /// <summary>Rounds of subspace iteration, 0 to 20: each brings the subspace nearer to the true one.</summary>
    public int PowerIterations { get; init; } = 2;

    /// <summary>Columns the random subspace has beyond <see cref="Dimensions"/>, 0 to 1,024.</summary>
    public int Oversampling { get; init; } = 32;

    /// <summary>Most words the model keeps, 1 to 1,000,000: those in most documents.</summary>
    public int MaxVocabulary { get; init; } = 50_000;

    /// <summary>
    /// Most word–document pairs held while training, at least 1,000: up to 24 bytes each. A larger corpus is thinned to every second
    /// document, every fourth and so on, evenly over its length.
    /// </summary>
    public int MaxPostings { get; init; } = 8_000_000;

    /// <summary>Threads that train, at least 1; the result does not depend on it.</summary>
    public int MaxDegreeOfParallelism { get; init; } = Environment.ProcessorCount;

    internal void Validate()
    {
        Check(Dimensions is >= 1 and <= 4096, nameof(Dimensions), "from 1 to 4,096");
        Check(TitleWeight is >= 0.1f and <= 100, nameof(TitleWeight), "from 0.1 to 100");
        Check(LexicalWeight is >= 0 and <= 1, nameof(LexicalWeight), "from 0 to 1");
        Check(PowerIterations is >= 0 and <= 20, nameof(PowerIterations), "from 0 to 20");
        Check(Oversampling is >= 0 and <= 1024, nameof(Oversampling), "from 0 to 1,024");
        Check(MaxVocabulary is >= 1 and <= 1_000_000, nameof(MaxVocabulary), "from 1 to 1,000,000");
        Check(MaxPostings >= 1000, nameof(MaxPostings), "at least 1,000");
        Check(MaxDegreeOfParallelism >= 1, nameof(MaxDegreeOfParallelism), "at least 1");
    }

    private static void Check(bool holds, string name, string range)
    {
        if (!holds)
        {
            throw VektagrafException.Invalid("", $"LsaOptions.{name} must be {range}.");
        }
    }
}
