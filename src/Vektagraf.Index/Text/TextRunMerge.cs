namespace Vektagraf.Index;

/// <summary>Makes one run of several that follow each other.</summary>
public static class TextRunMerge
{
    /// <summary>Most bytes of a run: positions in it are 32-bit integers.</summary>
    public const long MaxRunBytes = 1L << 30;

    /// <summary>Merges runs.</summary>
    /// <param name="runs">The runs, each beginning where the one before ends; together not above <see cref="MaxRunBytes"/>.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public static TextRun Merge(IReadOnlyList<TextRun> runs, CancellationToken cancellationToken)
    {
        PostingWriter writer = new();
        TextRunField[] fields = new TextRunField[runs[0].Fields.Count];
        for (int i = 0; i < fields.Length; i++)
        {
            fields[i] = Merge([.. runs.Select(r => r.Fields[i])], writer, cancellationToken);
        }

        return new TextRun(runs[0].FirstRow, runs.Sum(r => r.RowCount), fields);
    }

    private static TextRunField Merge(TextRunField[] fields, PostingWriter writer, CancellationToken cancellationToken)
    {
        ushort[] lengths = [.. fields.SelectMany(f => f.Lengths)];
        int[][] termRanks = Array.ConvertAll(fields, f => new int[f.Terms.Count]);
        WordTable terms = Merge(Array.ConvertAll(fields, f => f.Terms), (rank, table, index) => termRanks[table][index] = rank);
        int[] lists = WriteLists(fields, termRanks, terms.Count, writer, cancellationToken);
        List<int> termOfWord = [];
        WordTable words = Merge(Array.ConvertAll(fields, f => f.Surfaces), (rank, table, index) =>
        {
            if (rank == termOfWord.Count)
            {
                termOfWord.Add(termRanks[table][fields[table].TermOfSurface(index)]);
            }
        });
        return new TextRunField(lengths, terms, lists, writer.Written.ToArray(), words, [.. termOfWord]);
    }

    /// <summary>The union of tables; tells of each word in each which rank it has.</summary>
    private static WordTable Merge(WordTable[] tables, Action<int, int, int> ranked)
    {
        WordTable.Builder union = new();
        int[] next = new int[tables.Length];
        while (true)
        {
            int least = -1;
            for (int i = 0; i < tables.Length; i++)
            {
                if (next[i] < tables[i].Count && (least < 0 || tables[i][next[i]].SequenceCompareTo(tables[least][next[least]]) < 0))
                {
                    least = i;
                }
            }

            if (least < 0)
            {
                return union.Build();
            }

            ReadOnlySpan<byte> word = tables[least][next[least]];
            int rank = union.Count;
            union.Add(word);
            for (int i = 0; i < tables.Length; i++)
            {
                if (next[i] < tables[i].Count && tables[i][next[i]].SequenceEqual(word))
                {
                    ranked(rank, i, next[i]++);
                }
            }
        }
    }

    private static int[] WriteLists(TextRunField[] fields, int[][] termRanks, int terms, PostingWriter writer, CancellationToken cancellationToken)
    {
        writer.Clear();
        int[] lists = new int[terms];
        int[] next = new int[fields.Length];
        PostingCursor cursor = new();
        List<int> positions = [];
        for (int rank = 0; rank < terms; rank++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int offset = 0;
            for (int i = 0; i < fields.Length; i++)
            {
                if (next[i] < termRanks[i].Length && termRanks[i][next[i]] == rank)
                {
                    Append(fields[i], fields[i].ListOf(next[i]++), offset, cursor, positions, writer);
                }

                offset += fields[i].Lengths.Length;
            }

            lists[rank] = writer.EndList();
        }

        return lists;
    }

    private static void Append(TextRunField field, in PostingList list, int offset, PostingCursor cursor, List<int> positions, PostingWriter writer)
    {
        cursor.Open(list);
        for (int row = cursor.Advance(0); row != PostingCursor.End; row = cursor.Next())
        {
            writer.BeginPosting(row + offset, field.Lengths[row]);
            cursor.ReadPositions(positions);
            foreach (int position in positions)
            {
                writer.AddPosition(position);
            }
        }
    }
}
