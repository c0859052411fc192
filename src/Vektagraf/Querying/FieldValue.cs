namespace Vektagraf.Querying;

/// <summary>What a field of one object holds, as filters and orderings see it.</summary>
public enum FieldValueKind
{
    /// <summary>Missing or JSON null.</summary>
    Null,

    /// <summary>A string.</summary>
    String,

    /// <summary>A number, as double.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A point in time, as UTC ticks.</summary>
    DateTime,

    /// <summary>An array of strings.</summary>
    StringArray,

    /// <summary>A point on the globe: longitude, latitude in degrees.</summary>
    Geo,

    /// <summary>A JSON object, or an array of anything but strings: equal to nothing.</summary>
    Other,
}

/// <summary>A typed value of one field of one object. Equality is that of the filter's <c>eq</c>, except that a missing value
/// equals itself, and so does <see cref="Other"/>.</summary>
public readonly struct FieldValue : IEquatable<FieldValue>
{
    private readonly object? _reference;
    private readonly double _number;
    private readonly long _bits;

    private FieldValue(FieldValueKind kind, object? reference, double number, long bits)
    {
        Kind = kind;
        _reference = reference;
        _number = number;
        _bits = bits;
    }

    /// <summary>The value's kind.</summary>
    public FieldValueKind Kind { get; }

    /// <summary>The missing value.</summary>
    public static FieldValue Null => default;

    /// <summary>A value that no filter can compare.</summary>
    public static FieldValue Other => new(FieldValueKind.Other, null, 0, 0);

    /// <summary>The string; only for <see cref="FieldValueKind.String"/>.</summary>
    public string AsString => (string)_reference!;

    /// <summary>The strings; only for <see cref="FieldValueKind.StringArray"/>.</summary>
    public IReadOnlyList<string> AsStringArray => (IReadOnlyList<string>)_reference!;

    /// <summary>The number; only for <see cref="FieldValueKind.Number"/>.</summary>
    public double AsNumber => _number;

    /// <summary>True or false; only for <see cref="FieldValueKind.Boolean"/>.</summary>
    public bool AsBoolean => _bits != 0;

    /// <summary>UTC ticks; only for <see cref="FieldValueKind.DateTime"/>.</summary>
    public long AsUtcTicks => _bits;

    /// <summary>Longitude in degrees; only for <see cref="FieldValueKind.Geo"/>.</summary>
    public double Longitude => _number;

    /// <summary>Latitude in degrees; only for <see cref="FieldValueKind.Geo"/>.</summary>
    public double Latitude => BitConverter.Int64BitsToDouble(_bits);

    /// <summary>Wraps a string.</summary>
    /// <param name="value">The string.</param>
    /// <returns>The value.</returns>
    public static FieldValue From(string value) => new(FieldValueKind.String, value, 0, 0);

    /// <summary>Wraps strings.</summary>
    /// <param name="values">The strings.</param>
    /// <returns>The value.</returns>
    public static FieldValue From(IReadOnlyList<string> values) => new(FieldValueKind.StringArray, values, 0, 0);

    /// <summary>Wraps a number.</summary>
    /// <param name="value">The number, finite.</param>
    /// <returns>The value.</returns>
    public static FieldValue From(double value) => new(FieldValueKind.Number, null, value, 0);

    /// <summary>Wraps a truth value.</summary>
    /// <param name="value">The truth value.</param>
    /// <returns>The value.</returns>
    public static FieldValue From(bool value) => new(FieldValueKind.Boolean, null, 0, value ? 1 : 0);

    /// <summary>Wraps a point in time.</summary>
    /// <param name="utcTicks">Its UTC ticks.</param>
    /// <returns>The value.</returns>
    public static FieldValue FromUtcTicks(long utcTicks) => new(FieldValueKind.DateTime, null, 0, utcTicks);

    /// <summary>Wraps a point on the globe.</summary>
    /// <param name="longitude">Degrees, −180 to 180.</param>
    /// <param name="latitude">Degrees, −90 to 90.</param>
    /// <returns>The value.</returns>
    public static FieldValue FromGeo(double longitude, double latitude) =>
        new(FieldValueKind.Geo, null, longitude, BitConverter.DoubleToInt64Bits(latitude));

    /// <summary>Whether two values are equal.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other value.</param>
    /// <returns>True when both have the same kind and the same content.</returns>
    public static bool operator ==(FieldValue left, FieldValue right) => left.Equals(right);

    /// <summary>Whether two values differ.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other value.</param>
    /// <returns>The negation of equality.</returns>
    public static bool operator !=(FieldValue left, FieldValue right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(FieldValue other) => Kind == other.Kind && Kind switch
    {
        FieldValueKind.String => string.Equals(AsString, other.AsString, StringComparison.Ordinal),
        FieldValueKind.Number => _number.Equals(other._number),
        FieldValueKind.StringArray => AsStringArray.SequenceEqual(other.AsStringArray, StringComparer.Ordinal),
        FieldValueKind.Geo => _number.Equals(other._number) && Latitude.Equals(other.Latitude),
        _ => _bits == other._bits,
    };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FieldValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Kind switch
    {
        FieldValueKind.String => string.GetHashCode(AsString, StringComparison.Ordinal),
        FieldValueKind.Number => _number.GetHashCode(),
        FieldValueKind.StringArray => AsStringArray.Aggregate(
            AsStringArray.Count,
            (hash, element) => HashCode.Combine(hash, string.GetHashCode(element, StringComparison.Ordinal))),
        FieldValueKind.Geo => HashCode.Combine(_number, Latitude),
        _ => HashCode.Combine(Kind, _bits),
    };

    /// <summary>The value as a filter literal, for messages and debugging.</summary>
    /// <returns>Text such as <c>'a'</c>, <c>1.5</c> or <c>null</c>; arrays and points in a readable form.</returns>
    public override string ToString() => Filters.FilterText.Literal(this);
}
