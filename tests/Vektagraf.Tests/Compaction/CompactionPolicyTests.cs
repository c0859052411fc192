using CsCheck;
using Vektagraf.Compaction;
using Vektagraf.Storage;

namespace Vektagraf.Tests.Compaction;

public class CompactionPolicyTests
{
    private static readonly CompactionOptions Options = new() { TierWidth = 4, SmallestTierRows = 1_000, TombstoneShare = 0.3 };

    [Fact]
    public void Plan_WhenATierIsFull_MergesItsNeighbours() =>
        Assert.Equal(new MergePlan(1, 4), CompactionPolicy.Plan(Runs(50_000, 900, 10, 500, 900), Options));

    [Fact]
    public void Plan_WhenATierIsNotFull_MergesNothing() =>
        Assert.Null(CompactionPolicy.Plan(Runs(50_000, 900, 10, 500), Options));

    [Fact]
    public void Plan_WhenSmallOnesLieBetweenLargeOnes_TakesThemAlong() =>
        Assert.Equal(new MergePlan(0, 4), CompactionPolicy.Plan(Runs(3_000, 3_500, 20, 2_000), Options));

    [Fact]
    public void Plan_WhenPartsBelongToOneRun_NeverMergesThemForTheirOwnSake()
    {
        // Four parts of one run are one large segment; were they four, a merge would give the same four again, for ever.
        var parts = Enumerable.Range(0, 4).Select(i => Segment(i, run: 7, rows: 900)).ToList();
        Assert.Null(CompactionPolicy.Plan(parts, Options));
    }

    [Fact]
    public void Plan_WhenATombstoneHeavyRunHasAnElder_MergesThemTogether() =>
        Assert.Equal(new MergePlan(1, 2), CompactionPolicy.Plan([Segment(0, 1, 9_000), Segment(1, 2, 8_000), Segment(2, 3, 100, tombstones: 40)], Options));

    [Fact]
    public void Plan_WhenTheOldestIsTombstoneHeavy_RewritesItAlone() =>
        Assert.Equal(new MergePlan(0, 1), CompactionPolicy.Plan([Segment(0, 1, 9_000, tombstones: 9_000)], Options));

    [Fact]
    public void Plan_RepeatedUntilNothingIsWorthIt_LeavesFewRunsAndWritesEachRowSeldom() =>
        Gen.Int[1, 3_000].Array[1, 300].Sample(folds =>
        {
            List<ManifestSegment> segments = [];
            var (rows, written) = (0L, 0L);
            for (var i = 0; i < folds.Length; i++)
            {
                segments.Add(Segment(i, (ulong)i + 1, folds[i]));
                rows += folds[i];
                written += folds[i];
                for (var merges = 0; CompactionPolicy.Plan(segments, Options) is { } plan; merges++)
                {
                    Assert.True(merges < 50, "The policy merges for ever.");
                    var merged = segments.GetRange(plan.First, plan.Count).Sum(s => s.Rows);
                    written += merged;
                    segments.RemoveRange(plan.First, plan.Count);
                    segments.Insert(plan.First, Segment(plan.First, (ulong)(1_000_000 + (i * 50) + merges), merged));
                }
            }

            var tiers = Math.Log(Math.Max(4, rows / 1_000.0), 4) + 2;
            Assert.True(segments.Count <= 4 * tiers, $"{segments.Count} runs of {rows} rows");
            Assert.True(written <= rows * (tiers + 2), $"{written} rows written for {rows}");
        });

    private static List<ManifestSegment> Runs(params long[] rows) => [.. rows.Select((r, i) => Segment(i, (ulong)i + 1, r))];

    private static ManifestSegment Segment(int number, ulong run, long rows, long tombstones = 0) =>
        new() { Key = $"seg/{number}-{run}", Footer = [], Rows = rows, Tombstones = tombstones, Run = run };
}
