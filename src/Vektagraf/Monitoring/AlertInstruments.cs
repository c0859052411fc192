using System.Diagnostics.Metrics;

namespace Vektagraf.Monitoring;

/// <summary>Names under which alerts are measured.</summary>
/// <remarks>Tags: <c>name</c> of the threshold, <c>metric</c>, <c>severity</c> (<c>info</c>, <c>warning</c>, <c>critical</c>) and <c>state</c> (<c>raised</c>, <c>resolved</c>).</remarks>
public static class AlertInstruments
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Vektagraf.Monitoring";

    /// <summary>Counter of alerts raised and resolved.</summary>
    public const string AlertsName = "vektagraf.alerts";

    private static readonly Meter Meter = new(MeterName);

    internal static Counter<long> Alerts { get; } = Meter.CreateCounter<long>(AlertsName, "{alert}", "Alerts raised and resolved.");
}
