using System.Text.Json;

namespace Vektagraf.Monitoring;

/// <summary>Alerts as JSON: the same in answers, in the stream of events and in webhooks.</summary>
public static class AlertText
{
    /// <summary>Writes an alert as an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="alert">The alert.</param>
    /// <param name="now">The present, for how long an active alert has lasted.</param>
    public static void Write(Utf8JsonWriter writer, Alert alert, DateTimeOffset now)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, alert.Id);
        writer.WriteString("name"u8, alert.Name);
        writer.WriteString("metric"u8, alert.Metric);
        if (alert.Collection is { } collection)
        {
            writer.WriteString("collection"u8, collection);
        }

        writer.WriteString("comparison"u8, MonitoringText.Of(alert.Comparison));
        writer.WriteNumber("threshold"u8, alert.Threshold);
        writer.WriteNumber("value"u8, alert.Value);
        writer.WriteNumber("worstValue"u8, alert.WorstValue);
        writer.WriteString("severity"u8, MonitoringText.Of(alert.Severity));
        writer.WriteString("state"u8, alert.State == AlertState.Active ? "active"u8 : "resolved"u8);
        writer.WriteString("since"u8, alert.Since);
        writer.WriteString("raisedAt"u8, alert.RaisedAt);
        if (alert.ResolvedAt is { } resolved)
        {
            writer.WriteString("resolvedAt"u8, resolved);
            writer.WriteString("resolution"u8, alert.Resolution);
        }

        writer.WriteNumber("durationMs"u8, alert.Duration(now).TotalMilliseconds);
        writer.WriteEndObject();
    }
}
