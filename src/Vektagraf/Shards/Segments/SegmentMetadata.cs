using System.Text;
using Vektagraf.Collections;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>What a segment's footer says beyond its blocks: counts, fields, and which row group holds which ids.</summary>
internal sealed class SegmentMetadata
{
    // Since then the metadata goes on behind the payloads.
    private const ushort IndexVersion = 2;

    // And behind the indexes.
    private const ushort ListVersion = 3;

    // And behind those, and row groups have sparse vectors.
    private const ushort SparseVersion = 4;

    public required int RowCount { get; init; }

    public required int TombstoneCount { get; init; }

    public required ulong MinSequence { get; init; }

    public required ulong MaxSequence { get; init; }

    public required long RawBytes { get; init; }

    /// <summary>Greatest id; empty where there are no rows.</summary>
    public required string LastId { get; init; }

    /// <summary>For each row group a text above all ids before it and not above its own; the first is the smallest id itself.</summary>
    public required IReadOnlyList<string> Separators { get; init; }

    /// <summary>First row of each row group, and behind them the count of rows.</summary>
    public required IReadOnlyList<int> FirstRows { get; init; }

    public required IReadOnlyList<SegmentVectorSection> Vectors { get; init; }

    public required IReadOnlyList<SegmentColumnField> Columns { get; init; }

    public required IReadOnlyList<(string Name, int Blocks)> Payloads { get; init; }

    /// <summary>Field indexes; the columns that have one say so too.</summary>
    public IReadOnlyList<FieldIndexSection> Indexes { get; init; } = [];

    /// <summary>Inverted lists, of the vector fields that have them.</summary>
    public IReadOnlyList<SegmentListSection> Lists { get; init; } = [];

    /// <summary>Names of the sparse vector fields.</summary>
    public IReadOnlyList<string> Sparse { get; init; } = [];

    /// <summary>The format version that can say all this.</summary>
    public ushort Version => Sparse.Count > 0 ? SparseVersion : Lists.Count > 0 ? ListVersion : Indexes.Count > 0 ? IndexVersion : SegmentFormat.FirstVersion;

    /// <summary>The row group that holds an id if the segment does; −1 where it cannot.</summary>
    public int GroupOf(string id)
    {
        if (RowCount == 0 || SegmentRow.CompareIds(id, LastId) > 0)
        {
            return -1;
        }

        return LastNotAbove(Separators.Count, group => SegmentRow.CompareIds(Separators[group], id));
    }

    /// <summary>The row group that holds a row.</summary>
    public int GroupOf(int row) => LastNotAbove(Separators.Count, group => FirstRows[group].CompareTo(row));

    /// <summary>Shortest text above one id and not above the next: what tells the row groups of two ids apart.</summary>
    public static string Separator(string last, string next)
    {
        var length = last.AsSpan().CommonPrefixLength(next) + 1;
        // Half a surrogate pair has no UTF-8.
        return next[..(char.IsHighSurrogate(next[length - 1]) ? length + 1 : length)];
    }

    public byte[] Encode()
    {
        var writer = new CompactWriter();
        writer.Varint(RowCount);
        writer.Varint(TombstoneCount);
        writer.Varint(MinSequence);
        writer.Varint(MaxSequence);
        writer.Varint((ulong)RawBytes);
        writer.Text(LastId);
        writer.Varint(Separators.Count);
        byte[] previous = [];
        for (var i = 0; i < Separators.Count; i++)
        {
            var separator = Encoding.UTF8.GetBytes(Separators[i]);
            writer.Varint(FirstRows[i + 1] - FirstRows[i]);
            RowKeys.WriteFrontCoded(writer, previous, separator);
            previous = separator;
        }

        writer.Varint(Vectors.Count);
        foreach (var vectors in Vectors)
        {
            vectors.Write(writer);
        }

        writer.Varint(Columns.Count);
        foreach (var column in Columns)
        {
            writer.Text(column.Name);
            writer.Byte(CodeOf(column.Type));
        }

        writer.Varint(Payloads.Count);
        foreach (var (name, blocks) in Payloads)
        {
            writer.Text(name);
            writer.Varint(blocks);
        }

        if (Version >= IndexVersion)
        {
            writer.Varint(Indexes.Count);
            foreach (var index in Indexes)
            {
                index.Write(writer);
            }
        }

        if (Version >= ListVersion)
        {
            writer.Varint(Lists.Count);
            foreach (var lists in Lists)
            {
                lists.Write(writer);
            }
        }

        if (Version >= SparseVersion)
        {
            writer.Varint(Sparse.Count);
            foreach (var field in Sparse)
            {
                writer.Text(field);
            }
        }

        return writer.Written.ToArray();
    }

