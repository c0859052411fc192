using Microsoft.Extensions.Time.Testing;
using Vektagraf.Insights;
using Vektagraf.Storage;
using Vektagraf.TestKit;
using Vektagraf.TestKit.Insights;

namespace Vektagraf.Tests.Insights;

public class MemoryInsightStoreTests : InsightStoreContract<MemoryInsightStore>
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));

    [Fact]
    public async Task PutAsync_WhenTheStoreIsFull_DropsTheOldest()
    {
        var store = new MemoryInsightStore(_clock, capacity: 10);
        for (var i = 0; i < 25; i++)
        {
            await store.PutAsync(Document($"id{i}", "1", at: _clock.Start.AddSeconds(i)), PutCondition.None, Cancel);
        }

        var kept = (await store.QueryAsync("p", new InsightRange(PageSize: 100), null, Cancel)).Documents;
        Assert.InRange(kept.Count, 9, 10);
        Assert.Equal("id24", kept[^1].Id);
        Assert.All(kept, d => Assert.True(d.Timestamp >= _clock.Start.AddSeconds(15)));
    }

    protected override ValueTask<MemoryInsightStore> CreateEmptyStoreAsync() => new(new MemoryInsightStore(_clock));

    protected override Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }
}

public class SqliteInsightStoreTests : InsightStoreContract<SqliteInsightStore>
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly TemporaryDirectory _directory = new();

    private string File => Path.Combine(_directory.Path, "insights.db");

    [Fact]
    public async Task PutAsync_WhenReopened_IsStillThere()
    {
        var etag = await PutAsync("a", "1", life: TimeSpan.FromDays(1));
        Store.Dispose();
        using var again = new SqliteInsightStore(File, _clock);
        var read = await again.GetAsync("p", "a", Cancel);
        Assert.Equal((etag, TimeSpan.FromDays(1)), (read!.ETag, read.TimeToLive));
    }

    [Fact]
    public async Task ApplyAsync_WhenTwoStoresShareTheFile_NothingIsLost()
    {
        using var other = new SqliteInsightStore(File, _clock);
        await Task.WhenAll(new[] { Store, other }.Select(store => Task.Run(
            async () =>
            {
                for (var done = 0; done < 20;)
                {
                    try
                    {
                        await InsightUpdate.ApplyAsync(store, "p", "n", Increment, Cancel);
                        done++;
                    }
                    catch (InsightStoreException e) when (e.InnerException is null)
                    {
                        // The other one was faster too often.
                    }
                }
            },
            Cancel)));
        Assert.Equal("40", await ValueAsync("n"));
    }

    [Fact]
    public async Task EveryCall_WhenTheFileIsOfALaterVersion_SaysSo()
    {
        await PutAsync("a", "1");
        Store.Dispose();
        Execute($"PRAGMA user_version = {SqliteInsightStore.SchemaVersion + 1}");
        using var store = new SqliteInsightStore(File, _clock);
        var e = await Assert.ThrowsAsync<InsightStoreException>(() => store.GetAsync("p", "a", Cancel));
        Assert.Contains("version 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryCall_WhenTheFileIsNoDatabase_Throws()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 10_000), Cancel);
        using var store = new SqliteInsightStore(File, _clock);
        await Assert.ThrowsAsync<InsightStoreException>(() => store.GetAsync("p", "a", Cancel));
        await Assert.ThrowsAsync<InsightStoreException>(() => store.PutAsync(Document("a", "1"), PutCondition.None, Cancel));
    }

    [Fact]
    public async Task PutAsync_WhenDocumentsExpired_TheirRowsAreDeletedInTime()
    {
        await PutAsync("a", "1", life: TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromMinutes(2));
        await PutAsync("b", "1");
        Assert.Equal(1L, Execute("SELECT count(*) FROM documents"));
    }

    [Fact]
    public async Task Connect_WhenTheFileIsNew_UsesAWriteAheadLog()
    {
        await PutAsync("a", "1");
        Assert.Equal("wal", Execute("PRAGMA journal_mode"));
    }

    public override ValueTask DisposeAsync()
    {
        Store.Dispose();
        _directory.Dispose();
        return base.DisposeAsync();
    }

    protected override ValueTask<SqliteInsightStore> CreateEmptyStoreAsync() => new(new SqliteInsightStore(File, _clock));

    protected override Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }

    private object? Execute(string text)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}

public class InsightStoreCoverageTests
{
    [Fact]
    public void EveryInsightStore_OfTheEngine_HasAContractTestClass()
    {
        var stores = typeof(IInsightStore).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IInsightStore).IsAssignableFrom(t)).ToList();
        var tested = typeof(InsightStoreCoverageTests).Assembly.GetTypes()
            .Select(t => t.BaseType)
            .Where(b => b is { IsGenericType: true } && b.GetGenericTypeDefinition() == typeof(InsightStoreContract<>))
            .Select(b => b!.GetGenericArguments()[0])
            .ToHashSet();
        Assert.NotEmpty(stores);
        Assert.All(stores, store => Assert.Contains(store, tested));
    }
}
