using Vektagraf.Storage;
using Xunit;

namespace Vektagraf.TestKit.Storage;

public abstract partial class ObjectStoreContract<TStore>
{
    [Fact]
    public async Task GetAsync_WhenNothingWasPut_IsMissing()
    {
        GetResult result = await GetAsync("a/b");
        Assert.Equal(GetStatus.Missing, result.Status);
        Assert.False(result.Found);
        Assert.Null(result.ETag);
        Assert.Equal(0, result.Content.Length);
        Assert.Equal(0, result.TotalLength);
    }

    [Fact]
    public async Task GetAsync_WhenARangeOfAMissingObjectIsAsked_IsMissing() =>
        Assert.Equal(GetStatus.Missing, (await GetAsync("a/b", new ByteRange(5, 10))).Status);

    [Fact]
    public async Task GetAsync_WhenAMissingObjectIsAskedByETag_IsMissing()
    {
        string etag = await PutTextAsync("a", "text");
        await Store.DeleteAsync("a", Cancel);
        Assert.Equal(GetStatus.Missing, (await GetAsync("a", ifNoneMatch: etag)).Status);
    }

    [Fact]
    public async Task GetAsync_AfterAPut_GivesContentETagAndLength()
    {
        string etag = await PutTextAsync("c/docs/s/0/head", "content");
        GetResult result = await GetAsync("c/docs/s/0/head");
        Assert.True(result.Found);
        Assert.Equal("content", Text(result));
        Assert.Equal(etag, result.ETag);
        Assert.Equal(7, result.TotalLength);
    }

    [Theory]
    [InlineData(0, 10, "0123456789")]
    [InlineData(0, 1, "0")]
    [InlineData(3, 4, "3456")]
    [InlineData(9, 1, "9")]
    [InlineData(7, 100, "789")]
    [InlineData(0, int.MaxValue, "0123456789")]
    [InlineData(9, int.MaxValue, "9")]
    [InlineData(10, 1, "")]
    [InlineData(11, 5, "")]
    [InlineData(5_000_000_000, 5, "")]
    [InlineData(long.MaxValue - 1, 1, "")]
    public async Task GetAsync_WhenARangeIsAsked_GivesThePartTheObjectHas(long offset, int length, string expected)
    {
        string etag = await PutTextAsync("r", "0123456789");
        GetResult result = await GetAsync("r", new ByteRange(offset, length));
        Assert.Equal(GetStatus.Found, result.Status);
        Assert.Equal(expected, Text(result));
        Assert.Equal(etag, result.ETag);
        Assert.Equal(10, result.TotalLength);
    }

    [Fact]
    public async Task GetAsync_WhenTheObjectIsEmpty_IsFoundWithoutBytes()
    {
        PutResult put = await Store.PutAsync("empty", ReadOnlyMemory<byte>.Empty, PutCondition.None, Cancel);
        foreach (GetResult result in new[] { await GetAsync("empty"), await GetAsync("empty", new ByteRange(0, 10)) })
        {
            Assert.True(result.Found);
            Assert.Equal(0, result.Content.Length);
            Assert.Equal(0, result.TotalLength);
            Assert.Equal(put.ETag, result.ETag);
        }
    }

    [Fact]
    public async Task GetAsync_WhenTheObjectIsFourMebibytes_GivesEveryByte()
    {
        const int Size = 4 << 20;
        byte[] content = SelfDescribingContent.Create(seed: 17, Size);
        await Store.PutAsync("big", content, PutCondition.Absent, Cancel);

        GetResult whole = await GetAsync("big");
        Assert.True(content.AsSpan().SequenceEqual(whole.Content.Span));
        GetResult part = await GetAsync("big", new ByteRange(Size - 1_000_003, 1_000_001));
        Assert.True(content.AsSpan(Size - 1_000_003, 1_000_001).SequenceEqual(part.Content.Span));
        Assert.Equal(Size, part.TotalLength);
    }

    [Fact]
    public async Task GetAsync_WhenTheETagIsStillTheObjects_IsNotModified()
    {
        string etag = await PutTextAsync("head", "one");
        GetResult result = await GetAsync("head", ifNoneMatch: etag);
        Assert.Equal(GetStatus.NotModified, result.Status);
        Assert.Equal(etag, result.ETag);
        Assert.Equal(0, result.Content.Length);
        Assert.Equal(GetStatus.NotModified, (await GetAsync("head", new ByteRange(1, 1), etag)).Status);
    }

    [Fact]
    public async Task GetAsync_WhenTheETagIsOld_GivesTheNewContent()
    {
        string old = await PutTextAsync("head", "one");
        string etag = await PutTextAsync("head", "two");
        GetResult result = await GetAsync("head", ifNoneMatch: old);
        Assert.Equal(GetStatus.Found, result.Status);
        Assert.Equal("two", Text(result));
        Assert.Equal(etag, result.ETag);
    }

    [Fact]
    public async Task GetAsync_WhenTheCallerChangesWhatItRead_TheObjectStays()
    {
        await PutTextAsync("a", "kept");
        GetResult first = await GetAsync("a");
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(first.Content, out ArraySegment<byte> array));
        array.AsSpan().Clear();
        Assert.Equal("kept", await GetTextAsync("a"));
    }

    [Fact]
    public async Task GetAsync_WhenTheObjectIsReplacedMeanwhile_GivesOneVersionOrTheOther()
    {
        const int Versions = 60;
        await Store.PutAsync("torn", SelfDescribingContent.Create(0, 1), PutCondition.None, Cancel);
        Task writing = Task.Run(
            async () =>
            {
                for (int i = 1; i <= Versions; i++)
                {
                    await Store.PutAsync("torn", SelfDescribingContent.Create(i, i * 997), PutCondition.None, Cancel);
                }
            },
            Cancel);

        long newest = 0;
        while (newest < Versions)
        {
            GetResult result = await GetAsync("torn");
            Assert.True(result.Found);
            Assert.Equal(result.TotalLength, result.Content.Length);
            long version = SelfDescribingContent.Verify(result.Content.Span);
            Assert.True(version >= newest, $"read version {version} after {newest}");
            newest = version;
            if (writing.IsFaulted)
            {
                break;
            }
        }

        await writing;
    }

    [Fact]
    public async Task GetAsync_WhenAPutWasAcknowledgedToAnotherTask_SeesIt()
    {
        for (int i = 0; i < 20; i++)
        {
            string text = $"version {i}";
            await Task.Run(() => PutTextAsync("seen", text), Cancel);
            Assert.Equal(text, await GetTextAsync("seen"));
        }
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    public async Task GetAsync_WhenTheRangeIsNoRange_Throws(long offset, int length) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => GetAsync("a", new ByteRange(offset, length)));
}
