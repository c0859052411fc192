using Vektagraf.Index;

namespace Vektagraf.Querying.Planning;

/// <summary>Where building and searching begin for a wanted recall.</summary>
/// <param name="Recall">The least recall it is for.</param>
/// <param name="M">Links that an inserted node asks for.</param>
/// <param name="EfConstruction">Length of the candidate pool while inserting.</param>
/// <param name="LeastPool">Shortest candidate pool of searches.</param>
/// <param name="PoolPerResult">Candidates for each of the k results.</param>
/// <param name="ProbeFactor">Inverted lists to visit, in square roots of their number.</param>
internal sealed record SearchEffort(double Recall, int M, int EfConstruction, int LeastPool, int PoolPerResult, int ProbeFactor)
{
    // The more is wanted, the more of everything; beyond 0.99 a longer pool alone gains little, links must be added.
    private static readonly SearchEffort[] Efforts =
    [
        new(0.999, 32, 400, 512, 8, 8),
        new(0.995, 24, 300, 256, 6, 4),
        new(0.99, 16, 200, 128, 4, 2),
        new(0.95, 16, 200, 64, 2, 1),
        new(0, 16, 200, 32, 2, 1),
    ];

    /// <summary>Candidates to begin with for so many results, by codes that rank well.</summary>
    public int PoolOf(int results) => (int)Math.Min(HnswOptions.MaxEf, Math.Max(LeastPool, (long)PoolPerResult * results));

    /// <summary>The effort for a recall.</summary>
    public static SearchEffort For(double recall) => Array.Find(Efforts, e => recall >= e.Recall) ?? Efforts[^1];
}
