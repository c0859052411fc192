using System.Globalization;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Tests.Segments;

/// <summary>Segments and their rows as text, to compare two.</summary>
internal static class SegmentText
{
    public static string Of(SegmentRow? row) => row is null ? "nothing" : string.Create(
        CultureInfo.InvariantCulture,
        $"'{row.Id}' {row.Version.ToETag()}{(row.IsTombstone ? " deleted" : "")} type '{row.Type ?? "none"}' {Encoding.UTF8.GetString(row.Properties.Span)} {string.Join(' ', row.Vectors.Select(Of))}{string.Concat(row.Sparse.Select(Of))}");

    private static string Of(NamedSparseVector vector) =>
        string.Create(CultureInfo.InvariantCulture, $" {vector.Field}={string.Join(',', vector.Indices.ToArray().Zip(vector.Values.ToArray(), (i, v) => $"{i}:{v:R}"))}");

    public static string Of(SegmentVector vector) =>
        string.Create(CultureInfo.InvariantCulture, $"{vector.Field}/{vector.GeneratedBy}={Convert.ToHexStringLower(vector.LittleEndian.Span)}");

    /// <summary>Everything that can be read of a segment.</summary>
    public static async Task<string> OfAllAsync(Segment segment)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{segment.RowCount} rows, {segment.TombstoneCount} deleted, {segment.MinSequence}-{segment.MaxSequence}, {segment.RawBytes} bytes, '{segment.FirstId}' to '{segment.LastId}'");
        await foreach (var row in segment.EnumerateAsync())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{row.RowNumber} {Of(row)}");
        }

        await foreach (var key in segment.ReadIdsAsync())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{key.RowNumber} '{key.Id}' {key.Version.ToETag()} {key.IsTombstone}");
        }

        foreach (var field in segment.Columns)
        {
            var column = (await segment.ReadColumnAsync(field.Name))!;
            text.AppendLine(CultureInfo.InvariantCulture, $"{field}: {string.Join(' ', Enumerable.Range(0, column.Count).Select(column.Read))}");
        }

        for (var field = 0; field < segment.Vectors.Count; field++)
        {
            text.AppendLine(await OfVectorsAsync(segment, field));
        }

        foreach (var (name, _) in segment.Payloads)
        {
            await foreach (var block in segment.ReadPayloadAsync(name))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"{name}: {Convert.ToHexStringLower(block.Content.Span)}");
            }
        }

        return text.ToString();
    }

    private static async Task<string> OfVectorsAsync(Segment segment, int field)
    {
        var section = segment.Vectors[field];
        var rows = await segment.ReadVectorRowsAsync(field);
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{section.Name} x {section.Dimensions}, {section.Count} vectors of {string.Join(' ', section.CountsByGenerator)}");
        text.AppendLine(string.Join(' ', Enumerable.Range(0, segment.RowCount).Select(rows.OrdinalOf)));
        await foreach (var block in segment.ReadVectorsAsync(field))
        {
            for (var i = 0; i < block.Count; i++)
            {
                var ordinal = block.FirstOrdinal + i;
                var bytes = block.LittleEndian.Slice(i * section.VectorBytes, section.VectorBytes);
                text.AppendLine(CultureInfo.InvariantCulture, $"{ordinal} row {rows.RowOf(ordinal)} by {rows.GeneratedBy(ordinal)} {Convert.ToHexStringLower(bytes.Span)}");
            }
        }

        return text.ToString();
    }
}
