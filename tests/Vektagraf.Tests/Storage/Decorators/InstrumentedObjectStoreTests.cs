using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.Telemetry;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage.Decorators;

/// <summary>The contract while a listener measures every request, and what it hears.</summary>
public class InstrumentedObjectStoreTests : ObjectStoreContract<InstrumentedObjectStore>
{
    private readonly MeterRecorder _recorder = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly FaultInjectingObjectStore _faults;

    public InstrumentedObjectStoreTests() => _faults = new FaultInjectingObjectStore(new MemoryObjectStore(), _clock);

    public override ValueTask DisposeAsync()
    {
        _recorder.Dispose();
        return base.DisposeAsync();
    }

    [Fact]
    public async Task EveryMethod_WhenMeasured_TellsOperationAndOutcome()
    {
        string etag = await PutTextAsync("a", "12345");
        await Store.PutAsync("a", Bytes("123"), PutCondition.Absent, Cancel);
        await Store.GetAsync("a", new ByteRange(1, 3), cancellationToken: Cancel);
        await Store.GetAsync("a", ifNoneMatch: etag, cancellationToken: Cancel);
        await Store.GetAsync("b", cancellationToken: Cancel);
        await Store.ListAsync("a", cancellationToken: Cancel);
        await Store.DeleteAsync("a", Cancel);
        await Store.DeleteAsync("a", Cancel);
        Assert.Equal(
            ["put ok", "put conflict", "get ok", "get not_modified", "get missing", "list ok", "delete ok", "delete missing"],
            _recorder.Requests.Select(r => r.Name));
        Assert.Equal(3, _recorder.ReadBytes);
        Assert.Equal(8, _recorder.WrittenBytes);
    }

    [Fact]
    public async Task EveryMethod_WhenItFails_TellsHow()
    {
        _faults.FailNext(StoreOperation.Get, "a", StoreFault.LostReply);
        _faults.FailNext(StoreOperation.Put, "a", StoreFault.Refusal);
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.GetAsync("a", cancellationToken: Cancel));
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.PutAsync("a", Bytes("1234"), PutCondition.None, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync("/", Cancel));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ListAsync("a", cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal(["get transient_failure", "put failure", "delete failure", "list cancelled"], _recorder.Requests.Select(r => r.Name));
        Assert.Equal(4, _recorder.WrittenBytes);
    }

    [Fact]
    public async Task GetAsync_WhenTheReplyTakesItsTime_MeasuresSeconds()
    {
        HeldRequest held = _faults.HoldNext(StoreOperation.Get, "a");
        Task<GetResult> reading = Store.GetAsync("a", cancellationToken: Cancel);
        _clock.Advance(TimeSpan.FromMilliseconds(1_500));
        Assert.Empty(_recorder.Requests);
        held.Release();
        await reading;
        Assert.Equal(("get missing", 1.5), Assert.Single(_recorder.Requests));
    }

    [Fact]
    public void Instruments_WhenPublished_HaveTheDocumentedNamesAndUnits() => Assert.Equal(
        ["vektagraf.storage.read.bytes By", "vektagraf.storage.request.duration s", "vektagraf.storage.written.bytes By"],
        _recorder.Published.Order(StringComparer.Ordinal));

    protected override ValueTask<InstrumentedObjectStore> CreateEmptyStoreAsync() => new(new InstrumentedObjectStore(_faults, _clock, _recorder));

    private sealed class MeterRecorder : IMeterFactory
    {
        private readonly MeterListener _listener = new();
        private readonly List<Meter> _meters = [];
        private readonly Lock _lock = new();
        private readonly List<(string Name, double Seconds)> _requests = [];
        private long _readBytes;
        private long _writtenBytes;