    /// <summary>Decodes metadata and checks that the footer's blocks are those it speaks of.</summary>
    public static SegmentMetadata Decode(SegmentFooter footer, string key)
    {
        var reader = new CompactReader(footer.Metadata.Span, key, "its metadata");
        var rowCount = reader.Int32(SegmentLayout.MaxRows);
        var tombstoneCount = reader.Int32(rowCount);
        var (minSequence, maxSequence) = (reader.Varint(), reader.Varint());
        var rawBytes = (long)Math.Min(reader.Varint(), long.MaxValue);
        var lastId = reader.Text();
        var (separators, firstRows) = ReadGroups(ref reader, rowCount);
        var vectors = SegmentVectorSection.ReadAll(ref reader, rowCount - tombstoneCount);
        var columns = ReadColumns(ref reader);
        var payloads = ReadPayloads(ref reader);
        var indexes = footer.Version >= IndexVersion ? FieldIndexSection.ReadAll(ref reader, columns, rowCount - tombstoneCount) : [];
        var lists = footer.Version >= ListVersion ? SegmentListSection.ReadAll(ref reader, vectors) : [];
        var sparse = footer.Version >= SparseVersion ? ReadNames(ref reader) : [];
        var metadata = new SegmentMetadata
        {
            RowCount = rowCount,
            TombstoneCount = tombstoneCount,
            MinSequence = minSequence,
            MaxSequence = maxSequence,
            RawBytes = rawBytes,
            LastId = lastId,
            Separators = separators,
            FirstRows = firstRows,
            Vectors = vectors,
            Columns = [.. columns.Select((c, i) => c with { IsIndexed = Array.Exists(indexes, x => x.Column == i) })],
            Payloads = payloads,
            Indexes = indexes,
            Lists = lists,
            Sparse = sparse,
        };
        reader.End();
        reader.Check(minSequence <= maxSequence, "has its newest row before its oldest");
        reader.Check(metadata.FitsBlocksOf(footer), "does not fit its blocks");
        return metadata;
    }

    private static (string[] Separators, int[] FirstRows) ReadGroups(ref CompactReader reader, int rowCount)
    {
        var separators = new string[reader.Count(leastBytesEach: 3)];
        var firstRows = new int[separators.Length + 1];
        byte[] previous = [];
        for (var i = 0; i < separators.Length; i++)
        {
            var rows = reader.Int32(rowCount - firstRows[i]);
            reader.Check(rows > 0, "has an empty row group");
            firstRows[i + 1] = firstRows[i] + rows;
            previous = RowKeys.ReadFrontCoded(ref reader, previous);
            separators[i] = reader.Text(previous);
            reader.Check(i == 0 || SegmentRow.CompareIds(separators[i - 1], separators[i]) < 0, "has row groups out of order");
        }

        reader.Check(firstRows[^1] == rowCount, "has row groups of more or fewer rows than it says");
        return (separators, firstRows);
    }

    private static SegmentColumnField[] ReadColumns(ref CompactReader reader)
    {
        var columns = new SegmentColumnField[reader.Count(leastBytesEach: 2)];
        reader.Check(columns.Length <= SegmentSchema.MaxFields, "has too many columns");
        for (var i = 0; i < columns.Length; i++)
        {
            var name = reader.Text();
            columns[i] = new SegmentColumnField(name, TypeOf(ref reader));
        }

        return columns;
    }

