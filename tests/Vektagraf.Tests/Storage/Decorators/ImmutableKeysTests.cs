using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Tests.Storage.Decorators;

public class ImmutableKeysTests
{
    [Theory]
    [InlineData("c/docs-1/s/0/m/00000000000000000007-0f3c")]
    [InlineData("c/docs-1/s/12/seg/0f3c/vectors")]
    [InlineData("c/seg/s/0/seg/0f3c/graph/0")]
    [InlineData("c/head/s/0/m/1-0f3c")]
    public void Matches_WhenManifestOrSegment_IsTrue(string key) => Assert.True(ImmutableKeys.Matches(key));

    [Theory]
    [InlineData("c/docs-1/s/0/head")]
    [InlineData("c/docs-1/s/0/txn/0f3c")]
    [InlineData("txn/0f3c")]
    [InlineData("catalog/docs")]
    [InlineData("catalog/seg/x")]
    [InlineData("c/docs-1/models/0f3c")]
    [InlineData("c/seg/models/0f3c")]
    [InlineData("c/m/models/seg/x/y")]
    [InlineData("c/docs-1/s/0/m")]
    [InlineData("c/docs-1/s/0/seg")]
    [InlineData("c/docs-1/s/0/segments/1")]
    [InlineData("c/docs-1/s/x/seg/1/data")]
    [InlineData("c/docs-1/t/0/seg/1/data")]
    [InlineData("x/c/docs-1/s/0/seg/1")]
    [InlineData("seg/1/data")]
    [InlineData("m/1")]
    [InlineData("")]
    public void Matches_WhenAnythingElse_IsFalse(string key) => Assert.False(ImmutableKeys.Matches(key));

    [Fact]
    public void Matches_WhenAShardsOwnKeys_TellsHeadAndLogFromTheRest()
    {
        var keys = new ShardKeys("docs-1", 3);
        Assert.False(ImmutableKeys.Matches(keys.Head));
        Assert.False(ImmutableKeys.Matches(keys.Wal(1)));
        Assert.True(ImmutableKeys.Matches(keys.Prefix + "seg/0f3c/footer"));
    }
}
