using Vektagraf.Collections;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <summary>The arrays of an <see cref="IndexRun"/>.</summary>
/// <param name="Keys">Distinct keys, ascending; empty where values are texts.</param>
/// <param name="Texts">Distinct texts, ascending by UTF-16 code units; empty where values are not texts.</param>
/// <param name="Starts">Where the rows of each value begin, and where the last one's end.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Missing">Rows without a value.</param>
internal readonly record struct IndexRunParts(ulong[] Keys, string[] Texts, int[] Starts, int[] Rows, int[] Missing)
{
    /// <summary>Joins two; all rows of the second follow those of the first.</summary>
    public static IndexRunParts Merge(FieldType type, in IndexRunParts a, in IndexRunParts b)
    {
        var isText = FieldIndexKey.IsText(type);
        var (countA, countB) = (a.Starts.Length - 1, b.Starts.Length - 1);
        var keys = new ulong[isText ? 0 : countA + countB];
        var texts = new string[isText ? countA + countB : 0];
        var starts = new int[countA + countB + 1];
        var rows = new int[a.Rows.Length + b.Rows.Length];
        int i = 0, j = 0, count = 0, at = 0;
        while (i < countA || j < countB)
        {
            var order = i == countA ? 1 : j == countB ? -1 : isText ? string.CompareOrdinal(a.Texts[i], b.Texts[j]) : a.Keys[i].CompareTo(b.Keys[j]);
            if (isText)
            {
                texts[count] = order <= 0 ? a.Texts[i] : b.Texts[j];
            }
            else
            {
                keys[count] = order <= 0 ? a.Keys[i] : b.Keys[j];
            }

            at += order <= 0 ? Copy(a, i++, rows, at) : 0;
            at += order >= 0 ? Copy(b, j++, rows, at) : 0;
            starts[++count] = at;
        }

        Array.Resize(ref starts, count + 1);
        Array.Resize(ref keys, isText ? 0 : count);
        Array.Resize(ref texts, isText ? count : 0);
        return new IndexRunParts(keys, texts, starts, rows, [.. a.Missing, .. b.Missing]);
    }

    private static int Copy(in IndexRunParts from, int value, int[] rows, int at)
    {
        var length = from.Starts[value + 1] - from.Starts[value];
        if (length == 1)
        {
            rows[at] = from.Rows[from.Starts[value]];
        }
        else
        {
            from.Rows.AsSpan(from.Starts[value], length).CopyTo(rows.AsSpan(at));
        }

        return length;
    }
}
