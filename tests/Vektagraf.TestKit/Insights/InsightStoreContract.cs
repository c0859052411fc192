using System.Globalization;
using System.Text;
using Vektagraf.Insights;
using Vektagraf.Storage;
using Xunit;

namespace Vektagraf.TestKit.Insights;

/// <summary>What every <see cref="IInsightStore"/> promises. One test class per implementation inherits it and makes a fresh, empty store.</summary>
public abstract class InsightStoreContract<TStore> : IAsyncLifetime
    where TStore : IInsightStore
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private TStore? _store;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected TStore Store => _store ?? throw new InvalidOperationException("The store was not created.");

    public async ValueTask InitializeAsync() => _store = await CreateEmptyStoreAsync();

    public virtual ValueTask DisposeAsync() => default;

    protected abstract ValueTask<TStore> CreateEmptyStoreAsync();

    /// <summary>Lets so much time pass for times to live.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    [Fact]
    public async Task GetAsync_WhenThereIsNoDocument_GivesNull() => Assert.Null(await Store.GetAsync("p", "missing", Cancel));

    [Fact]
    public async Task PutAsync_WhenNothingIsAskedOf_CreatesThenReplaces()
    {
        var first = await PutAsync("a", "1");
        var second = await PutAsync("a", "2");
        Assert.NotEqual(first, second);
        var read = await Store.GetAsync("p", "a", Cancel);
        Assert.Equal("""{"v":"2"}""", Encoding.UTF8.GetString(read!.Content.Span));
        Assert.Equal(second, read.ETag);
        Assert.Equal(("p", "a", Start), (read.Partition, read.Id, read.Timestamp));
    }

    [Fact]
    public async Task PutAsync_WhenPartitionsDiffer_KeepsBoth()
    {
        await PutAsync("a", "1");
        await PutAsync("a", "2", partition: "q");
        Assert.Equal("1", await ValueAsync("a"));
        Assert.Equal("2", await ValueAsync("a", "q"));
    }

    [Fact]
    public async Task PutAsync_WhenItMustBeAbsent_WritesOnlyTheFirst()
    {
        Assert.NotNull(await PutAsync("a", "1", PutCondition.Absent));
        Assert.Null(await PutAsync("a", "2", PutCondition.Absent));
        Assert.Equal("1", await ValueAsync("a"));
    }

    [Fact]
    public async Task PutAsync_WhenTheETagIsOld_WritesNothing()
    {
        var old = await PutAsync("a", "1");
        var present = await PutAsync("a", "2", PutCondition.Match(old!));
        Assert.NotNull(present);
        Assert.Null(await PutAsync("a", "3", PutCondition.Match(old!)));
        Assert.Null(await PutAsync("never", "3", PutCondition.Match(old!)));
        Assert.Equal("2", await ValueAsync("a"));
        Assert.Null(await Store.GetAsync("p", "never", Cancel));
    }

    [Fact]
    public async Task PutAsync_WhenTheContentIsTheSame_StillChangesTheETag()
    {
        var first = await PutAsync("a", "1");
        Assert.NotEqual(first, await PutAsync("a", "1"));
    }

    [Fact]
    public async Task PutAsync_WhenADeletedDocumentComesBack_ItsOldETagDoesNotMatch()
    {
        var old = await PutAsync("a", "1");
        Assert.True(await Store.DeleteAsync("p", "a", null, Cancel));
        Assert.NotNull(await PutAsync("a", "1", PutCondition.Absent));
        Assert.Null(await PutAsync("a", "2", PutCondition.Match(old!)));
    }

    [Fact]
    public async Task ApplyAsync_WhenManyCountAtOnce_NothingIsLost()
    {
        const int Writers = 4, Each = 15;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(
            async () =>
            {
                for (var done = 0; done < Each;)
                {
                    try
                    {
                        await InsightUpdate.ApplyAsync(Store, "p", "n", Increment, Cancel);
                        done++;
                    }
                    catch (InsightStoreException e) when (e.InnerException is null)
                    {
                        // Others were faster too often.
                    }
                }
            },
            Cancel)));
        Assert.Equal((Writers * Each).ToString(CultureInfo.InvariantCulture), await ValueAsync("n"));
    }

    [Fact]
    public async Task DeleteAsync_WhenTheETagIsStated_DeletesOnlyThatVersion()
    {
        var old = await PutAsync("a", "1");
        var present = await PutAsync("a", "2");
        Assert.False(await Store.DeleteAsync("p", "a", old, Cancel));
        Assert.True(await Store.DeleteAsync("p", "a", present, Cancel));
        Assert.False(await Store.DeleteAsync("p", "a", null, Cancel));
        Assert.Null(await Store.GetAsync("p", "a", Cancel));
    }

    [Fact]
    public async Task GetAsync_WhenTheTimeToLiveIsOver_GivesNull()
    {
        await PutAsync("short", "1", life: TimeSpan.FromSeconds(2));
        await PutAsync("long", "1", life: TimeSpan.FromHours(9));
        await PutAsync("ever", "1");
        Assert.Equal(TimeSpan.FromSeconds(2), (await Store.GetAsync("p", "short", Cancel))!.TimeToLive);
        await PassAsync(TimeSpan.FromSeconds(3));
        Assert.Null(await Store.GetAsync("p", "short", Cancel));
        Assert.Equal(["ever", "long"], await IdsAsync(default));
        Assert.False(await Store.DeleteAsync("p", "short", null, Cancel));
    }

    [Fact]
    public async Task PutAsync_WhenTheDocumentExpired_CountsItAsAbsent()
    {
        var old = await PutAsync("a", "1", life: TimeSpan.FromSeconds(1));
        await PassAsync(TimeSpan.FromSeconds(2));
        Assert.Null(await PutAsync("a", "2", PutCondition.Match(old!)));
        Assert.NotNull(await PutAsync("a", "3", PutCondition.Absent));
        Assert.Equal("3", await ValueAsync("a"));
    }

    [Fact]
    public async Task PutAsync_WhenWrittenAgain_TheTimeToLiveBeginsAnew()
    {
        await PutAsync("a", "1", life: TimeSpan.FromSeconds(10));
        await PassAsync(TimeSpan.FromSeconds(8));
        await PutAsync("a", "2", life: TimeSpan.FromSeconds(10));
        await PassAsync(TimeSpan.FromSeconds(8));
        Assert.Equal("2", await ValueAsync("a"));
    }

    [Theory]
    [InlineData(false, "b c")]
    [InlineData(true, "c b")]
    public async Task QueryAsync_WhenARangeIsAsked_FromIsInAndToIsOut(bool descending, string expected)
    {
        foreach (var (id, hour) in new[] { ("a", 0), ("b", 1), ("c", 2), ("d", 3) })
        {
            await PutAsync(id, "1", at: Start.AddHours(hour));
        }

        await PutAsync("other", "1", partition: "q", at: Start.AddHours(1));
        var ids = await IdsAsync(new InsightRange(Start.AddHours(1), Start.AddHours(3), descending, PageSize: 10));
        Assert.Equal(expected, string.Join(' ', ids));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 3)]
    [InlineData(true, 4)]
    [InlineData(false, 9)]
    public async Task QueryAsync_WhenThereAreManyPages_EachDocumentIsOnOne(bool descending, int pageSize)
    {
        // Three at each moment: pages end between equal timestamps, too.
        var expected = new List<string>();
        for (var i = 0; i < 9; i++)
        {
            expected.Add(string.Create(CultureInfo.InvariantCulture, $"id-{i}"));
            await PutAsync(expected[^1], "1", at: Start.AddMinutes(i / 3));
        }

        if (descending)
        {
            expected.Reverse();
        }

        Assert.Equal(expected, await IdsAsync(new InsightRange(Descending: descending, PageSize: pageSize)));
    }

    [Fact]
    public async Task QueryAsync_WhenThePartitionIsEmpty_GivesAnEmptyLastPage()
    {
        var page = await Store.QueryAsync("nobody", new InsightRange(PageSize: 5), null, Cancel);
        Assert.Empty(page.Documents);
        Assert.Null(page.Continuation);
    }

    [Fact]
    public async Task QueryAsync_WhenTheContinuationIsForged_Throws() =>
        await Assert.ThrowsAsync<ArgumentException>(() => Store.QueryAsync("p", new InsightRange(PageSize: 5), "§§", Cancel));

    [Fact]
    public async Task PutAsync_WhenTheTimestampHasAnOffset_KeepsTheMomentToTheMicrosecond()
    {
        var at = new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.FromHours(2)).AddTicks(1_234_567);
        await PutAsync("a", "1", at: at);
        Assert.Equal(at.AddTicks(-7).UtcTicks, (await Store.GetAsync("p", "a", Cancel))!.Timestamp.UtcTicks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a\nb")]
    public async Task PutAsync_WhenAKeyIsForbidden_Throws(string key)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => PutAsync(key, "1"));
        await Assert.ThrowsAsync<ArgumentException>(() => PutAsync("a", "1", partition: key));
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{")]
    [InlineData("")]
    public async Task PutAsync_WhenTheContentIsNoJsonObject_Throws(string content) => await Assert.ThrowsAsync<ArgumentException>(() =>
        Store.PutAsync(Document("a", "1") with { Content = Encoding.UTF8.GetBytes(content) }, PutCondition.None, Cancel));

    [Fact]
    public async Task PutAsync_WhenTheContentIsTooLarge_Throws() => await Assert.ThrowsAsync<ArgumentException>(() => PutAsync("a", new string('x', InsightRules.MaxContentBytes)));

    [Fact]
    public async Task PutAsync_WhenTheCallersBytesChangeLater_KeepsWhatWasGiven()
    {
        var content = Encoding.UTF8.GetBytes("""{"v":"1"}""");
        await Store.PutAsync(Document("a", "1") with { Content = content }, PutCondition.None, Cancel);
        content[6] = (byte)'2';
        Assert.Equal("1", await ValueAsync("a"));
    }

    [Theory]
    [InlineData("""{"n":9223372036854775807,"m":-9007199254740993}""")]
    [InlineData("""{"n":0.1,"m":1.7976931348623157E+308,"k":123.456,"z":0}""")]
    [InlineData("""{"n":0.123456789012345678901234567890}""")]
    [InlineData("""{"text":"\"ü\\ 😀 \n\u0000","none":null,"yes":true,"empty":{},"list":[1,[2,{}],[]]}""")]
    [InlineData("""{"id":"i","partition":"p","_etag":"e","ttl":1,"expires":2,"at":"x","":"nameless"}""")]
    public async Task GetAsync_WhateverTheContent_MeansTheSame(string content)
    {
        await Store.PutAsync(Document("a", "1") with { Content = Encoding.UTF8.GetBytes(content) }, PutCondition.None, Cancel);
        var read = System.Text.Json.JsonDocument.Parse((await Store.GetAsync("p", "a", Cancel))!.Content);
        var written = System.Text.Json.JsonDocument.Parse(content);
        Assert.True(System.Text.Json.JsonElement.DeepEquals(written.RootElement, read.RootElement), $"{content} became {read.RootElement.GetRawText()}");
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("100 % + 1 & more = 3;")]
    [InlineData("plans.käufe:2026|'x'\"")]
    [InlineData("日本語")]
    public async Task EveryCall_WhateverTheKey_MeansThatDocument(string key)
    {
        var etag = await PutAsync(key, "1", partition: key);
        Assert.NotNull(await PutAsync(key, "2", PutCondition.Match(etag!), partition: key));
        Assert.Equal("2", await ValueAsync(key, key));
        var range = new InsightRange(PageSize: 1);
        await PutAsync(key + "z", "3", partition: key);
        var page = await Store.QueryAsync(key, range, null, Cancel);
        Assert.Equal((key, key), (page.Documents[0].Partition, page.Documents[0].Id));
        Assert.Equal(key + "z", Assert.Single((await Store.QueryAsync(key, range, page.Continuation, Cancel)).Documents).Id);
        Assert.True(await Store.DeleteAsync(key, key, null, Cancel));
        Assert.Null(await Store.GetAsync(key, key, Cancel));
    }

    [Fact]
    public async Task EveryCall_WhenKeysAndContentAreAsLongAsAllowed_Works()
    {
        var (partition, id) = (new string('p', InsightRules.MaxKeyBytes), new string('i', InsightRules.MaxKeyBytes));
        var value = new string('"', (InsightRules.MaxContentBytes - 20) / 2).Replace("\"", "\\\"", StringComparison.Ordinal);
        await PutAsync(id, value, partition: partition);
        Assert.Equal(InsightRules.MaxContentBytes / 2, (await ValueAsync(id, partition)).Length, tolerance: 10);
        Assert.Equal(id, Assert.Single((await Store.QueryAsync(partition, new InsightRange(PageSize: 1), null, Cancel)).Documents).Id);
    }

    [Fact]
    public async Task EveryCall_WhenCancelledBefore_ThrowsCancellation()
    {
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.GetAsync("p", "a", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync(Document("a", "1"), PutCondition.None, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.QueryAsync("p", new InsightRange(PageSize: 1), null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.DeleteAsync("p", "a", null, cancelled));
    }

    protected static InsightDocument Document(string id, string value, string partition = "p", DateTimeOffset? at = null, TimeSpan? life = null) => new()
    {
        Partition = partition,
        Id = id,
        Timestamp = at ?? Start,
        TimeToLive = life,
        Content = Encoding.UTF8.GetBytes($$"""{"v":"{{value}}"}"""),
    };

    protected Task<string?> PutAsync(string id, string value, PutCondition condition = default, string partition = "p", DateTimeOffset? at = null, TimeSpan? life = null) =>
        Store.PutAsync(Document(id, value, partition, at, life), condition, Cancel);

    protected async Task<string> ValueAsync(string id, string partition = "p") => ValueOf(await Store.GetAsync(partition, id, Cancel) ?? throw new InvalidOperationException($"'{id}' is missing."));

    protected static InsightDocument Increment(InsightDocument? present) =>
        Document("n", (present is null ? 1 : int.Parse(ValueOf(present), CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture));

    private static string ValueOf(InsightDocument document) => System.Text.Json.JsonDocument.Parse(document.Content).RootElement.GetProperty("v").GetString()!;

    private async Task<List<string>> IdsAsync(InsightRange range)
    {
        range = range == default ? new InsightRange(PageSize: 100) : range;
        var ids = new List<string>();
        string? continuation = null;
        do
        {
            var page = await Store.QueryAsync("p", range, continuation, Cancel);
            Assert.InRange(page.Documents.Count, 0, range.PageSize);
            ids.AddRange(page.Documents.Select(d => d.Id));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return ids;
    }
}
