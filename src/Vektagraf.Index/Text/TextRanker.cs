namespace Vektagraf.Index;

/// <summary>A list of postings that a search scores.</summary>
/// <param name="List">The postings.</param>
/// <param name="Weight">What an occurrence is worth.</param>
/// <param name="Clause">Index of the part of the query that it belongs to; of one part there may be a list for each field.</param>
public readonly record struct RankedList(PostingList List, TermWeight Weight, int Clause);

/// <summary>
/// Finds the rows of the highest scores, run after run, without scoring those that cannot be among them: MaxScore (Turtle and Flood, 1995) over
/// blocks with their own bounds (Ding and Suel, "Faster top-k document retrieval using block-max indexes", SIGIR 2011). Lists of which even
/// all together cannot lift a row into the results do not lead the walk, and blocks that cannot are passed over undecoded. Scores are sums in the order of
/// the lists, so that they do not depend on what was passed over. Reused from search to search; not thread-safe.
/// </summary>
public sealed class TextRanker
{
    // Bounds are sums in another order than scores, each off by less than a part in a million.
    private const float Slack = 1.00001f;

    private const int CancellationStride = 4096;

    private readonly TopK _top = new();
    private readonly List<Scorer> _pool = [];
    private readonly List<Scorer> _excluded = [];
    private Scorer[] _scorers = [];
    private float[] _reach = [];
    private float[] _parts = [];
    private int _used;

    /// <summary>Rows whose score was computed, in all runs.</summary>
    public long Scored { get; private set; }

    /// <summary>Rows that led the walk, scored or not, in all runs.</summary>
    public long Considered { get; private set; }

    private float Threshold => -_top.Threshold;

    /// <summary>Begins a search.</summary>
    /// <param name="k">Most rows.</param>
    /// <param name="minScore">The least score of a row.</param>
    public void Begin(int k, float minScore)
    {
        _top.Reset(k, -minScore);
        (Scored, Considered) = (0, 0);
    }

    /// <summary>The rows found, best first; their distance is the negated score. Valid until the next call of any method.</summary>
    public ReadOnlySpan<Neighbor> Drain<TTie>(TTie tie)
        where TTie : struct, ITieBreaker => _top.Drain(tie);

