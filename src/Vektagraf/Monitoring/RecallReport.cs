namespace Vektagraf.Monitoring;

/// <summary>What recall to measure.</summary>
public sealed record RecallRequest
{
    /// <summary>Queries asked unless stated.</summary>
    public const int DefaultSamples = 100;

    /// <summary>Most queries.</summary>
    public const int MaxSamples = 2_000;

    /// <summary>Most neighbours: exact searches keep as many places for each query.</summary>
    public const int MaxK = 1_000;

    /// <summary>The vector field; null where the collection has one.</summary>
    public string? Field { get; init; }

    /// <summary>Neighbours to ask for; null for the objective's.</summary>
    public int? K { get; init; }

    /// <summary>Queries to ask.</summary>
    public int Samples { get; init; } = DefaultSamples;

    /// <summary>A filter for all queries in place of their own; null for their own.</summary>
    public string? Filter { get; init; }

    /// <summary>Wanted recall; null for the objective.</summary>
    public double? Recall { get; init; }

    /// <summary>Search parameters; null to let the engine choose, as it does for requests.</summary>
    public Querying.SearchParams? Params { get; init; }

    /// <summary>Chooses which vectors are asked about.</summary>
    public int Seed { get; init; }

    /// <summary>When to stop with fewer queries.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>A measured recall.</summary>
public sealed record RecallReport
{
    /// <summary>Confidence of the bounds.</summary>
    public const double Confidence = 0.95;

    /// <summary>The vector field.</summary>
    public required string Field { get; init; }

    /// <summary>Neighbours asked for.</summary>
    public required int K { get; init; }

    /// <summary>Queries asked.</summary>
    public required int Queries { get; init; }

    /// <summary>Those of them that were real requests; the others are stored vectors that look for their neighbours.</summary>
    public required int Recorded { get; init; }

    /// <summary>Share of the exact nearest that was found, with its bounds; null where there was nothing to find.</summary>
    public required RecallEstimate? Estimate { get; init; }

    /// <summary>Recall of each query, ascending.</summary>
    public required IReadOnlyList<double> Distribution { get; init; }

    /// <summary>What it should be.</summary>
    public required double Objective { get; init; }

    /// <summary>How the last query was searched.</summary>
    public required string AccessPath { get; init; }

    /// <summary>The graph's candidate pool; null where no graph was walked or its default held.</summary>
    public int? EfSearch { get; init; }

    /// <summary>Inverted lists looked into; null where there are none or the default held.</summary>
    public int? NProbe { get; init; }

    /// <summary>Recall that the settings were measured to give when the index was built; null where they were not.</summary>
    public double? ExpectedRecall { get; init; }

    /// <summary>Milliseconds of a search, the mean.</summary>
    public required double AverageMs { get; init; }

    /// <summary>Milliseconds of an exact search, the mean.</summary>
    public required double ExactMs { get; init; }

    /// <summary>Distances that a search computed, the mean.</summary>
    public required double Scored { get; init; }

    /// <summary>Whether all queries wanted were asked within the budget.</summary>
    public required bool IsComplete { get; init; }
}

/// <summary>A recall with bounds at <see cref="RecallReport.Confidence"/>.</summary>
/// <param name="Recall">The share found.</param>
/// <param name="Lower">What it is at least.</param>
/// <param name="Upper">What it is at most.</param>
/// <param name="DesignEffect">By how much fewer the independent trials are than the neighbours asked for.</param>
public readonly record struct RecallEstimate(double Recall, double Lower, double Upper, double DesignEffect)
{
    // The normal distribution's quantile of 97.5 %.
    private const double Z = 1.959963984540054;

    // A query that misses one neighbour is likelier to miss others. With few misses that cannot be seen, so at least this is taken for granted.
    private const double LeastDesignEffect = 2;

    /// <summary>
    /// Estimates a recall from queries. Neighbours of one query are not independent trials, so Wilson's interval (Wilson 1927) is taken over as
    /// many trials as there are neighbours divided by the design effect (Kish 1965): the variance between queries over the one that independent
    /// trials would have.
    /// </summary>
    /// <param name="hits">For each query the neighbours found, and those there were.</param>
    /// <returns>Null where there were none.</returns>
    public static RecallEstimate? Of(IReadOnlyList<(int Found, int Wanted)> hits)
    {
        var trials = hits.Sum(h => (long)h.Wanted);
        if (trials == 0)
        {
            return null;
        }

        var p = hits.Sum(h => (long)h.Found) / (double)trials;
        var size = trials / (double)hits.Count;
        // The variance of a ratio estimate, from the residuals of queries.
        var residuals = hits.Sum(h => Math.Pow(h.Found - (p * h.Wanted), 2));
        var between = hits.Count > 1 ? residuals / (hits.Count - 1) : 0;
        var independent = size * p * (1 - p);
        var effect = Math.Clamp(independent > 0 ? between / independent : 1, Math.Min(LeastDesignEffect, size), Math.Max(1, size));
        var n = trials / effect;
        var center = (p + (Z * Z / (2 * n))) / (1 + (Z * Z / n));
        var half = Z / (1 + (Z * Z / n)) * Math.Sqrt((p * (1 - p) / n) + (Z * Z / (4 * n * n)));
        return new RecallEstimate(p, Math.Max(0, center - half), Math.Min(1, center + half), effect);
    }
}

/// <summary>How much a probe of recall asks.</summary>
public sealed record RecallProbeOptions
{
    /// <summary>Queries for each field.</summary>
    public int Samples { get; init; } = 50;

    /// <summary>How long to measure one field at most.</summary>
    public TimeSpan FieldBudget { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After this time no further field is begun.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromMinutes(1);
}
