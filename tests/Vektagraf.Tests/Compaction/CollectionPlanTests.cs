using Vektagraf.Compaction;
using Vektagraf.Storage;

namespace Vektagraf.Tests.Compaction;

public class CollectionPlanTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 10, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public void Recent_HoldsTheCurrentAndTheLatelyReplaced()
    {
        var chain = new[] { Chained("m4", 40, null), Chained("m3", 30, Now - (Day / 2)), Chained("m2", 20, Now - (2 * Day)) };
        Assert.Equal(["m4", "m3"], CollectionPlan.Recent(chain, Now, Day).Select(m => m.Key));
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(10, true)]
    [InlineData(11, false)]
    [InlineData(14, false)]
    [InlineData(15, true)]
    [InlineData(40, true)]
    [InlineData(41, false)]
    public void IsSpent_IsWhatTheFloorPassedAndNoPinNeeds(ulong sequence, bool isSpent) =>
        Assert.Equal(isSpent, CollectionPlan.IsSpent(sequence, floor: 40, [Pin(folded: 10, sequence: 14), Pin(folded: 30, sequence: 30)]));

    [Fact]
    public void Advance_NamesACandidateFirstAndPublishesItAfterTheGrace()
    {
        ChainedManifest[] kept = [Chained("m2", 20, null)];
        var head = new ShardHead { Folded = 20, Manifest = "m2" };
        var named = CollectionPlan.Advance(head, kept, Now, Day)!;
        Assert.Equal((0UL, new FloorCandidate(20, Now)), (named.Floor, named.Candidate));
        Assert.Null(CollectionPlan.Advance(named, kept, Now + Day - TimeSpan.FromTicks(1), Day));
        var raised = CollectionPlan.Advance(named, kept, Now + Day, Day)!;
        Assert.Equal((20UL, null), (raised.Floor, raised.Candidate));
        Assert.Null(CollectionPlan.Advance(raised, kept, Now + (3 * Day), Day));
    }

    [Fact]
    public void Advance_WhenAnOlderManifestIsStillKept_StopsBelowIt()
    {
        var head = new ShardHead { Folded = 20, Manifest = "m2", Candidate = new FloorCandidate(20, Now - Day) };
        Assert.Equal(10UL, CollectionPlan.Advance(head, [Chained("m2", 20, null), Chained("m1", 10, Now - Day)], Now, Day)!.Floor);
    }

    [Fact]
    public void Advance_WithoutAnyManifest_ChangesNothing() => Assert.Null(CollectionPlan.Advance(new ShardHead(), [], Now, Day));

    [Fact]
    public void Garbage_IsWhatNothingRefersToAndNoJobCanStillPublish()
    {
        var kept = new[] { new ChainedManifest("m2", new ShardManifest { Folded = 20, Segments = [new ManifestSegment { Key = "live", Footer = [] }] }, null) };
        ListEntry[] listed = [Listed("m2", 9), Listed("m1", 9), Listed("live", 9), Listed("orphan", 2), Listed("young", 0.5)];
        Assert.Equal(["m1", "orphan"], CollectionPlan.Garbage(listed, kept, Now, Day));
    }

    private static ShardPin Pin(ulong folded, ulong sequence) => new() { Name = "p", Id = "p", Folded = folded, Sequence = sequence };

    private static ListEntry Listed(string key, double daysOld) => new(key, 1, Now - (daysOld * Day));

    private static ChainedManifest Chained(string key, ulong folded, DateTimeOffset? supersededAt) => new(key, new ShardManifest { Folded = folded }, supersededAt);
}
