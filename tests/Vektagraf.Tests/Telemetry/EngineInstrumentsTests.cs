using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Telemetry;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Telemetry;

public sealed class EngineInstrumentsTests : IDisposable
{
    private const string Definition = """{"vectors":{"v":{"dimensions":2,"metric":"euclidean"}}}""";

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly MeterFactory _meters = new();

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task Gauges_WhenEntriesAwaitFolding_TellHowManyAndForHowLong()
    {
        await using var things = await TestCollection.CreateAsync(Definition, options: new() { Meters = _meters, Time = _clock, IndexesInBackground = false });
        await things.SaveAsync("""{"id":"a"}""");
        _clock.Advance(TimeSpan.FromSeconds(90));
        await things.SaveAsync("""{"id":"b"}""");
        Assert.Equal((2, 90), (_meters.Observe(Instruments.TailLength), _meters.Observe(Instruments.FoldLag)));

        await things.Collection.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, TestCollection.Cancel);
        await things.GetAsync("a");
        Assert.Equal((0, 0), (_meters.Observe(Instruments.TailLength), _meters.Observe(Instruments.FoldLag)));

        _clock.Advance(TimeSpan.FromSeconds(30));
        await things.SaveAsync("""{"id":"c"}""");
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((1, 5), (_meters.Observe(Instruments.TailLength), _meters.Observe(Instruments.FoldLag)));
    }

    [Fact]
    public async Task SearchAndQuery_WhenMeasured_SayWhatTheyDid()
    {
        await using var things = await TestCollection.CreateAsync(Definition, options: new() { Meters = _meters, Time = _clock, IndexesInBackground = false });
        await things.SaveAllAsync(Enumerable.Range(0, 7).Select(i => $$"""{"id":"{{i}}","vectors":{"v":[{{i}},1]} }"""));
        using var heard = _meters.Listen();
        await things.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = new float[] { 1, 1 } }, K = 3 });
        await things.QueryAsync();
        var search = new[] { "db.system.name=vektagraf", "db.operation.name=Search", "db.collection.name=things" };
        Assert.Equal(3, heard.Single(Instruments.ReturnedRows, search));
        Assert.Equal(7, heard.Single(Instruments.ReturnedRows, "db.system.name=vektagraf", "db.operation.name=Query", "db.collection.name=things"));
        Assert.Equal(7, heard.Single(Instruments.Candidates, "db.collection.name=things", "vektagraf.access_path=flat"));
        Assert.Equal(1, heard.Single(Instruments.ExpectedRecall, "db.collection.name=things", "vektagraf.access_path=flat"));
        Assert.True(heard.Single(Instruments.PredictedCost, "db.operation.name=Search", "db.collection.name=things", "vektagraf.currency=USD") > 0);
        Assert.True(heard.Single(Instruments.ActualCost, "db.operation.name=Query", "db.collection.name=things", "vektagraf.currency=USD") > 0);
    }

    [Fact]
    public async Task Search_WhenMeasured_AllocatesNoMoreThanWithout()
    {
        await using var things = await TestCollection.CreateAsync(Definition, options: new() { Meters = _meters, Time = _clock, IndexesInBackground = false });
        await things.SaveAsync("""{"id":"a","vectors":{"v":[1,1]}}""");
        var without = Allocated(things);
        using var heard = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == _meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        var measurements = 0;
        heard.SetMeasurementEventCallback<long>((_, _, _, _) => measurements++);
        heard.SetMeasurementEventCallback<double>((_, _, _, _) => measurements++);
        heard.Start();
        var with = Allocated(things);
        Assert.True(measurements > 0);
        Assert.Equal(without, with);
    }

    /// <summary>Bytes of some searches: of as many as make a whole number of rounds of those whose cost is measured or whose request is kept, when all windows are full.</summary>
    private static long Allocated(TestCollection things)
    {
        var request = new SearchRequest { Vector = new VectorQuery { Value = new float[] { 1, 1 } }, K = 1, Consistency = ReadConsistency.Eventual };
        Search(512);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Search(192);
        return GC.GetAllocatedBytesForCurrentThread() - before;

        void Search(int times)
        {
            for (var i = 0; i < times; i++)
            {
                Assert.True(things.Collection.SearchAsync(request, CancellationToken.None).IsCompletedSuccessfully);
            }
        }
    }

    private sealed class MeterFactory : IMeterFactory
    {
        private readonly List<Meter> _made = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            _made.Add(new Meter(options));
            return _made[^1];
        }

        public Measurements Listen() => new(this);

        /// <summary>The value that a gauge has now.</summary>
        public double Observe(InstrumentDefinition definition)
        {
            using var heard = Listen();
            heard.Observe();
            return heard.Single(definition, "db.collection.name=things");
        }

        public void Dispose() => _made.ForEach(m => m.Dispose());
    }

    /// <summary>What was measured since.</summary>
    private sealed class Measurements : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<(string Instrument, double Value, string Attributes)> _all = [];

        public Measurements(MeterFactory meters)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public void Observe() => _listener.RecordObservableInstruments();

        public double Single(InstrumentDefinition definition, params string[] attributes) =>
            Assert.Single(_all, m => m.Instrument == definition.Name && m.Attributes == string.Join(' ', attributes)).Value;

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (_all)
            {
                _all.Add((instrument.Name, value, string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))));
            }
        }
    }
}
