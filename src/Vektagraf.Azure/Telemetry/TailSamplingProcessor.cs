using System.Diagnostics;
using OpenTelemetry;

namespace Vektagraf.Azure.Telemetry;

/// <summary>
/// Decides about the spans of a request when all of it is known: holds them back until the first span that this process began has ended, then passes on
/// those of requests with an error, of slow ones, and of a share of the others. ADR 33 says why.
/// </summary>
/// <remarks>
/// What is held back hangs on the spans themselves, so that a span that never ends holds nothing beyond its own life. Spans that end after the first one,
/// such as those of work that a request began in the background, follow the decision that was taken.
/// </remarks>
public sealed class TailSamplingProcessor : CompositeProcessor<Activity>
{
    /// <summary>Spans of one request that are held back; beyond, further ones are dropped, and the first one says how many.</summary>
    public const int MostSpans = 512;

    /// <summary>Attribute of the first span: how many spans of the request were dropped because there were too many.</summary>
    public const string DroppedAttribute = "vektagraf.telemetry.dropped_spans";

    private const string Property = "Vektagraf.LocalTrace";

    private readonly IReadOnlyList<BaseProcessor<Activity>> _kept;
    private readonly IReadOnlyList<BaseProcessor<Activity>> _keptByShare;
    private readonly TraceShare _share;
    private readonly TimeSpan _slow;

    /// <summary>Creates the processor.</summary>
    /// <param name="kept">Who gets the spans of requests with an error, and of slow ones: each stands for itself.</param>
    /// <param name="keptByShare">Who gets the spans of the share: each stands for several. May be the same.</param>
    /// <param name="ratio">Share of ordinary requests to keep, 0 to 1.</param>
    /// <param name="slow">Duration from which on a request is slow.</param>
    public TailSamplingProcessor(IReadOnlyList<BaseProcessor<Activity>> kept, IReadOnlyList<BaseProcessor<Activity>> keptByShare, double ratio, TimeSpan slow)
        : base(kept.Concat(keptByShare).Distinct())
    {
        _kept = kept;
        _keptByShare = keptByShare;
        _share = new TraceShare(ratio);
        _slow = slow;
    }

    /// <inheritdoc/>
    public override void OnStart(Activity data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var trace = data.Parent?.GetCustomProperty(Property) as LocalTrace ?? new LocalTrace(data);
        data.SetCustomProperty(Property, trace);
        base.OnStart(data);
    }

    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.GetCustomProperty(Property) is not LocalTrace trace)
        {
            // Began before there was a processor.
            return;
        }

        var ended = trace.End(data, Decide);
        var (next, state) = trace.Decision == TraceDecision.KeptByShare ? (_keptByShare, _share.TraceState) : (_kept, TraceShare.Everything);
        foreach (var span in ended)
        {
            if (string.IsNullOrEmpty(span.TraceStateString))
            {
                span.TraceStateString = state;
            }

            foreach (var processor in next)
            {
                processor.OnEnd(span);
            }
        }
    }

    private TraceDecision Decide(Activity first, bool hasError) =>
        hasError || first.Duration >= _slow ? TraceDecision.Kept
        : _share.Contains(first.TraceId) ? TraceDecision.KeptByShare
        : TraceDecision.Dropped;

    private enum TraceDecision
    {
        None,
        Kept,
        KeptByShare,
        Dropped,
    }

    /// <summary>What this process does for one request.</summary>
    private sealed class LocalTrace(Activity first)
    {
        private readonly Lock _lock = new();
        private List<Activity>? _held;
        private bool _hasError;
        private int _dropped;

        public TraceDecision Decision { get; private set; }

        /// <summary>Takes note of a span that ended.</summary>
        /// <returns>The spans to pass on now, in the order in which they ended.</returns>
        public List<Activity> End(Activity span, Func<Activity, bool, TraceDecision> decide)
        {
            lock (_lock)
            {
                _hasError |= span.Status == ActivityStatusCode.Error;
                if (Decision != TraceDecision.None)
                {
                    return Decision == TraceDecision.Dropped ? [] : [span];
                }

                if (span != first)
                {
                    Hold(span);
                    return [];
                }

                Decision = decide(span, _hasError);
                if (_dropped > 0)
                {
                    span.SetTag(DroppedAttribute, _dropped);
                }

                List<Activity> held = [.. _held ?? [], span];
                _held = null;
                return Decision == TraceDecision.Dropped ? [] : held;
            }
        }

        private void Hold(Activity span)
        {
            _held ??= [];
            if (_held.Count < MostSpans)
            {
                _held.Add(span);
            }
            else
            {
                _dropped++;
            }
        }
    }
}