    private static (string Name, int Blocks)[] ReadPayloads(ref CompactReader reader)
    {
        var payloads = new (string Name, int Blocks)[reader.Count(leastBytesEach: 2)];
        reader.Check(payloads.Length <= SegmentSchema.MaxFields, "has too many payloads");
        for (var i = 0; i < payloads.Length; i++)
        {
            payloads[i] = (reader.Text(), reader.Int32(SegmentLayout.MaxBlocksOfField));
        }

        return payloads;
    }

    private static string[] ReadNames(ref CompactReader reader)
    {
        var names = new string[reader.Count(leastBytesEach: 1)];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = reader.Text();
        }

        reader.Check(names.Length is > 0 and <= SegmentSchema.MaxFields && names.Distinct(StringComparer.Ordinal).Count() == names.Length, "has sparse fields that are none, too many or the same");
        return names;
    }

    private bool FitsBlocksOf(SegmentFooter footer)
    {
        var chunks = (RowCount + SegmentLayout.ColumnChunkRows - 1) / SegmentLayout.ColumnChunkRows;
        return AreNumbered(footer.Range(SegmentLayout.RowGroup).Span) && footer.Range(SegmentLayout.RowGroup).Length == Separators.Count
            && AreNumbered(footer.Range(SegmentLayout.IdTable).Span) && (footer.Range(SegmentLayout.IdTable).Length > 0) == (RowCount > 0)
            && Columns.Index().All(c => Has(footer, SegmentLayout.Column, c.Index, chunks))
            && Vectors.Index().All(v => Has(footer, SegmentLayout.Vectors, v.Index, v.Item.BlockCount))
            && Vectors.Index().All(v => v.Item.BlocksHaveLength(footer.Range(SegmentLayout.Vectors, SegmentLayout.Number(v.Index, 0), v.Item.BlockCount).Span))
            && Vectors.Index().All(v => Has(footer, SegmentLayout.VectorRows, v.Index, v.Item.HasRowsBlock(RowCount) ? 1 : 0))
            && Payloads.Index().All(p => Has(footer, SegmentLayout.Payload, p.Index, p.Item.Blocks))
            && Has(footer, SegmentLayout.Tombstones, 0, Indexes.Count > 0 && TombstoneCount > 0 ? 1 : 0)
            && Indexes.All(i => i.FitsBlocksOf(footer, RowCount - TombstoneCount))
            && Lists.All(l => l.FitsBlocksOf(footer));
    }

    public static bool Has(SegmentFooter footer, ushort kind, int field, int blocks) =>
        footer.Range(kind, SegmentLayout.Number(field, 0), SegmentLayout.MaxBlocksOfField).Length == blocks
        && (blocks == 0 || footer.TryFind(kind, SegmentLayout.Number(field, blocks - 1), out _));

    private static bool AreNumbered(ReadOnlySpan<SegmentBlock> blocks) => blocks.IsEmpty || (blocks[0].Number == 0 && blocks[^1].Number == blocks.Length - 1);

    private static int LastNotAbove(int count, Func<int, int> order)
    {
        int low = 0, high = count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = order(middle) <= 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return high;
    }

    // Codes of the format, not those of the enumeration.
    private static byte CodeOf(FieldType type) => type switch
    {
        FieldType.String => 1,
        FieldType.Number => 2,
        FieldType.Boolean => 3,
        FieldType.DateTime => 4,
        FieldType.Geo => 5,
        FieldType.StringArray => 6,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Fields of this type have no column."),
    };

    private static FieldType TypeOf(ref CompactReader reader) => reader.Byte() switch
    {
        1 => FieldType.String,
        2 => FieldType.Number,
        3 => FieldType.Boolean,
        4 => FieldType.DateTime,
        5 => FieldType.Geo,
        6 => FieldType.StringArray,
        _ => throw reader.Damage("has a column of unknown type"),
    };
}
