using Vektagraf.Shards;

namespace Vektagraf.Querying.Text;

/// <summary>A row as a fused search ranks it.</summary>
/// <param name="Row">The row; its distance is the negated score.</param>
/// <param name="Score">The sum of what its ranks count.</param>
internal readonly record struct FusedRow(Candidate Row, double Score)
{
    /// <summary>Where the vector had it; null for nowhere.</summary>
    public (int Rank, float Distance)? Vector { get; init; }

    /// <summary>Where the words had it; null for nowhere.</summary>
    public (int Rank, float Distance)? Text { get; init; }

    /// <summary>Where the sparse vector had it; null for nowhere.</summary>
    public (int Rank, float Distance)? Sparse { get; init; }
}

/// <summary>Reciprocal-rank fusion.</summary>
internal static class FusedRanking
{
    private const double MaxK = 10_000;
    private const double MaxWeight = 1_000;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static void Check(RankFusion fusion)
    {
        Check("/fusion/k", fusion.K, 1, MaxK);
        Check("/fusion/weights/vector", fusion.VectorWeight, 0, MaxWeight);
        Check("/fusion/weights/text", fusion.TextWeight, 0, MaxWeight);
        Check("/fusion/weights/sparse", fusion.SparseWeight, 0, MaxWeight);
    }

    /// <summary>Makes one ranking of several.</summary>
    /// <param name="vector">What the vector found, best first.</param>
    /// <param name="text">What the words found, best first.</param>
    /// <param name="sparse">What the sparse vector found, best first.</param>
    /// <param name="fusion">What ranks count.</param>
    /// <returns>The rows of all, best first; equal ones by id.</returns>
    public static List<FusedRow> Fuse(IReadOnlyList<Candidate> vector, IReadOnlyList<Candidate> text, IReadOnlyList<Candidate> sparse, RankFusion fusion)
    {
        var fused = new Dictionary<(MemtableSnapshot, int), FusedRow>();
        Add(fused, vector, fusion.K, fusion.VectorWeight, static (row, place) => row with { Vector = place });
        Add(fused, text, fusion.K, fusion.TextWeight, static (row, place) => row with { Text = place });
        Add(fused, sparse, fusion.K, fusion.SparseWeight, static (row, place) => row with { Sparse = place });
        var ranked = fused.Values.ToList();
        ranked.Sort(static (a, b) => b.Score.CompareTo(a.Score) is var order and not 0 ? order : string.CompareOrdinal(a.Row.Id, b.Row.Id));
        return ranked;
    }

    private static void Add(
        Dictionary<(MemtableSnapshot, int), FusedRow> fused,
        IReadOnlyList<Candidate> ranked,
        double k,
        double weight,
        Func<FusedRow, (int Rank, float Distance), FusedRow> placed)
    {
        for (var i = 0; i < ranked.Count; i++)
        {
            var key = (ranked[i].Snapshot, ranked[i].Row);
            var row = fused.TryGetValue(key, out var known) ? known : new FusedRow(ranked[i], 0);
            fused[key] = placed(row with { Score = row.Score + (weight / (k + i + 1)) }, (i + 1, ranked[i].Distance));
        }
    }

    private static void Check(string pointer, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw VektagrafException.Invalid(pointer, FormattableString.Invariant($"It is {value}; {least} to {most} is allowed."));
        }
    }
}
