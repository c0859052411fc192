using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Shards;

/// <summary>Where the fields of a filter or an ordering are found in one memtable; made once for each query and shard.</summary>
internal sealed class FieldMapping
{
    private readonly FilterField[] _fields;
    private readonly FieldColumn?[] _columns;

    public FieldMapping(IReadOnlyList<FilterField> fields, Memtable table)
    {
        _fields = [.. fields];
        _columns = [.. fields.Select(f => ColumnOf(f.Path, table))];
        Table = table;
    }

    public Memtable Table { get; }

    public FieldValue Read(int row, int field)
    {
        if (_columns[field] is { } column)
        {
            return column.Read(row);
        }

        return _fields[field] switch
        {
            { Path.Kind: FilterPathKind.Id } => FieldValue.From(Table.IdOf(row)),
            { Path.Kind: FilterPathKind.Type } => Table.TypeOf(row) is { } type ? FieldValue.From(type) : FieldValue.Null,
            var undeclared => JsonFieldReader.Read(Table.PropertiesOf(row).Span, undeclared),
        };
    }

    /// <summary>The declared field that a path means if there is one. A declared field named "type" hides the object's type.</summary>
    public static string? ColumnName(FilterPath path) => path is { Kind: not FilterPathKind.Id, Segments.Count: 1 } ? path.Segments[0] : null;

    private static FieldColumn? ColumnOf(FilterPath path, Memtable table) =>
        ColumnName(path) is { } name ? table.Columns.GetValueOrDefault(name) : null;
}

/// <summary>One row of a memtable as filters see it.</summary>
internal readonly struct MemtableRow(FieldMapping mapping, int row) : IFieldReader
{
    /// <inheritdoc/>
    public FieldValue Read(int fieldIndex) => mapping.Read(row, fieldIndex);
}
