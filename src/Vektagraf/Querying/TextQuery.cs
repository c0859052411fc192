namespace Vektagraf.Querying;

/// <summary>Words to search for in text fields.</summary>
public sealed record TextQuery
{
    /// <summary>Words; <c>"a phrase"</c>, <c>begin*</c>, <c>+required</c> and <c>-excluded</c> mean what they do in search engines.</summary>
    public required string Query { get; init; }

    /// <summary>The text fields to search; null for all.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>What fields count in the score, above 0; 1 for those not named.</summary>
    public IReadOnlyDictionary<string, double>? Weights { get; init; }
}

/// <summary>Excerpts of the texts found, with the words searched for marked.</summary>
public sealed record TextHighlight
{
    /// <summary>Most excerpts of a field where nothing is said.</summary>
    public const int DefaultFragments = 3;

    /// <summary>Characters of an excerpt where nothing is said.</summary>
    public const int DefaultFragmentLength = 160;

    /// <summary>The text fields; null for those searched.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>What stands before a marked word.</summary>
    public string PreTag { get; init; } = "<em>";

    /// <summary>What stands behind a marked word.</summary>
    public string PostTag { get; init; } = "</em>";

    /// <summary>Most excerpts of a field, 0 to <see cref="Limits.MaxFragments"/>; 0 for the whole text as one.</summary>
    public int Fragments { get; init; } = DefaultFragments;

    /// <summary>About how many characters of the text an excerpt has, 20 to <see cref="Limits.MaxFragmentLength"/>.</summary>
    public int FragmentLength { get; init; } = DefaultFragmentLength;
}

/// <summary>
/// How the results for a vector, for words and for a sparse vector become one ranking: by reciprocal ranks (Cormack, Clarke and Büttcher, SIGIR 2009). An object
/// scores the sum, over those that found it, of weight / (K + rank), ranks counted from 1.
/// </summary>
public sealed record RankFusion
{
    /// <summary>The paper's.</summary>
    public const double DefaultK = 60;

    /// <summary>How little the first ranks count more than later ones; 1 to 10,000.</summary>
    public double K { get; init; } = DefaultK;

    /// <summary>What the vector counts; 0 or more.</summary>
    public double VectorWeight { get; init; } = 1;

    /// <summary>What the words count; 0 or more.</summary>
    public double TextWeight { get; init; } = 1;

    /// <summary>What the sparse vector counts; 0 or more.</summary>
    public double SparseWeight { get; init; } = 1;
}

/// <summary>Where one side of a fused search had an object.</summary>
/// <param name="Rank">Counted from 1.</param>
/// <param name="Score">Its score there.</param>
public sealed record SideRank(int Rank, double Score);
