namespace Vektagraf.Telemetry;

/// <summary>How an instrument is read.</summary>
public enum InstrumentKind
{
    /// <summary>Adds up.</summary>
    Counter,

    /// <summary>A distribution of values.</summary>
    Histogram,

    /// <summary>A value of the moment, asked for when it is exported.</summary>
    Gauge,
}

/// <summary>What is published of one instrument.</summary>
/// <param name="Meter">Name of the meter that it belongs to.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">How it is read.</param>
/// <param name="Unit">Its unit in UCUM.</param>
/// <param name="Description">What it measures.</param>
/// <param name="Attributes">Names of the attributes that its values may have.</param>
public sealed record InstrumentDefinition(string Meter, string Name, InstrumentKind Kind, string Unit, string Description, params IReadOnlyList<string> Attributes);
