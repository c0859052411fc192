using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace Vektagraf.Azure.Telemetry;

/// <summary>
/// A share of all traces, by their ids: whoever asks for the same share, on whatever node, gets the same traces; a smaller share is part of a larger one.
/// By OpenTelemetry's specification of consistent probability sampling: a trace belongs to it where the last 56 bits of its id reach a threshold.
/// </summary>
internal sealed class TraceShare
{
    private const int RandomBits = 56;

    private readonly ulong _threshold;

    /// <summary>Makes a share.</summary>
    /// <param name="ratio">How large, 0 to 1.</param>
    public TraceShare(double ratio)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ratio, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ratio, 1);
        Ratio = ratio;
        _threshold = (ulong)Math.Round((1 - ratio) * (1UL << RandomBits));
        var digits = _threshold.ToString("x14", CultureInfo.InvariantCulture).TrimEnd('0');
        TraceState = digits.Length == 0 ? Everything : "ot=th:" + digits;
    }

    /// <summary>The trace state of what stands for itself alone.</summary>
    public static string Everything => "ot=th:0";

    /// <summary>How large it is.</summary>
    public double Ratio { get; }

    /// <summary>The trace state of the traces in it: it tells how many a trace stands for.</summary>
    public string TraceState { get; }

    /// <summary>Whether a trace belongs to it.</summary>
    public bool Contains(ActivityTraceId trace)
    {
        Span<byte> bytes = stackalloc byte[16];
        trace.CopyTo(bytes);
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & ((1UL << RandomBits) - 1)) >= _threshold;
    }
}
