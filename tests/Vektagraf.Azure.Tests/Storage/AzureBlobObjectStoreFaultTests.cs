using System.Net;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Vektagraf.Storage;
using Vektagraf.TestKit.Services;

namespace Vektagraf.Azure.Tests.Storage;

/// <summary>What the store does when the network or the service fails: reads again, writes never.</summary>
public sealed class AzureBlobObjectStoreFaultTests(AzuriteServer server) : IAsyncLifetime
{
    private readonly string _container = $"f{Guid.NewGuid():N}";
    private readonly FaultyHandler _network = new();
    private AzureBlobObjectStore? _store;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private AzureBlobObjectStore Store => _store ?? throw new InvalidOperationException("The store was not created.");

    public async ValueTask InitializeAsync()
    {
        BlobClientOptions options = AzureBlobObjectStore.CreateClientOptions();
        options.Transport = new HttpClientTransport(new HttpClient(_network));
        _store = new AzureBlobObjectStore(new BlobContainerClient(await server.GetConnectionStringAsync(), _container, options));
        await _store.EnsureContainerAsync(Cancel);
        await _store.PutAsync("a", "one"u8.ToArray(), PutCondition.Absent, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            _network.Fail(Fault.None, times: 0);
            await new BlobContainerClient(await server.GetConnectionStringAsync(), _container).DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
        }

        _network.Dispose();
    }

    [Theory]
    [InlineData(Fault.Busy)]
    [InlineData(Fault.RequestLost)]
    [InlineData(Fault.AnswerLost)]
    [InlineData(Fault.TimedOut)]
    public async Task PutAsync_WhenTheOutcomeIsUnknown_IsSentOnceAndFailsAsTransient(Fault fault)
    {
        _network.Fail(fault, times: int.MaxValue);
        foreach (PutCondition condition in new[] { PutCondition.Absent, PutCondition.None, PutCondition.Match("\"0x1\"") })
        {
            _network.Requests = 0;
            var error = await Assert.ThrowsAsync<ObjectStoreException>(() => Store.PutAsync("b", "two"u8.ToArray(), condition, Cancel));
            Assert.True(error.IsTransient);
            Assert.Equal(1, _network.Requests);
        }
    }

    [Fact]
    public async Task PutAsync_WhenOnlyTheAnswerWasLost_TheObjectIsThere()
    {
        _network.Fail(Fault.AnswerLost, times: 1);
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.PutAsync("b", "two"u8.ToArray(), PutCondition.Absent, Cancel));
        GetResult result = await Store.GetAsync("b", cancellationToken: Cancel);
        Assert.Equal("two"u8, result.Content.Span);
        Assert.False((await Store.PutAsync("b", "three"u8.ToArray(), PutCondition.Absent, Cancel)).Written);
    }

    [Fact]
    public async Task DeleteAsync_WhenTheOutcomeIsUnknown_IsSentOnceAndFailsAsTransient()
    {
        _network.Fail(Fault.AnswerLost, times: 1);
        Assert.True((await Assert.ThrowsAsync<ObjectStoreException>(() => Store.DeleteAsync("a", Cancel))).IsTransient);
        Assert.Equal(1, _network.Requests);
        Assert.False(await Store.DeleteAsync("a", Cancel));
    }

    [Theory]
    [InlineData(Fault.Busy)]
    [InlineData(Fault.RequestLost)]
    [InlineData(Fault.AnswerLost)]
    public async Task Reads_WhenTheServiceFailsOnce_AreRepeated(Fault fault)
    {
        _network.Fail(fault, times: 1);
        Assert.True((await Store.GetAsync("a", cancellationToken: Cancel)).Found);
        Assert.Equal(2, _network.Requests);
        _network.Fail(fault, times: 1);
        Assert.Single((await Store.ListAsync(string.Empty, cancellationToken: Cancel)).Entries);
        Assert.Equal(2, _network.Requests);
    }

    [Theory]
    [InlineData(Fault.Busy)]
    [InlineData(Fault.RequestLost)]
    [InlineData(Fault.TimedOut)]
    public async Task Reads_WhenTheServiceKeepsFailing_FailAsTransient(Fault fault)
    {
        _network.Fail(fault, times: int.MaxValue);
        Assert.True((await Assert.ThrowsAsync<ObjectStoreException>(() => Store.GetAsync("a", cancellationToken: Cancel))).IsTransient);
    }

    [Fact]
    public async Task GetAsync_WhenTheCallerCancels_IsCancelledAndNoStoreError()
    {
        using var cancel = new CancellationTokenSource();
        _network.Fail(Fault.NeverAnswers, times: 1);
        Task<GetResult> reading = Store.GetAsync("a", cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    public enum Fault
    {
        None,
        Busy,
        RequestLost,
        AnswerLost,
        TimedOut,
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
            Requests++;
            if (_times == 0)
            {
                return await base.SendAsync(request, cancellationToken);
            }

            _times--;
            switch (_fault)
            {
                case Fault.Busy:
                    return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { RequestMessage = request, Content = new ByteArrayContent([]) };
                case Fault.AnswerLost:
                    (await base.SendAsync(request, cancellationToken)).Dispose();
                    throw new HttpRequestException("The answer was lost.");
                case Fault.TimedOut:
                    throw new TaskCanceledException("The request took too long.");
                case Fault.NeverAnswers:
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                    goto default;
                default:
                    throw new HttpRequestException("The request was lost.");
            }
        }
    }
}