    /// <summary>Searches a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="lists">The lists to score; an empty one matches nothing.</param>
    /// <param name="clauses">How each part of the query occurs.</param>
    /// <param name="endRow">Rows from here on are not looked at.</param>
    /// <param name="filter">The rows that may be found.</param>
    /// <param name="tie">The order of equal scores.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    public void Search<TFilter, TTie>(
        TextRun run, IReadOnlyList<RankedList> lists, IReadOnlyList<TextOccurrence> clauses, int endRow, TFilter filter, TTie tie, CancellationToken cancellationToken)
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        int end = Math.Min(run.RowCount, endRow - run.FirstRow);
        if (!Open(lists, clauses))
        {
            return;
        }

        if (clauses.Contains(TextOccurrence.Must))
        {
            RankAll(run.FirstRow, clauses, end, filter, tie, cancellationToken);
        }
        else
        {
            RankAny(run.FirstRow, end, filter, tie, cancellationToken);
        }
    }

    /// <returns>Whether anything can match.</returns>
    private bool Open(IReadOnlyList<RankedList> lists, IReadOnlyList<TextOccurrence> clauses)
    {
        _used = 0;
        _excluded.Clear();
        List<Scorer> scorers = [];
        foreach (RankedList list in lists)
        {
            if (list.List.IsEmpty)
            {
                continue;
            }

            if (_used == _pool.Count)
            {
                _pool.Add(new Scorer());
            }

            Scorer scorer = _pool[_used++];
            scorer.Open(list, clauses[list.Clause], scorers.Count);
            (scorer.Occurrence == TextOccurrence.MustNot ? _excluded : scorers).Add(scorer);
        }

        _scorers = [.. scorers];
        _parts = new float[_scorers.Length];
        _reach = new float[_scorers.Length + 1];
        for (int clause = 0; clause < clauses.Count; clause++)
        {
            if (clauses[clause] == TextOccurrence.Must && !scorers.Exists(s => s.Clause == clause))
            {
                return false;
            }
        }

        return scorers.Count > 0;
    }

    /// <summary>Rows that some list has.</summary>
    private void RankAny<TFilter, TTie>(int firstRow, int end, TFilter filter, TTie tie, CancellationToken cancellationToken)
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        Array.Sort(_scorers, (a, b) => a.ListBound.CompareTo(b.ListBound));
        for (int i = 0; i < _scorers.Length; i++)
        {
            _reach[i + 1] = _reach[i] + _scorers[i].ListBound;
        }

        int leading = 0;
        int windowEnd = -1;
        for (int turn = 0; ; turn++)
        {
            if (turn % CancellationStride == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            while (leading < _scorers.Length && _reach[leading + 1] * Slack < Threshold)
            {
                leading++;
            }

            Span<Scorer> leaders = _scorers.AsSpan(leading);
            int row = LeastRow(leaders);
            if (row >= end)
            {
                return;
            }

            if (row > windowEnd)
            {
                windowEnd = WindowEnd(leaders);
                if ((_reach[leading] + WindowBound(leaders, windowEnd)) * Slack < Threshold)
                {
                    Skip(leaders, windowEnd + 1);
                    continue;
                }
            }

            if (Settle(leaders, row))
            {
                Considered++;
                if (Score(leading, row) && !IsExcluded(row) && filter.Accepts(firstRow + row))
                {
                    Push(firstRow + row, tie);
                }
            }
        }
    }

    private static int LeastRow(ReadOnlySpan<Scorer> leaders)
    {
        int least = PostingCursor.End;
        foreach (Scorer scorer in leaders)
        {
            least = Math.Min(least, scorer.Cursor.Row);
        }

        return least;
    }

    /// <summary>The last row up to which every list stays in its present block.</summary>
    private static int WindowEnd(ReadOnlySpan<Scorer> leaders)
    {
        int end = PostingCursor.End - 1;
        foreach (Scorer scorer in leaders)
        {
            end = Math.Min(end, scorer.Cursor.BlockLast);
        }

        return end;
    }

    private static float WindowBound(ReadOnlySpan<Scorer> leaders, int windowEnd)
    {
        float bound = 0;
        foreach (Scorer scorer in leaders)
        {
            bound += scorer.Cursor.Row <= windowEnd ? scorer.BlockBound : 0;
        }

        return bound;
    }

    private static void Skip(ReadOnlySpan<Scorer> leaders, int row)
    {
        foreach (Scorer scorer in leaders)
        {
            scorer.Cursor.SkipTo(row);
        }
    }

    /// <summary>Decodes the blocks of lists that may have a row.</summary>
    /// <returns>Whether none had to be, so that the row is one.</returns>
    private static bool Settle(ReadOnlySpan<Scorer> leaders, int row)
    {
        bool isSettled = true;
        foreach (Scorer scorer in leaders)
        {
            if (scorer.Cursor.Row == row && !scorer.Cursor.IsDecoded)
            {
                scorer.Cursor.Advance(row);
                isSettled = false;
            }
        }

        return isSettled;
    }

    /// <summary>Scores a row list by list, as long as it may still be among the results; the leaders go on.</summary>
    private bool Score(int leading, int row)
    {
        float sum = 0;
        Array.Clear(_parts);
        for (int i = leading; i < _scorers.Length; i++)
        {
            Scorer scorer = _scorers[i];
            if (scorer.Cursor.Row == row)
            {
                float part = scorer.Score(row);
                _parts[scorer.Order] = part;
                sum += part;
                scorer.Cursor.Next();
            }
        }

        for (int i = leading - 1; i >= 0; i--)
        {
            if ((sum + _reach[i + 1]) * Slack < Threshold)
            {
                return false;
            }

            Scorer scorer = _scorers[i];
            if (scorer.Cursor.Advance(row) == row)
            {
                float part = scorer.Score(row);
                _parts[scorer.Order] = part;
                sum += part;
            }
        }

        return sum * Slack >= Threshold;
    }

    private bool IsExcluded(int row) => _excluded.Exists(e => e.Cursor.Advance(row) == row);

    private void Push<TTie>(int row, TTie tie)
        where TTie : struct, ITieBreaker
    {
        Scored++;
        float score = 0;
        foreach (float part in _parts)
        {
            score += part;
        }

        _top.Push(-score, row, tie);
    }

    /// <summary>Rows that every part has which must match.</summary>
    private void RankAll<TFilter, TTie>(int firstRow, IReadOnlyList<TextOccurrence> clauses, int end, TFilter filter, TTie tie, CancellationToken cancellationToken)
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        Scorer[][] musts = [.. Enumerable.Range(0, clauses.Count).Where(c => clauses[c] == TextOccurrence.Must)
            .Select(c => Array.FindAll(_scorers, s => s.Clause == c)).OrderBy(m => m.Sum(s => (long)s.Count))];
        float others = _scorers.Except(musts[0]).Sum(s => s.ListBound);
        int windowEnd = -1;
        int row = 0;
        for (int turn = 0; ; turn++)
        {
            if (turn % CancellationStride == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            Skip(musts[0], row);
            row = LeastRow(musts[0]);
            if (row >= end)
            {
                return;
            }

            if (row > windowEnd)
            {
                windowEnd = WindowEnd(musts[0]);
                if ((WindowBound(musts[0], windowEnd) + others) * Slack < Threshold)
                {
                    row = windowEnd + 1;
                    continue;
                }
            }

            int next = AgreeFrom(musts, row);
            if (next > row)
            {
                row = next;
                continue;
            }

            Considered++;
            if (ScoreAll(row) && !IsExcluded(row) && filter.Accepts(firstRow + row))
            {
                Push(firstRow + row, tie);
            }

            row++;
        }
    }

    /// <summary>The row itself if every part has it, else one that no agreed row is below.</summary>
    private static int AgreeFrom(Scorer[][] musts, int row)
    {
        foreach (Scorer[] must in musts)
        {
            int least = PostingCursor.End;
            foreach (Scorer scorer in must)
            {
                least = Math.Min(least, scorer.Cursor.Advance(row));
            }

            if (least > row)
            {
                return least;
            }
        }

        return row;
    }

    private bool ScoreAll(int row)
    {
        float sum = 0;
        Array.Clear(_parts);
        foreach (Scorer scorer in _scorers)
        {
            if (scorer.Cursor.Advance(row) == row)
            {
                float part = scorer.Score(row);
                _parts[scorer.Order] = part;
                sum += part;
            }
        }

        return sum * Slack >= Threshold;
    }

    private sealed class Scorer
    {
        private TermWeight _weight;
        private ushort[] _lengths = [];

        public PostingCursor Cursor { get; } = new();

        public TextOccurrence Occurrence { get; private set; }

        public int Clause { get; private set; }

        /// <summary>Place in the sum.</summary>
        public int Order { get; private set; }

        public int Count { get; private set; }

        public float ListBound { get; private set; }

        public float BlockBound => Cursor.BlockBound(_weight, ListBound);

        public void Open(in RankedList list, TextOccurrence occurrence, int order)
        {
            (_weight, _lengths, Occurrence, Clause, Order, Count) = (list.Weight, list.List.Field.Lengths, occurrence, list.Clause, order, list.List.Count);
            Cursor.Open(list.List);
            ListBound = occurrence == TextOccurrence.MustNot ? 0 : Cursor.ListBound(_weight, _lengths);
        }

        public float Score(int row) => _weight.Score(Cursor.Frequency, _lengths[row]);
    }
}
