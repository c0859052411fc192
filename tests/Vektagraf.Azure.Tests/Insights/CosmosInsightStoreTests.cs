using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Insights;
using Vektagraf.Storage;
using Vektagraf.TestKit.Insights;
using Vektagraf.TestKit.Services;

[assembly: AssemblyFixture(typeof(CosmosServer))]

namespace Vektagraf.Azure.Tests.Insights;

public class CosmosInsightStoreTests(CosmosServer server) : InsightStoreContract<CosmosInsightStore>
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly string _container = $"t{Guid.NewGuid():N}";
    private string _connectionString = string.Empty;

    [Fact]
    public async Task PutAsync_WhenAnotherStoreReads_ItIsThere()
    {
        var etag = await PutAsync("a", "1", life: TimeSpan.FromDays(1));
        using var other = Open();
        var read = await other.GetAsync("p", "a", Cancel);
        Assert.Equal((etag, TimeSpan.FromDays(1)), (read!.ETag, read.TimeToLive));
        Assert.NotNull(await other.PutAsync(Document("a", "2"), PutCondition.Match(etag!), Cancel));
        Assert.Null(await PutAsync("a", "3", PutCondition.Match(etag!)));
    }

    [Fact]
    public async Task FirstCall_WhenTheContainerIsMissing_MakesItAsDefined()
    {
        await PutAsync("a", "1");
        using var client = new CosmosClient(_connectionString, new CosmosClientOptions { ConnectionMode = ConnectionMode.Gateway, LimitToEndpoint = true });
        ContainerProperties made = await client.GetContainer(CosmosInsightOptions.DefaultDatabase, _container).ReadContainerAsync(cancellationToken: Cancel);
        Assert.Equal("/partition", made.PartitionKeyPath);
        Assert.Equal(-1, made.DefaultTimeToLive);
        Assert.Equal("/at/?", Assert.Single(made.IndexingPolicy.IncludedPaths).Path);
        Assert.Contains(made.IndexingPolicy.ExcludedPaths, p => p.Path == "/*");
    }

    [Fact]
    public async Task EveryCall_WhenTheContainerIsMissingAndNotToBeMade_SaysSo()
    {
        using var store = Open(new() { Container = "missing", CreateIfMissing = false });
        var e = await Assert.ThrowsAsync<InsightStoreException>(() => store.QueryAsync("p", new InsightRange(PageSize: 5), null, Cancel));
        Assert.Contains("'missing'", e.Message, StringComparison.Ordinal);
        Assert.Contains("Deploy it", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QueryAsync_WhenThereAreMoreThanAnAnswerHolds_GivesThemInOrder()
    {
        var ids = Enumerable.Range(0, 250).Select(i => $"id{i:D3}").ToList();
        await Task.WhenAll(ids.Select((id, i) => PutAsync(id, "1", at: _clock.Start.AddSeconds(i / 50))));
        var found = new List<string>();
        string? continuation = null;
        do
        {
            var page = await Store.QueryAsync("p", new InsightRange(PageSize: 100), continuation, Cancel);
            found.AddRange(page.Documents.Select(d => d.Id));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.Equal(ids, found);
    }

    public override async ValueTask DisposeAsync()
    {
        Store.Dispose();
        using var client = new CosmosClient(_connectionString, new CosmosClientOptions { ConnectionMode = ConnectionMode.Gateway, LimitToEndpoint = true });
        using var deleted = await client.GetContainer(CosmosInsightOptions.DefaultDatabase, _container).DeleteContainerStreamAsync();
        await base.DisposeAsync();
    }

    protected override async ValueTask<CosmosInsightStore> CreateEmptyStoreAsync()
    {
        _connectionString = await server.GetConnectionStringAsync();
        return Open();
    }

    protected override Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }

    private CosmosInsightStore Open(CosmosInsightOptions? options = null)
    {
        options ??= new CosmosInsightOptions { Container = _container };
        return new CosmosInsightStore(options with { ConnectionString = _connectionString }, _clock);
    }
}
