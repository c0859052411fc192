using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Insights;
using Vektagraf.Monitoring;

namespace Vektagraf.Api.Handlers;

/// <summary>Thresholds, alerts and series of metrics.</summary>
internal static class MonitoringHandlers
{
    private const int DefaultLimit = 100;

    public static async Task PutThresholdAsync(VektagrafApi api, HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.ThresholdBody);
        var name = ThresholdName(context);
        if (body.Name is not null && !string.Equals(body.Name, name, StringComparison.Ordinal))
        {
            throw VektagrafException.Invalid("/name", $"The path says '{name}'. Leave the name out, or say the same.");
        }

        var (threshold, created) = await api.Database.PutThresholdAsync(ToThreshold(name, body), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, created ? StatusCodes.Status201Created : StatusCodes.Status200OK, writer => Write(writer, threshold, state: null));
    }

    public static async Task GetThresholdAsync(VektagrafApi api, HttpContext context)
    {
        var (threshold, state) = await api.Database.GetThresholdAsync(ThresholdName(context), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer => Write(writer, threshold, state));
    }

    public static async Task ListThresholdsAsync(VektagrafApi api, HttpContext context)
    {
        var thresholds = await api.Database.ListThresholdsAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("thresholds"u8);
            foreach (var (threshold, state) in thresholds)
            {
                Write(writer, threshold, state);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("suggested"u8);
            foreach (var suggested in Threshold.Suggested.Where(s => !thresholds.Any(t => string.Equals(t.Threshold.Name, s.Name, StringComparison.Ordinal))))
            {
                Write(writer, suggested, state: null);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    public static async Task DeleteThresholdAsync(VektagrafApi api, HttpContext context)
    {
        await api.Database.DeleteThresholdAsync(ThresholdName(context), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public static async Task ListAlertsAsync(VektagrafApi api, HttpContext context)
    {
        if (AlertStreamHandlers.IsWanted(context))
        {
            await AlertStreamHandlers.StreamAsync(api, context);
            return;
        }

        var query = context.Request.Query;
        AlertState? state = Choice(context, "state", "active", "resolved") switch { null => null, "active" => AlertState.Active, _ => AlertState.Resolved };
        AlertSeverity? severity = Choice(context, "severity", "info", "warning", "critical") switch { null => null, "info" => AlertSeverity.Info, "warning" => AlertSeverity.Warning, _ => AlertSeverity.Critical };
        var name = query["name"].ToString();
        var last = await api.Database.LastAlertEventAsync(context.RequestAborted);
        var page = await api.Database.ListAlertsAsync(
            a => (state is null || a.State == state) && (severity is null || a.Severity == severity) && (name.Length == 0 || string.Equals(a.Name, name, StringComparison.Ordinal)),
            Whole(context, "limit", DefaultLimit),
            query["cursor"].ToString() is { Length: > 0 } cursor ? cursor : null,
            context.RequestAborted);
        var now = api.Time.GetUtcNow();
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("alerts"u8);
            foreach (var alert in page.Alerts)
            {
                AlertText.Write(writer, alert, now);
            }

            writer.WriteEndArray();
            writer.WriteString("cursor"u8, page.Cursor);
            writer.WriteNumber("lastEventId"u8, last);
            writer.WriteEndObject();
        });
    }

    public static async Task ReadMetricsAsync(VektagrafApi api, HttpContext context)
    {
        var names = context.Request.Query["name"].SelectMany(n => (n ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        var step = context.Request.Query["step"].ToString() is { Length: > 0 } text
            ? Durations.TryParse(text) ?? throw VektagrafException.Invalid(string.Empty, $"'step' is a number of seconds, or a time such as 30s, 5m or 1h, not '{text}'.")
            : (TimeSpan?)null;
        var report = await api.Database.ReadMetricsAsync(new MetricRequest(names, Time(context, "from"), Time(context, "to"), step), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("from"u8, report.From);
            writer.WriteString("to"u8, report.To);
            writer.WriteNumber("stepMs"u8, report.Step.TotalMilliseconds);
            writer.WriteStartArray("metrics"u8);
            foreach (var series in report.Series)
            {
                Write(writer, series);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static Threshold ToThreshold(string name, ThresholdBody body)
    {
        if (body is { DurationMs: not null, Duration: not null })
        {
            throw VektagrafException.Invalid("/duration", "Say how long either as 'durationMs' or as 'duration', not both.");
        }

        var sustained = body.Duration is { } text
            ? Durations.TryParse(text) ?? throw VektagrafException.Invalid("/duration", $"A time is written like 30s, 5m or 00:05:00, not '{text}'.")
            : body.DurationMs is { } ms
                ? ms is >= 0 and <= 1e12 ? TimeSpan.FromMilliseconds(ms) : throw VektagrafException.Invalid("/durationMs", "It is 0 or more.")
                : TimeSpan.Zero;
        return new Threshold
        {
            Name = name,
            Metric = body.Metric,
            Comparison = body.Comparison switch
            {
                ">" => ThresholdComparison.Above,
                "<" => ThresholdComparison.Below,
                "=" => ThresholdComparison.Equal,
                _ => throw VektagrafException.Invalid("/comparison", $"It is '>', '<' or '=', not '{body.Comparison}'."),
            },
            Value = body.Value,
            Sustained = sustained,
            Severity = body.Severity switch
            {
                "info" => AlertSeverity.Info,
                "warning" => AlertSeverity.Warning,
                "critical" => AlertSeverity.Critical,
                _ => throw VektagrafException.Invalid("/severity", $"It is 'info', 'warning' or 'critical', not '{body.Severity}'."),
            },
            Hysteresis = body.Hysteresis,
            Collection = body.Collection,
            Enabled = body.Enabled,
            Description = body.Description,
        };
    }

    private static void Write(Utf8JsonWriter writer, Threshold threshold, ThresholdState? state)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, threshold.Name);
        writer.WriteString("metric"u8, threshold.Metric);
        writer.WriteString("comparison"u8, threshold.Comparison switch { ThresholdComparison.Above => ">"u8, ThresholdComparison.Below => "<"u8, _ => "="u8 });
        writer.WriteNumber("value"u8, threshold.Value);
        writer.WriteNumber("durationMs"u8, threshold.Sustained.TotalMilliseconds);
        writer.WriteString("severity"u8, threshold.Severity switch { AlertSeverity.Critical => "critical"u8, AlertSeverity.Warning => "warning"u8, _ => "info"u8 });
        if (threshold.Hysteresis is { } hysteresis)
        {
            writer.WriteNumber("hysteresis"u8, hysteresis);
        }

        if (threshold.Collection is { } collection)
        {
            writer.WriteString("collection"u8, collection);
        }

        if (threshold.Description is { } description)
        {
            writer.WriteString("description"u8, description);
        }

        writer.WriteBoolean("enabled"u8, threshold.Enabled);
        if (threshold.UpdatedAt != default)
        {
            writer.WriteString("updatedAt"u8, threshold.UpdatedAt);
        }

        if (state is not null)
        {
            WriteState(writer, state);
        }

        writer.WriteEndObject();
    }

    private static void WriteState(Utf8JsonWriter writer, ThresholdState state)
    {
        writer.WriteStartObject("state"u8);
        writer.WriteString("phase"u8, state.Phase switch { ThresholdPhase.Firing => "firing"u8, ThresholdPhase.Pending => "pending"u8, _ => "ok"u8 });
        if (state.Since is { } since)
        {
            writer.WriteString("since"u8, since);
        }

        if (state.Value is { } value)
        {
            writer.WriteNumber("value"u8, value);
        }

        writer.WriteString("evaluatedAt"u8, state.EvaluatedUntil);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, MetricSeries series)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, series.Metric.Name);
        writer.WriteString("unit"u8, series.Metric.Unit);
        writer.WriteString("summary"u8, series.Metric.Summary);
        writer.WriteStartArray("points"u8);
        foreach (var point in series.Points)
        {
            writer.WriteStartObject();
            writer.WriteString("at"u8, point.At);
            if (point.Value is { } value)
            {
                writer.WriteNumber("value"u8, value);
            }
            else
            {
                writer.WriteNull("value"u8);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string ThresholdName(HttpContext context) => (string?)context.Request.RouteValues["name"] ?? string.Empty;

    private static string? Choice(HttpContext context, string name, params ReadOnlySpan<string> allowed)
    {
        var text = context.Request.Query[name].ToString();
        return text.Length == 0 ? null
            : allowed.Contains(text) ? text
            : throw VektagrafException.Invalid(string.Empty, $"Query parameter '{name}' is {string.Join(" or ", allowed!)}, not '{text}'.");
    }

    private static int Whole(HttpContext context, string name, int otherwise)
    {
        var text = context.Request.Query[name].ToString();
        return text.Length == 0 ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
            : throw VektagrafException.Invalid(string.Empty, $"Query parameter '{name}' is a whole number up to {InsightRules.MaxPageSize}, not '{text}'.");
    }

    private static DateTimeOffset? Time(HttpContext context, string name)
    {
        var text = context.Request.Query[name].ToString();
        return text.Length == 0 ? null
            : Querying.IsoDateTime.TryParse(text, out var ticks, out var problem) ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw VektagrafException.Invalid(string.Empty, $"Query parameter '{name}' is no time: {problem}.");
    }
}
