using Vektagraf.Collections;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <content>
/// Loading whole segments. Rows, columns and vectors are kept apart in segments as they are here, so each is loaded by itself; nothing of
/// them is shared, so that while one waits for the store the others go on.
/// </content>
internal sealed partial class Memtable
{
    /// <summary>Fills an empty memtable with the live objects of segments, and publishes them as a whole.</summary>
    /// <param name="source">The segments.</param>
    /// <param name="indexes">The stored indexes of the vector fields.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task LoadAsync(ShardSegments source, StoredIndexes indexes, CancellationToken cancellationToken)
    {
        var segments = source.OpenAll();
        var live = await source.LiveRowsAsync(segments, cancellationToken);

        // Fields declared after one of the segments was written: there their values stand in the properties alone, so that they are read
        // from the properties in all of them, or their order would depend on who is first.
        var undeclared = Array.FindAll(_columns, c => segments.Any(s => !HasColumn(s, c)));
        var rows = LoadRowsAsync(segments, live, undeclared, cancellationToken);
        await Task.WhenAll([
            rows,
            .. _columns.Except(undeclared).Select(c => LoadColumnAsync(c, segments, live, cancellationToken)),
            .. _vectors.Select(v => LoadVectorsAsync(v, segments, live, rows, indexes, cancellationToken))]);
        _loadedRows = _rows.Count;
        Publish(BaseSequence, Snapshot.Progress);
    }

    private async Task LoadRowsAsync(
        IReadOnlyList<Segment> segments, RowSet[] live, (byte[] Name, FieldDefinition Definition, FieldColumn Column)[] undeclared, CancellationToken cancellationToken)
    {
        for (var i = 0; i < segments.Count; i++)
        {
            await foreach (var group in segments[i].ReadGroupsAsync(cancellationToken))
            {
                for (var index = 0; index < group.Count; index++)
                {
                    if (live[i].Contains(group.FirstRow + index))
                    {
                        var (id, version, type, properties) = group[index];
                        AppendSparse(group.SparseOf(index));
                        var row = AppendBareRow(id, type, version, NoRow, properties.Span);
                        AppendColumns(properties.Span, undeclared);
                        Reveal(id, row);
                    }
                }
            }
        }
    }

    private static async Task LoadColumnAsync(
        (byte[] Name, FieldDefinition Definition, FieldColumn Column) column, IReadOnlyList<Segment> segments, RowSet[] live, CancellationToken cancellationToken)
    {
        for (var i = 0; i < segments.Count; i++)
        {
            if (await segments[i].ReadColumnAsync(NameOf(column), cancellationToken) is { } values)
            {
                for (var row = 0; row < values.Count; row++)
                {
                    if (live[i].Contains(row))
                    {
                        column.Column.Append(values.Values.Read(row));
                    }
                }
            }
        }
    }

    private async Task LoadVectorsAsync(
        VectorColumn column, IReadOnlyList<Segment> segments, RowSet[] live, Task rows, StoredIndexes indexes, CancellationToken cancellationToken)
    {
        var stored = await indexes.ReadAsync(column, cancellationToken);
        if (stored is null)
        {
            await LoadVectorsAsync(column, segments, live, static (_, _) => false, cancellationToken);
            return;
        }

        // Vectors go where the index has them: which row is which version, the rows say.
        var places = stored.Places();
        column.AppendPlaces(stored.Versions.Length);
        await rows;
        await LoadVectorsAsync(column, segments, live, Place, cancellationToken);
        indexes.Attach(column, stored);

        bool Place(int row, (ReadOnlyMemory<byte> LittleEndian, byte GeneratedBy) vector)
        {
            if (!places.Remove(_rows[row].Version, out var ordinal))
            {
                return false;
            }

            column.Place(row, ordinal, vector.LittleEndian.Span, vector.GeneratedBy);
            return true;
        }
    }

    private static async Task LoadVectorsAsync(
        VectorColumn column,
        IReadOnlyList<Segment> segments,
        RowSet[] live,
        Func<int, (ReadOnlyMemory<byte> LittleEndian, byte GeneratedBy), bool> place,
        CancellationToken cancellationToken)
    {
        var row = 0;
        for (var i = 0; i < segments.Count; i++)
        {
            var next = 0;
            var field = segments[i].FieldOf(column.Field);
            if (field >= 0)
            {
                var rows = await segments[i].ReadVectorRowsAsync(field, cancellationToken);
                var bytes = segments[i].Vectors[field].VectorBytes;
                await foreach (var block in segments[i].ReadVectorsAsync(field, cancellationToken))
                {
                    for (var at = 0; at < block.Count; at++)
                    {
                        var owner = rows.RowOf(block.FirstOrdinal + at);
                        row = AppendWithout(column, live[i], ref next, owner, row);
                        if (live[i].Contains(owner))
                        {
                            var vector = block.LittleEndian.Slice(at * bytes, bytes);
                            var generatedBy = rows.GeneratedBy(block.FirstOrdinal + at);
                            if (bytes != column.Definition.Dimensions * sizeof(float) || !place(row, (vector, generatedBy)))
                            {
                                column.Append(row, vector.Span, generatedBy);
                            }

                            row++;
                        }

                        next = owner + 1;
                    }
                }
            }

            row = AppendWithout(column, live[i], ref next, segments[i].RowCount, row);
        }
    }

    /// <summary>Rows up to one that has a vector have none.</summary>
    /// <returns>The memtable's next row.</returns>
    private static int AppendWithout(VectorColumn column, RowSet live, ref int next, int end, int row)
    {
        for (; next < end; next++)
        {
            if (live.Contains(next))
            {
                column.Append(row++, default, generatedBy: 0);
            }
        }

        return row;
    }

    private static bool HasColumn(Segment segment, (byte[] Name, FieldDefinition Definition, FieldColumn Column) column) =>
        segment.Columns.Any(c => c.Type == column.Definition.Type && string.Equals(c.Name, NameOf(column), StringComparison.Ordinal));

    private static string NameOf((byte[] Name, FieldDefinition Definition, FieldColumn Column) column) => System.Text.Encoding.UTF8.GetString(column.Name);
}
