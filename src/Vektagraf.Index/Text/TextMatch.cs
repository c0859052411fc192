using System.Buffers;
using System.Text;

namespace Vektagraf.Index;

/// <summary>Finds what patterns match in a run, as lists of postings.</summary>
public static class TextMatch
{
    // Below, the rows matched are sorted; above, an array of all rows is looked through.
    private const int DenseShare = 32;

    /// <summary>The rows that match a pattern. For a single term they are those of the index, dead rows included; for all else they are found now.</summary>
    /// <param name="run">The run.</param>
    /// <param name="field">Index of the field.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="filter">The rows to look at where they have to be looked for.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public static PostingList Find<TFilter>(TextRun run, int field, TextPattern pattern, TFilter filter, CancellationToken cancellationToken)
        where TFilter : struct, IOrdinalFilter => pattern switch
        {
            TextPattern.Term term => run.Find(field, Encoding.UTF8.GetBytes(term.Value)),
            TextPattern.Phrase phrase => Phrase(run, field, phrase, filter, cancellationToken),
            TextPattern.Prefix prefix => Union(run, field, run.FindPrefix(field, prefix.Value), isSum: true, filter, cancellationToken),
            TextPattern.AnyOf any => Union(run, field, [.. any.Patterns.Select(p => Find(run, field, p, filter, cancellationToken))], isSum: false, filter, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(pattern), pattern, "No such pattern."),
        };

    private static PostingList Phrase<TFilter>(TextRun run, int field, TextPattern.Phrase phrase, TFilter filter, CancellationToken cancellationToken)
        where TFilter : struct, IOrdinalFilter
    {
        PostingList[] lists = [.. phrase.Terms.Select(t => run.Find(field, Encoding.UTF8.GetBytes(t.Term)))];
        if (Array.Exists(lists, l => l.IsEmpty))
        {
            return default;
        }

        // The rarest leads, so that the others are skipped through.
        PostingCursor[] cursors = Array.ConvertAll(lists, Open);
        int[] byCount = [.. Enumerable.Range(0, lists.Length).OrderBy(i => lists[i].Count)];
        List<int>[] positions = Array.ConvertAll(lists, _ => new List<int>());
        PostingWriter writer = new();
        for (int row = cursors[byCount[0]].Advance(0); row != PostingCursor.End; row = cursors[byCount[0]].Next())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!Array.TrueForAll(byCount, i => cursors[i].Advance(row) == row) || !filter.Accepts(run.FirstRow + row))
            {
                continue;
            }

            for (int i = 0; i < cursors.Length; i++)
            {
                cursors[i].ReadPositions(positions[i]);
            }

            if (CountPhrases(positions, phrase) is > 0 and var frequency)
            {
                writer.BeginPosting(row, lists[0].Field.Lengths[row]);
                writer.SetFrequency(frequency);
            }
        }

        return ListOf(writer, lists[0].Field);
    }

    /// <summary>Places where all terms stand at their distances from the first.</summary>
    private static int CountPhrases(List<int>[] positions, TextPattern.Phrase phrase)
    {
        int count = 0;
        Span<int> next = positions.Length <= 64 ? stackalloc int[positions.Length] : new int[positions.Length];
        next.Clear();
        for (int at = 0; at < positions[0].Count; at++)
        {
            int start = positions[0][at];
            bool isNew = at == 0 || positions[0][at - 1] != start;
            bool isThere = true;
            for (int i = 1; i < positions.Length && isThere; i++)
            {
                int wanted = start + phrase.Terms[i].Offset;
                while (next[i] < positions[i].Count && positions[i][next[i]] < wanted)
                {
                    next[i]++;
                }

                isThere = next[i] < positions[i].Count && positions[i][next[i]] == wanted;
            }

            count += isThere && isNew ? 1 : 0;
        }

        return count;
    }

    private static PostingList Union<TFilter>(TextRun run, int field, List<PostingList> lists, bool isSum, TFilter filter, CancellationToken cancellationToken)
        where TFilter : struct, IOrdinalFilter
    {
        lists.RemoveAll(l => l.IsEmpty);
        if (lists.Count == 0)
        {
            return default;
        }

        int[] frequencies = ArrayPool<int>.Shared.Rent(run.RowCount);
        frequencies.AsSpan(0, run.RowCount).Clear();
        List<int> touched = [];
        PostingCursor cursor = new();
        foreach (PostingList list in lists)
        {
            cancellationToken.ThrowIfCancellationRequested();
            cursor.Open(list);
            for (int row = cursor.Advance(0); row != PostingCursor.End; row = cursor.Next())
            {
                ref int frequency = ref frequencies[row];
                if (frequency == 0)
                {
                    touched.Add(row);
                }

                frequency = isSum ? frequency + cursor.Frequency : Math.Max(frequency, cursor.Frequency);
            }
        }

        PostingWriter writer = new();
        TextRunField inverted = run.Fields[field];
        foreach (int row in InOrder(touched, frequencies, run.RowCount))
        {
            if (filter.Accepts(run.FirstRow + row))
            {
                writer.BeginPosting(row, inverted.Lengths[row]);
                writer.SetFrequency(frequencies[row]);
            }
        }

        ArrayPool<int>.Shared.Return(frequencies);
        return ListOf(writer, inverted);
    }

    private static List<int> InOrder(List<int> touched, int[] frequencies, int rows)
    {
        if (touched.Count < rows / DenseShare)
        {
            touched.Sort();
            return touched;
        }

        touched.Clear();
        for (int row = 0; row < rows; row++)
        {
            if (frequencies[row] != 0)
            {
                touched.Add(row);
            }
        }

        return touched;
    }

    private static PostingCursor Open(PostingList list)
    {
        PostingCursor cursor = new();
        cursor.Open(list);
        return cursor;
    }

    private static PostingList ListOf(PostingWriter writer, TextRunField field) => new(Ended(writer), 0, field);

    private static byte[] Ended(PostingWriter writer)
    {
        writer.EndList();
        return writer.Written.ToArray();
    }
}
