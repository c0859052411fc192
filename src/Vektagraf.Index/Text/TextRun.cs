using System.Text;

namespace Vektagraf.Index;

/// <summary>
/// An inverted index over consecutive rows, with all text fields of each. Immutable: what grows is a list of runs, small ones of what came
/// lately, which are merged into larger ones (as in log-structured merge trees, and in Lucene). Rows inside count from 0.
/// </summary>
public sealed class TextRun
{
    private readonly TextRunField[] _fields;

    internal TextRun(int firstRow, int rowCount, TextRunField[] fields)
    {
        (FirstRow, RowCount, _fields) = (firstRow, rowCount, fields);
        MemoryBytes = fields.Sum(f => f.MemoryBytes);
    }

    /// <summary>The first row.</summary>
    public int FirstRow { get; }

    /// <summary>Count of rows.</summary>
    public int RowCount { get; }

    /// <summary>The row behind the last one.</summary>
    public int EndRow => FirstRow + RowCount;

    /// <summary>Bytes held.</summary>
    public long MemoryBytes { get; }

    internal IReadOnlyList<TextRunField> Fields => _fields;

    /// <summary>Where a term occurs.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="term">The term in UTF-8.</param>
    public PostingList Find(int field, ReadOnlySpan<byte> term) => _fields[field].Find(term);

    /// <summary>Texts of a field, and their words, below a row.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="endRow">The row, counted as <see cref="FirstRow"/> is.</param>
    public (int Texts, long Words) Count(int field, int endRow) =>
        endRow >= EndRow ? (_fields[field].Texts, _fields[field].Words) : _fields[field].Count(Math.Max(0, endRow - FirstRow));

    /// <summary>Texts that contain a term, below a row.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="term">The term in UTF-8.</param>
    /// <param name="endRow">The row, counted as <see cref="FirstRow"/> is.</param>
    public int Count(int field, ReadOnlySpan<byte> term, int endRow)
    {
        PostingList list = Find(field, term);
        if (list.IsEmpty || endRow >= EndRow)
        {
            return list.Count;
        }

        PostingCursor cursor = new();
        cursor.Open(list);
        return cursor.CountBelow(Math.Max(0, endRow - FirstRow));
    }

    /// <summary>The terms of the words that begin with a prefix.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="prefix">The prefix, folded as words are.</param>
    internal List<PostingList> FindPrefix(int field, string prefix)
    {
        TextRunField inverted = _fields[field];
        (int start, int count) = inverted.Surfaces.FindPrefix(Encoding.UTF8.GetBytes(prefix)).GetOffsetAndLength(inverted.Surfaces.Count);
        HashSet<int> terms = [];
        for (int word = start; word < start + count; word++)
        {
            terms.Add(inverted.TermOfSurface(word));
        }

        return [.. terms.Order().Select(inverted.ListOf)];
    }
}
