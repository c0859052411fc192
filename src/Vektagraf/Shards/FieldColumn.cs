using Vektagraf.Collections;
using Vektagraf.Querying;

namespace Vektagraf.Shards;

/// <summary>
/// The values of one declared field, one for each row of the memtable, so that filters and orderings need not read JSON.
/// One writer appends; readers read rows published before.
/// </summary>
internal abstract class FieldColumn
{
    /// <summary>Distinct values seen, where the column knows; null where it does not.</summary>
    public virtual int? Cardinality => null;

    /// <summary>Makes the column for a type.</summary>
    /// <returns>Null for <see cref="FieldType.Text"/>: long strings are rarely filtered on and read from the properties then.</returns>
    public static FieldColumn? For(FieldType type) => type switch
    {
        FieldType.String => new StringColumn(),
        FieldType.Number => new NumberColumn(),
        FieldType.Boolean or FieldType.DateTime => new TicksColumn(type),
        FieldType.StringArray => new StringArrayColumn(),
        FieldType.Geo => new GeoColumn(),
        _ => null,
    };

    /// <summary>Appends the value of the next row.</summary>
    public abstract void Append(in FieldValue value);

    /// <summary>Reads the value of a row.</summary>
    public abstract FieldValue Read(int row);

    private sealed class StringColumn : FieldColumn
    {
        private const int Missing = -1;
        private readonly Dictionary<string, int> _codes = new(StringComparer.Ordinal);
        private readonly ChunkedList<string> _strings = new();
        private readonly ChunkedList<int> _rows = new();

        public override int? Cardinality => _strings.Count;

        public override void Append(in FieldValue value)
        {
            if (value.Kind != FieldValueKind.String)
            {
                _rows.Add(Missing);
                return;
            }

            if (!_codes.TryGetValue(value.AsString, out var code))
            {
                code = _strings.Add(value.AsString);
                _codes.Add(value.AsString, code);
            }

            _rows.Add(code);
        }

        public override FieldValue Read(int row) => _rows[row] is var code && code == Missing ? FieldValue.Null : FieldValue.From(_strings[code]);
    }

    private sealed class NumberColumn : FieldColumn
    {
        // Stored numbers are finite, so NaN is free to say "missing".
        private readonly ChunkedList<double> _rows = new();

        public override void Append(in FieldValue value) => _rows.Add(value.Kind == FieldValueKind.Number ? value.AsNumber : double.NaN);

        public override FieldValue Read(int row) => _rows[row] is var number && double.IsNaN(number) ? FieldValue.Null : FieldValue.From(number);
    }

    private sealed class TicksColumn(FieldType type) : FieldColumn
    {
        private const long Missing = long.MinValue;
        private readonly ChunkedList<long> _rows = new();

        public override void Append(in FieldValue value) => _rows.Add(value.Kind switch
        {
            FieldValueKind.Boolean when type == FieldType.Boolean => value.AsBoolean ? 1 : 0,
            FieldValueKind.DateTime when type == FieldType.DateTime => value.AsUtcTicks,
            _ => Missing,
        });

        public override FieldValue Read(int row)
        {
            var bits = _rows[row];
            return bits == Missing ? FieldValue.Null
                : type == FieldType.Boolean ? FieldValue.From(bits != 0)
                : FieldValue.FromUtcTicks(bits);
        }
    }

    private sealed class StringArrayColumn : FieldColumn
    {
        private readonly Dictionary<string, string> _interned = new(StringComparer.Ordinal);
        private readonly ChunkedList<string[]?> _rows = new();

        public override int? Cardinality => _interned.Count;

        public override void Append(in FieldValue value) =>
            _rows.Add(value.Kind == FieldValueKind.StringArray ? [.. value.AsStringArray.Select(Intern)] : null);

        public override FieldValue Read(int row) => _rows[row] is { } strings ? FieldValue.From(strings) : FieldValue.Null;

        private string Intern(string value)
        {
            if (!_interned.TryGetValue(value, out var interned))
            {
                _interned.Add(value, value);
                interned = value;
            }

            return interned;
        }
    }

    private sealed class GeoColumn : FieldColumn
    {
        private readonly ChunkedList<(double Longitude, double Latitude)> _rows = new();

        public override void Append(in FieldValue value) =>
            _rows.Add(value.Kind == FieldValueKind.Geo ? (value.Longitude, value.Latitude) : (double.NaN, double.NaN));

        public override FieldValue Read(int row) =>
            _rows[row] is var point && double.IsNaN(point.Longitude) ? FieldValue.Null : FieldValue.FromGeo(point.Longitude, point.Latitude);
    }
}
