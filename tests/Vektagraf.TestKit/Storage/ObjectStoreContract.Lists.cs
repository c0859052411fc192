using Vektagraf.Storage;
using Xunit;

namespace Vektagraf.TestKit.Storage;

public abstract partial class ObjectStoreContract<TStore>
{
    // Around the slash, the order of whole keys and the order of names within a folder differ: '-' and '.' sort before it.
    private static readonly string[] TrickyKeys =
    [
        "A/z", "a-b/1", "a-b/2", "a.b", "a/-", "a/.hidden", "a/0", "a/B", "a/_", "a/b/c/d", "a/b-c", "a/b.c", "a/ba", "a0", "a_", "aa/a", "b", "b0/x",
    ];

    [Fact]
    public async Task ListAsync_WhenTheStoreIsEmpty_GivesAnEmptyLastPage()
    {
        ListPage page = await Store.ListAsync(string.Empty, cancellationToken: Cancel);
        Assert.Empty(page.Entries);
        Assert.Null(page.Continuation);
        Assert.Empty(await ListKeysAsync("some/where/"));
    }

    [Fact]
    public async Task ListAsync_WhenAPrefixIsGiven_ListsItsKeysInOrdinalOrder()
    {
        await PutAllAsync(TrickyKeys.Reverse());
        string[] prefixes = ["", "a", "a/", "a/b", "a/b/", "a/b/c/d", "a-", "a.", "a/.", "b", "b0", "b0/", "A", "zz", "a/b/c/d/e"];
        foreach (string prefix in prefixes)
        {
            string[] expected = [.. TrickyKeys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
            foreach (int pageSize in new[] { 1, 3, ListPage.MaxSize })
            {
                IReadOnlyList<string> listed = await ListKeysAsync(prefix, pageSize);
                Assert.True(
                    expected.SequenceEqual(listed, StringComparer.Ordinal),
                    $"prefix '{prefix}' by {pageSize}: expected {string.Join(' ', expected)}, listed {string.Join(' ', listed)}");
            }
        }
    }

    [Fact]
    public async Task ListAsync_WhenPaged_NoPageIsLargerThanAskedAndTheLastHasNoContinuation()
    {
        await PutAllAsync(Enumerable.Range(0, 10).Select(i => $"p/{i}"));
        string? continuation = null;
        int count = 0;
        do
        {
            ListPage page = await Store.ListAsync("p/", continuation, pageSize: 5, Cancel);
            Assert.InRange(page.Entries.Count, 0, 5);
            count += page.Entries.Count;
            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.Equal(10, count);
    }

    [Fact]
    public async Task ListAsync_WhenAPutCompleted_ListsItWithLengthAndTime()
    {
        await PutTextAsync("l/a", "12345");
        await PutTextAsync("l/b", string.Empty);
        ListPage page = await Store.ListAsync("l/", cancellationToken: Cancel);
        Assert.Equal(["l/a", "l/b"], page.Entries.Select(e => e.Key));
        Assert.Equal([5, 0], page.Entries.Select(e => e.Length));

        // Modification times come from the store's clock, which is not ours: only the order and the century can be held against it.
        Assert.All(page.Entries, e => Assert.True(e.LastModified.Year >= 2000, $"modified at {e.LastModified:O}"));
        Assert.True(page.Entries[0].LastModified <= page.Entries[1].LastModified);
    }

    [Fact]
    public async Task ListAsync_WhenAnObjectIsReplacedOrDeleted_ShowsTheLatest()
    {
        await PutAllAsync(["l/a", "l/b", "l/c"]);
        await PutTextAsync("l/c", "longer than before");
        Assert.True(await Store.DeleteAsync("l/b", Cancel));
        ListPage page = await Store.ListAsync("l/", cancellationToken: Cancel);
        Assert.Equal(["l/a", "l/c"], page.Entries.Select(e => e.Key));
        Assert.Equal(18, page.Entries[1].Length);
    }

    [Fact]
    public async Task ListAsync_WhenKeysChangeBetweenPages_ListsEveryKeyThatStayed()
    {
        await PutAllAsync(Enumerable.Range(0, 8).Select(i => $"q/{i}"));
        ListPage first = await Store.ListAsync("q/", pageSize: 4, cancellationToken: Cancel);
        string last = first.Entries[^1].Key;
        await Store.DeleteAsync(last, Cancel);
        await Store.DeleteAsync("q/6", Cancel);
        await PutAllAsync(["q/9"]);

        var keys = first.Entries.Select(e => e.Key).ToList();
        string? continuation = first.Continuation;
        while (continuation is not null)
        {
            ListPage page = await Store.ListAsync("q/", continuation, pageSize: 4, Cancel);
            keys.AddRange(page.Entries.Select(e => e.Key));
            continuation = page.Continuation;
        }

        string[] stayed = ["q/0", "q/1", "q/2", "q/4", "q/5", "q/7"];
        Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
        Assert.Equal(keys.Count, keys.Distinct(StringComparer.Ordinal).Count());
        Assert.Subset(keys.ToHashSet(StringComparer.Ordinal), stayed.ToHashSet(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("a//")]
    [InlineData("../")]
    [InlineData("a./")]
    [InlineData("a b")]
    [InlineData("a%")]
    public async Task ListAsync_WhenNoKeyCanStartSo_ThrowsArgumentException(string prefix) =>
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ListAsync(prefix, cancellationToken: Cancel));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(5_001)]
    public async Task ListAsync_WhenThePageSizeIsOutOfBounds_Throws(int pageSize) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.ListAsync(string.Empty, null, pageSize, Cancel));

    /// <summary>All keys with the prefix, page by page.</summary>
    protected async Task<IReadOnlyList<string>> ListKeysAsync(string prefix, int pageSize = 1_000)
    {
        var keys = new List<string>();
        string? continuation = null;
        do
        {
            ListPage page = await Store.ListAsync(prefix, continuation, pageSize, Cancel);
            Assert.True(page.Entries.Count <= pageSize, "the page is larger than asked");
            keys.AddRange(page.Entries.Select(e => e.Key));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return keys;
    }

    protected async Task PutAllAsync(IEnumerable<string> keys)
    {
        foreach (string key in keys)
        {
            await PutTextAsync(key, key);
        }
    }
}
