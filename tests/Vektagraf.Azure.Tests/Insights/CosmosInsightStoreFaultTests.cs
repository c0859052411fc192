using System.Net;
using System.Text;
using Microsoft.Azure.Cosmos;
using Vektagraf.Insights;
using Vektagraf.Storage;
using Vektagraf.TestKit.Services;

namespace Vektagraf.Azure.Tests.Insights;

/// <summary>What the store does when the service or the way to it fails.</summary>
public sealed class CosmosInsightStoreFaultTests(CosmosServer server) : IAsyncLifetime
{
    private readonly string _container = $"f{Guid.NewGuid():N}";
    private readonly FaultyHandler _network = new();
    private string _connectionString = string.Empty;
    private CosmosInsightStore? _store;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private CosmosInsightStore Store => _store ?? throw new InvalidOperationException("The store was not created.");

    public async ValueTask InitializeAsync()
    {
        _connectionString = await server.GetConnectionStringAsync();
        _store = new CosmosInsightStore(new CosmosInsightOptions
        {
            ConnectionString = _connectionString,
            Container = _container,
            HttpClientFactory = () => new HttpClient(_network, disposeHandler: false),
            Timeout = TimeSpan.FromSeconds(20),
        });
        await _store.PutAsync(Document("a"), PutCondition.None, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _network.Fail(Fault.None, times: 0);
        _store?.Dispose();
        using var client = new CosmosClient(_connectionString, new CosmosClientOptions { ConnectionMode = ConnectionMode.Gateway, LimitToEndpoint = true });
        using var deleted = await client.GetContainer(CosmosInsightOptions.DefaultDatabase, _container).DeleteContainerStreamAsync();
        _network.Dispose();
    }

    [Fact]
    public async Task EveryCall_WhenThrottledAFewTimes_IsRepeated()
    {
        _network.Fail(Fault.Throttled, times: 2);
        Assert.NotNull(await Store.PutAsync(Document("b"), PutCondition.Absent, Cancel));
        Assert.Equal(3, _network.Requests);
        _network.Fail(Fault.Throttled, times: 2);
        Assert.NotNull(await Store.GetAsync("p", "b", Cancel));
    }

    [Fact]
    public async Task EveryCall_WhenThrottledForLong_FailsAndSaysWhy()
    {
        _network.Fail(Fault.Throttled, times: int.MaxValue);
        foreach (var call in Calls())
        {
            _network.Requests = 0;
            var e = await Assert.ThrowsAsync<InsightStoreException>(call);
            Assert.Contains("429", e.Message, StringComparison.Ordinal);
            Assert.InRange(_network.Requests, 2, 10);
        }
    }

    [Theory]
    [InlineData(Fault.Broken)]
    [InlineData(Fault.Forbidden)]
    [InlineData(Fault.ContainerMissing)]
    [InlineData(Fault.NotJson)]
    public async Task EveryCall_WhenTheServiceFails_FailsAsInsightStore(Fault fault)
    {
        _network.Fail(fault, times: int.MaxValue);
        foreach (var call in Calls().Take(fault == Fault.NotJson ? 1 : int.MaxValue))
        {
            var e = await Assert.ThrowsAsync<InsightStoreException>(call);
            Assert.Contains(_container, e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("AccountKey", e.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task PutAsync_WhenOnlyTheAnswerWasLost_KnowsItsOwnWriteAgain_OrFails()
    {
        foreach (var condition in new[] { PutCondition.Absent, PutCondition.Match((await Store.GetAsync("p", "a", Cancel))!.ETag!) })
        {
            var id = condition.MustBeAbsent ? "new" : "a";
            _network.Fail(Fault.AnswerLost, times: 1);
            try
            {
                var etag = await Store.PutAsync(Document(id), condition, Cancel);
                Assert.Equal((await Store.GetAsync("p", id, Cancel))!.ETag, etag);
            }
            catch (InsightStoreException)
            {
                Assert.NotNull(await Store.GetAsync("p", id, Cancel));
            }
        }
    }

    [Fact]
    public async Task PutAsync_WhenTheServiceSaysItIsThereAlready_AndThisWriteMadeIt_GivesItsETag()
    {
        _network.Fail(Fault.SentTwice, times: 1);
        var created = await Store.PutAsync(Document("new"), PutCondition.Absent, Cancel);
        Assert.NotNull(created);
        _network.Fail(Fault.SentTwice, times: 1);
        var replaced = await Store.PutAsync(Document("new"), PutCondition.Match(created), Cancel);
        Assert.Equal((await Store.GetAsync("p", "new", Cancel))!.ETag, replaced);
        Assert.Null(await Store.PutAsync(Document("new"), PutCondition.Match(created), Cancel));
    }

    [Fact]
    public async Task EveryCall_WhenTheServiceDoesNotAnswer_FailsInTime()
    {
        using var store = new CosmosInsightStore(new CosmosInsightOptions
        {
            ConnectionString = _connectionString,
            Container = _container,
            HttpClientFactory = () => new HttpClient(_network, disposeHandler: false),
            Timeout = TimeSpan.FromSeconds(1),
        });
        _network.Fail(Fault.NeverAnswers, times: int.MaxValue);
        var e = await Assert.ThrowsAsync<InsightStoreException>(() => store.GetAsync("p", "a", Cancel));
        Assert.Contains("in time", e.Message, StringComparison.Ordinal);
        _network.Fail(Fault.None, times: 0);
        Assert.NotNull(await store.GetAsync("p", "a", Cancel));
    }

    [Fact]
    public async Task EveryCall_WhenTheCallerCancels_IsCancelledAndNoStoreError()
    {
        using var cancel = new CancellationTokenSource();
        _network.Fail(Fault.NeverAnswers, times: 1);
        var reading = Store.GetAsync("p", "a", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private static InsightDocument Document(string id) => new() { Partition = "p", Id = id, Timestamp = DateTimeOffset.UnixEpoch, Content = Encoding.UTF8.GetBytes("{}") };

    private Func<Task>[] Calls() =>
    [
        () => Store.GetAsync("p", "a", Cancel),
        () => Store.PutAsync(Document("a"), PutCondition.None, Cancel),
        () => Store.PutAsync(Document("c"), PutCondition.Absent, Cancel),
        () => Store.PutAsync(Document("a"), PutCondition.Match("\"0\""), Cancel),
        () => Store.QueryAsync("p", new InsightRange(PageSize: 5), null, Cancel),
        () => Store.DeleteAsync("p", "a", "\"0\"", Cancel),
    ];

    public enum Fault
    {
        None,
        Throttled,
        Broken,
        Forbidden,
        ContainerMissing,
        NotJson,
        AnswerLost,
        SentTwice,
        NeverAnswers,
    }

    private sealed class FaultyHandler() : DelegatingHandler(new SocketsHttpHandler())
    {
        private Fault _fault;
        private int _times;

        public int Requests { get; set; }

        public void Fail(Fault fault, int times) => (_fault, _times, Requests) = (fault, times, 0);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // The client also asks, in the background, for the account and its partitions.
            if (!request.RequestUri!.AbsolutePath.Contains("/docs", StringComparison.Ordinal))
            {
                return await base.SendAsync(request, cancellationToken);
            }

            Requests++;
            if (_times == 0)
            {
                return await base.SendAsync(request, cancellationToken);
            }

            _times--;
            switch (_fault)
            {
                case Fault.Throttled:
                    return Answer(request, HttpStatusCode.TooManyRequests, "{}", ("x-ms-retry-after-ms", "1"), ("x-ms-substatus", "3200"));
                case Fault.Broken:
                    return Answer(request, HttpStatusCode.InternalServerError, "{}");
                case Fault.Forbidden:
                    return Answer(request, HttpStatusCode.Forbidden, "{}");
                case Fault.ContainerMissing:
                    return Answer(request, HttpStatusCode.NotFound, "{}", ("x-ms-substatus", "1003"));
                case Fault.NotJson:
                    return Answer(request, HttpStatusCode.OK, "<html>");
                case Fault.AnswerLost:
                    (await base.SendAsync(request, cancellationToken)).Dispose();
                    throw new HttpRequestException("The answer was lost.");
                case Fault.SentTwice:
                    await request.Content!.LoadIntoBufferAsync(cancellationToken);
                    (await base.SendAsync(request, cancellationToken)).Dispose();
                    return await base.SendAsync(await CopyAsync(request), cancellationToken);
                default:
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                    goto case Fault.AnswerLost;
            }
        }

        private static HttpResponseMessage Answer(HttpRequestMessage request, HttpStatusCode status, string body, params (string Name, string Value)[] headers)
        {
            var response = new HttpResponseMessage(status) { RequestMessage = request, Content = new StringContent(body, Encoding.UTF8, "application/json") };
            foreach (var (name, value) in headers)
            {
                response.Headers.Add(name, value);
            }

            return response;
        }

        private static async Task<HttpRequestMessage> CopyAsync(HttpRequestMessage request)
        {
            var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync()) };
            foreach (var header in request.Headers)
            {
                copy.Headers.TryAddWithoutValidation(header.Key, header.Value);
            }

            return copy;
        }
    }
}
