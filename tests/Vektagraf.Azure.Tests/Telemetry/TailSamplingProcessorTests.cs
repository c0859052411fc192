using System.Diagnostics;
using CsCheck;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Vektagraf.Azure.Telemetry;

public sealed class TailSamplingProcessorTests : IDisposable
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private readonly string _name = $"tail-{Guid.NewGuid()}";
    private readonly ActivitySource _source;
    private readonly Collector _kept = new();
    private readonly Collector _keptByShare = new();

    public TailSamplingProcessorTests() => _source = new ActivitySource(_name);

    public void Dispose() => _source.Dispose();

    [Fact]
    public void OrdinaryRequest_OutsideOfTheShare_IsDroppedWhole()
    {
        using var provider = Build(ratio: 0);
        Run(TimeSpan.FromMilliseconds(10));
        Assert.Empty(_kept.Spans);
        Assert.Empty(_keptByShare.Spans);
    }

    [Fact]
    public void OrdinaryRequest_WithinTheShare_IsPassedOnWholeAndSaysWhatItStandsFor()
    {
        using var provider = Build(ratio: 0.25);
        Run(TimeSpan.FromMilliseconds(10), trace: "0123456789abcdef01ffffffffffffff");
        Run(TimeSpan.FromMilliseconds(10), trace: "0123456789abcdef01bfffffffffffff");
        Assert.Empty(_kept.Spans);
        Assert.Equal(["inner", "outer"], _keptByShare.Spans.Select(s => s.OperationName));
        Assert.All(_keptByShare.Spans, s => Assert.Equal("ot=th:c", s.TraceStateString));
    }

    [Fact]
    public void SlowRequest_IsKeptWithWhatLedToIt()
    {
        using var provider = Build(ratio: 0);
        Run(Slow);
        Run(Slow - TimeSpan.FromTicks(1));
        Assert.Equal(["inner", "outer"], _kept.Spans.Select(s => s.OperationName));
        Assert.All(_kept.Spans, s => Assert.Equal("ot=th:0", s.TraceStateString));
    }

    [Fact]
    public void RequestWithAnErrorWithin_IsKeptWhole()
    {
        using var provider = Build(ratio: 0);
        Run(TimeSpan.FromMilliseconds(10), inner => inner.SetStatus(ActivityStatusCode.Error));
        Assert.Equal(["inner", "outer"], _kept.Spans.Select(s => s.OperationName));
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(1.0, 1)]
    public void SpanThatEndsAfterTheRequest_FollowsItsDecision(double ratio, int expected)
    {
        using var provider = Build(ratio);
        var outer = _source.StartActivity("outer")!;
        var late = _source.StartActivity("late")!;
        outer.Stop();
        late.Stop();
        Assert.Equal(expected, _keptByShare.Spans.Count(s => s.OperationName == "late"));
    }

    [Fact]
    public void RequestWithTooManySpans_DropsThoseBeyondAndSaysHowMany()
    {
        using var provider = Build(ratio: 1);
        using (_source.StartActivity("outer"))
        {
            for (var i = 0; i < TailSamplingProcessor.MostSpans + 3; i++)
            {
                _source.StartActivity("inner")!.Stop();
            }
        }

        Assert.Equal(TailSamplingProcessor.MostSpans + 1, _keptByShare.Spans.Count);
        Assert.Equal(3, _keptByShare.Spans[^1].GetTagItem(TailSamplingProcessor.DroppedAttribute));
    }

    [Fact]
    public void TwoRequestsAtOnce_AreDecidedAboutEachByItself()
    {
        using var provider = Build(ratio: 0);
        var failing = _source.StartActivity("failing", ActivityKind.Server, parentContext: default)!;
        Activity.Current = null;
        var fine = _source.StartActivity("fine", ActivityKind.Server, parentContext: default)!;
        failing.SetStatus(ActivityStatusCode.Error);
        fine.Stop();
        failing.Stop();
        Assert.Equal(["failing"], _kept.Spans.Select(s => s.OperationName));
    }

    [Fact]
    public void SmallerShare_IsPartOfALargerOneAndAsLargeAsItSays() => Gen.Select(Gen.Double[0.01, 1], Gen.Double[0.01, 1], Gen.ULong).Sample((one, other, seed) =>
    {
        const int Traces = 4_000;
        var (small, large) = (new TraceShare(Math.Min(one, other)), new TraceShare(Math.Max(one, other)));
        var random = new Random((int)seed);
        var bytes = new byte[16];
        var inSmall = 0;
        for (var i = 0; i < Traces; i++)
        {
            random.NextBytes(bytes);
            var trace = ActivityTraceId.CreateFromBytes(bytes);
            Assert.True(!small.Contains(trace) || large.Contains(trace));
            inSmall += small.Contains(trace) ? 1 : 0;
        }

        // Six standard deviations.
        var deviation = Math.Sqrt(Traces * small.Ratio * (1 - small.Ratio));
        Assert.InRange(inSmall, (Traces * small.Ratio) - (6 * deviation) - 1, (Traces * small.Ratio) + (6 * deviation) + 1);
    }, iter: 50);

    private TracerProvider Build(double ratio) => Sdk.CreateTracerProviderBuilder()
        .SetSampler(new AlwaysOnSampler()).AddSource(_name)
        .AddProcessor(new TailSamplingProcessor([_kept], [_keptByShare], ratio, Slow)).Build();

    /// <summary>A request with one span in it.</summary>
    private void Run(TimeSpan duration, Action<Activity>? inside = null, string? trace = null)
    {
        var parent = trace is null
            ? default
            : new ActivityContext(ActivityTraceId.CreateFromString(trace), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);
        using var outer = _source.StartActivity("outer", ActivityKind.Server, parent)!;
        using (var inner = _source.StartActivity("inner")!)
        {
            inside?.Invoke(inner);
        }

        outer.SetEndTime(outer.StartTimeUtc + duration);
    }

    private sealed class Collector : BaseProcessor<Activity>
    {
        public List<Activity> Spans { get; } = [];

        public override void OnEnd(Activity data) => Spans.Add(data);
    }
}