        public MeterRecorder()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                // Other tests of the process have meters of the same name.
                if (instrument.Meter.Scope == this)
                {
                    Published.Add($"{instrument.Name} {instrument.Unit}");
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
            {
                Assert.Equal(2, tags.Length);
                Assert.Equal(("vektagraf.storage.operation", "vektagraf.outcome"), (tags[0].Key, tags[1].Key));
                lock (_lock)
                {
                    _requests.Add(($"{tags[0].Value} {tags[1].Value}", value));
                }
            });
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                Assert.Equal(0, tags.Length);
                Interlocked.Add(ref instrument.Name == Instruments.StorageReadBytes.Name ? ref _readBytes : ref _writtenBytes, value);
            });
            _listener.Start();
        }

        public List<string> Published { get; } = [];

        public IReadOnlyList<(string Name, double Seconds)> Requests => _requests;

        public long ReadBytes => Interlocked.Read(ref _readBytes);

        public long WrittenBytes => Interlocked.Read(ref _writtenBytes);

        public Meter Create(MeterOptions options)
        {
            Assert.Equal("Vektagraf.Storage", options.Name);
            options.Scope = this;
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Dispose()
        {
            _listener.Dispose();
            _meters.ForEach(m => m.Dispose());
        }
    }
}

/// <summary>The contract while nobody listens, what that costs, and spans: in one class, since listeners to spans are heard by the whole process.</summary>
public class UnobservedInstrumentedObjectStoreTests : ObjectStoreContract<InstrumentedObjectStore>
{
    [Fact]
    public void EveryMethod_WhenNobodyListens_AllocatesNothing()
    {
        var store = new InstrumentedObjectStore(new ConstantStore());
        byte[] content = [1, 2, 3];
        CallEach(store, content, times: 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        CallEach(store, content, times: 1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task EveryMethod_WhenTraced_MakesASpanWithKeyAndOutcome()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Vektagraf.Storage",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                // Other tests of the process trace other keys.
                if ((string?)span.GetTagItem("vektagraf.storage.key") is { } key && key.StartsWith("traced/", StringComparison.Ordinal))
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var faults = new FaultInjectingObjectStore(new MemoryObjectStore(), new FakeTimeProvider());
        var store = new InstrumentedObjectStore(faults);
        await store.PutAsync("traced/a", Bytes("1"), PutCondition.Absent, Cancel);
        await store.GetAsync("traced/b", cancellationToken: Cancel);
        await store.ListAsync("traced/", cancellationToken: Cancel);
        faults.FailNext(StoreOperation.Delete, "traced/a", StoreFault.LostReply);
        await Assert.ThrowsAsync<ObjectStoreException>(() => store.DeleteAsync("traced/a", Cancel));

        Assert.Equal(
            ["put traced/a ok", "get traced/b missing", "list traced/ ok", "delete traced/a transient_failure"],
            spans.Select(s => $"{s.OperationName} {s.GetTagItem("vektagraf.storage.key")} {s.GetTagItem("vektagraf.outcome")}"));
        Assert.All(spans, s => Assert.Equal(ActivityKind.Client, s.Kind));
        Assert.Equal([false, false, false, true], spans.Select(s => s.Status == ActivityStatusCode.Error));
    }

    protected override ValueTask<InstrumentedObjectStore> CreateEmptyStoreAsync() => new(new InstrumentedObjectStore(new MemoryObjectStore()));

    private static void CallEach(InstrumentedObjectStore store, byte[] content, int times)
    {
        for (int i = 0; i < times; i++)
        {
            _ = store.GetAsync("a");
            _ = store.PutAsync("a", content, PutCondition.None);
            _ = store.ListAsync("a");
            _ = store.DeleteAsync("a");
        }
    }

    /// <summary>Answers with tasks made once: what is allocated is the decorator's.</summary>
    private sealed class ConstantStore : IObjectStore
    {
        private static readonly Task<GetResult> Got = Task.FromResult(GetResult.Missing);
        private static readonly Task<PutResult> Put = Task.FromResult(PutResult.ConditionFailed);
        private static readonly Task<ListPage> Listed = Task.FromResult(new ListPage([], null));
        private static readonly Task<bool> Deleted = Task.FromResult(false);

        Task<GetResult> IObjectStore.GetAsync(string key, ByteRange? range, string? ifNoneMatch, CancellationToken cancellationToken) => Got;

        Task<PutResult> IObjectStore.PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) => Put;

        Task<ListPage> IObjectStore.ListAsync(string prefix, string? continuation, int pageSize, CancellationToken cancellationToken) => Listed;

        Task<bool> IObjectStore.DeleteAsync(string key, CancellationToken cancellationToken) => Deleted;
    }
}
