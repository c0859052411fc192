using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Api.Routing;
using Vektagraf.Telemetry;

namespace Vektagraf.Api.Telemetry;

/// <summary>
/// Traces and times operations by OpenTelemetry's conventions for databases. The API is the client of an engine in its own process, so spans are of
/// kind internal; the request that they belong to is the web host's.
/// </summary>
internal sealed class OperationInstruments
{
    private static readonly Histogram<double> Shared = Create(new Meter(Instruments.Name));

    // Nobody waited for the answer; there is no status.
    private const string Cancelled = "cancelled";

    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;

    /// <summary>Makes the instruments.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="meters">Makes and owns the meter; null for one shared by the process.</param>
    public OperationInstruments(TimeProvider time, IMeterFactory? meters)
    {
        _time = time;
        _duration = meters is null ? Shared : Create(meters.Create(Instruments.Name));
    }

    /// <summary>Whether anybody listens.</summary>
    public bool IsObserved => _duration.Enabled || Instruments.Spans.HasListeners();

    /// <summary>Answers a request under a span.</summary>
    /// <param name="route">The route.</param>
    /// <param name="context">The request and its response.</param>
    /// <param name="answer">Answers it; returns the error that it answered with, null for none.</param>
    public async Task ObserveAsync(ApiRoute route, HttpContext context, Func<ApiRoute, HttpContext, Task<Exception?>> answer)
    {
        var collection = route.Template.Contains("{c}", StringComparison.Ordinal) ? context.CollectionName() : null;
        using var span = Instruments.Spans.StartActivity(collection is null ? route.Name : $"{route.Name} {collection}");
        var startedAt = _time.GetTimestamp();
        var error = await answer(route, context);
        var took = _time.GetElapsedTime(startedAt);
        var tags = TagsOf(route, NamesNothing(error) ? null : collection, context.Response.StatusCode, error);
        _duration.Record(took.TotalSeconds, tags);
        if (span is not null)
        {
            Describe(span, tags, collection, context.Response.StatusCode, error);
        }
    }

    /// <summary>Whether the name may be anything that a caller made up: metrics must not keep such.</summary>
    private static bool NamesNothing(Exception? error) => error is VektagrafException { Kind: ErrorKind.Invalid } or VektagrafException { Slug: "collection-not-found" };

    private static TagList TagsOf(ApiRoute route, string? collection, int status, Exception? error)
    {
        var tags = new TagList
        {
            { TelemetryAttributes.DbSystemName, TelemetryAttributes.SystemName },
            { TelemetryAttributes.DbOperationName, route.Name },
        };
        if (collection is not null)
        {
            tags.Add(TelemetryAttributes.DbCollectionName, collection);
        }

        if (error is not null)
        {
            var type = TypeOf(error);
            tags.Add(TelemetryAttributes.ErrorType, type);
            if (type != Cancelled)
            {
                tags.Add(TelemetryAttributes.DbResponseStatusCode, status.ToString(CultureInfo.InvariantCulture));
            }
        }

        return tags;
    }

    private static void Describe(Activity span, in TagList tags, string? collection, int status, Exception? error)
    {
        foreach (var (name, value) in tags)
        {
            span.SetTag(name, value);
        }

        span.SetTag(TelemetryAttributes.DbCollectionName, collection);
        if (error is not null && status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error, error.Message);
            span.AddException(error);
        }
    }

    private static string TypeOf(Exception error) => error switch
    {
        VektagrafException known => known.Slug,
        BadHttpRequestException => VektagrafApi.BadRequestSlug,
        OperationCanceledException or IOException => Cancelled,
        _ => error.GetType().FullName!,
    };

    private static Histogram<double> Create(Meter meter) => meter.Histogram(Instruments.OperationDuration, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10);
}
