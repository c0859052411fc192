using Vektagraf.Collections;
using Vektagraf.Querying;

namespace Vektagraf.Shards.Segments;

/// <summary>What orders the values of a field index: a text by UTF-16 code units, or an integer that orders as the values do.</summary>
/// <param name="Bits">The integer; 0 for a text.</param>
/// <param name="Text">The text; null for an integer.</param>
internal readonly record struct FieldIndexKey(ulong Bits, string? Text) : IComparable<FieldIndexKey>
{
    /// <summary>The smallest key above this one; null above the greatest.</summary>
    public FieldIndexKey? Successor =>
        Text is not null ? new FieldIndexKey(0, Text + "\0") : Bits == ulong.MaxValue ? null : new FieldIndexKey(Bits + 1, null);

    /// <summary>The smallest key of a type.</summary>
    public static FieldIndexKey Min(FieldType type) => new(0, IsText(type) ? string.Empty : null);

    public static bool IsText(FieldType type) => type is FieldType.String or FieldType.StringArray;

    /// <summary>The key of a value, of an element where the field is an array.</summary>
    public static FieldIndexKey Of(in FieldValue value) => value.Kind switch
    {
        FieldValueKind.String => new(0, value.AsString),
        FieldValueKind.Number => new(OfNumber(value.AsNumber), null),
        FieldValueKind.Boolean => new(value.AsBoolean ? 1UL : 0, null),
        FieldValueKind.DateTime => new((ulong)value.AsUtcTicks, null),
        FieldValueKind.Geo => new(MortonCell.Of(value.Longitude, value.Latitude), null),
        _ => throw new ArgumentOutOfRangeException(nameof(value), value.Kind, "Values of this kind have no place in an index."),
    };

    /// <summary>The kind of what an index of a type holds.</summary>
    public static FieldValueKind KindOf(FieldType type) => type switch
    {
        FieldType.Number => FieldValueKind.Number,
        FieldType.Boolean => FieldValueKind.Boolean,
        FieldType.DateTime => FieldValueKind.DateTime,
        FieldType.Geo => FieldValueKind.Geo,
        _ => FieldValueKind.String,
    };

    /// <summary>The number of a key made of one.</summary>
    public double ToNumber() => BitConverter.UInt64BitsToDouble((Bits & SignBit) != 0 ? Bits ^ SignBit : ~Bits);

    public int CompareTo(FieldIndexKey other) => Text is null ? Bits.CompareTo(other.Bits) : string.CompareOrdinal(Text, other.Text);

    private const ulong SignBit = 1UL << 63;

    // Floating point orders as sign and magnitude: negative numbers backwards, below all others. −0 equals 0.
    private static ulong OfNumber(double number)
    {
        var bits = BitConverter.DoubleToUInt64Bits(number == 0 ? 0 : number);
        return (bits & SignBit) != 0 ? ~bits : bits | SignBit;
    }
}
