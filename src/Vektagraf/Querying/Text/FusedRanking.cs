using Vektagraf.Shards;

namespace Vektagraf.Querying.Text;

/// <summary>A row as a fused search ranks it.</summary>
/// <param name="Row">The row; its distance is the negated score.</param>
/// <param name="Score">The sum of what its ranks count.</param>
/// <param name="Vector">Where the vector had it; null for nowhere.</param>
/// <param name="Text">Where the words had it; null for nowhere.</param>
internal readonly record struct FusedRow(Candidate Row, double Score, (int Rank, float Distance)? Vector, (int Rank, float Distance)? Text);

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
    }

    /// <summary>Makes one ranking of two.</summary>
    /// <param name="vector">What the vector found, best first.</param>
    /// <param name="text">What the words found, best first.</param>
    /// <param name="fusion">What ranks count.</param>
    /// <returns>The rows of both, best first; equal ones by id.</returns>
    public static List<FusedRow> Fuse(List<Candidate> vector, List<Candidate> text, RankFusion fusion)
    {
        var fused = new Dictionary<(MemtableSnapshot, int), FusedRow>();
        for (var i = 0; i < vector.Count; i++)
        {
            var score = fusion.VectorWeight / (fusion.K + i + 1);
            fused.Add(Key(vector[i]), new FusedRow(vector[i], score, (i + 1, vector[i].Distance), null));
        }

        for (var i = 0; i < text.Count; i++)
        {
            var score = fusion.TextWeight / (fusion.K + i + 1);
            var row = fused.TryGetValue(Key(text[i]), out var known) ? known : new FusedRow(text[i], 0, null, null);
            fused[Key(text[i])] = row with { Score = row.Score + score, Text = (i + 1, text[i].Distance) };
        }

        var ranked = fused.Values.ToList();
        ranked.Sort(static (a, b) => b.Score.CompareTo(a.Score) is var order and not 0 ? order : string.CompareOrdinal(a.Row.Id, b.Row.Id));
        return ranked;

        static (MemtableSnapshot, int) Key(Candidate candidate) => (candidate.Snapshot, candidate.Row);
    }

    private static void Check(string pointer, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw VektagrafException.Invalid(pointer, FormattableString.Invariant($"It is {value}; {least} to {most} is allowed."));
        }
    }
}
