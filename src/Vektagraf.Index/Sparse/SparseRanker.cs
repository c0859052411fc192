using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// Finds the rows of the greatest dot products with a query, exactly. Window after window, what codes allow is added up list by list, but only
/// for the lists that matter: lists that even all together cannot lift a row into the results (MaxScore, Turtle and Flood 1995; the postings
/// they save are weighed against the bound they spend) are looked into for the rows that the others found promising. Windows whose bounds
/// cannot reach the results are passed over (block maxima, Ding and Suel, SIGIR 2011). What is left is scored by the vectors themselves, so
/// codes decide nothing. Reused from search to search; not thread-safe.
/// </summary>
public sealed class SparseRanker
{
    // Looking a row up in a list costs about as much as adding up so many postings.
    private const int PostingsOfSeek = 8;

    private const int WindowMask = SparseRun.WindowRows - 1;
    private const double RelativeSlack = 1e-6;
    private const double SlackOfTerm = 1.2e-7;
    private const double AbsoluteSlackOfTerm = 1e-42;

    private readonly TopK _top = new();
    private readonly float[] _sums = new float[SparseRun.WindowRows];
    private readonly ulong[] _touched = new ulong[SparseRun.WindowRows / 64];
    private readonly List<Term> _terms = [];
    private readonly List<Part> _parts = [];
    private readonly List<(float Bound, int Row)> _candidates = [];
    private double _slack;

    /// <summary>Rows whose dot product was computed.</summary>
    public long Scored { get; private set; }

    /// <summary>Postings and rows looked at.</summary>
    public long Considered { get; private set; }

    private double Threshold => -(double)_top.Threshold;

    /// <summary>Begins a search.</summary>
    /// <param name="k">Most rows.</param>
    /// <param name="minScore">The least dot product of a row.</param>
    public void Begin(int k, float minScore)
    {
        _top.Reset(k, -minScore);
        (Scored, Considered) = (0, 0);
    }

    /// <summary>The rows found, best first; their distance is the negated dot product. Valid until the next call of any method.</summary>
    public ReadOnlySpan<Neighbor> Drain<TTie>(TTie tie)
        where TTie : struct, ITieBreaker => _top.Drain(tie);

    /// <summary>Scores a row.</summary>
    /// <param name="rows">The vectors.</param>
    /// <param name="row">The row.</param>
    /// <param name="query">The query.</param>
    /// <param name="tie">The order of equal scores.</param>
    public void Score<TTie>(SparseRows rows, int row, SparseVector query, TTie tie)
        where TTie : struct, ITieBreaker
    {
        ArgumentNullException.ThrowIfNull(rows);
        Scored++;
        if (rows[row].TryDot(query, out float product))
        {
            // Not −0: it would be another bit pattern of the same score.
            _top.Push(product == 0 ? 0 : -product, row, tie);
        }
    }

    /// <summary>Searches a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="rows">The vectors that it was made of.</param>
    /// <param name="query">The query.</param>
    /// <param name="endRow">Rows from here on are not looked at.</param>
    /// <param name="filter">The rows that may be found.</param>
    /// <param name="tie">The order of equal scores.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    public void Search<TFilter, TTie>(
        SparseRun run, SparseRows rows, SparseVector query, int endRow, TFilter filter, TTie tie, CancellationToken cancellationToken)
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        ArgumentNullException.ThrowIfNull(run);
        if (!Open(run, query) || Reach() + _slack < Threshold)
        {
            return;
        }

        int end = Math.Min(run.RowCount, endRow - run.FirstRow);
        for (int window = 0; window * SparseRun.WindowRows < end; window++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (EnterWindow(run, window) && FindCandidates(run, window))
            {
                foreach ((float bound, int row) in _candidates)
                {
                    if (bound < Threshold - _slack)
                    {
                        break;
                    }

                    if (row < end && filter.Accepts(run.FirstRow + row))
                    {
                        Score(rows, run.FirstRow + row, query, tie);
                    }
                }
            }
        }
    }

    /// <returns>Whether any row of the run has a dimension of the query.</returns>
    private bool Open(SparseRun run, SparseVector query)
    {
        _terms.Clear();
        double magnitude = 0;
        for (int i = 0; i < query.Count; i++)
        {
            if (run.Find(query.Indices[i]) is >= 0 and int at)
            {
                SparseList list = run.ListAt(at);
                float weight = query.Values[i];
                double high = list.Low + (255.0 * list.Step);
                magnitude += Math.Abs((double)weight) * Math.Max(Math.Abs((double)list.Low), Math.Abs(high));

                // What is subtracted is negative: of a code, the least weight it stands for counts.
                float start = weight < 0 ? weight * (list.Low - list.Step) : weight * list.Low;
                _terms.Add(new Term(list, start, weight * list.Step, Math.Max(0, Math.Max((double)weight * list.Low, weight * high))) { Next = list.Start });
            }
        }

        // Each sum is of so many terms, each rounded a few times; a code's weight is rounded as well.
        _slack = (magnitude * (RelativeSlack + (SlackOfTerm * _terms.Count))) + (AbsoluteSlackOfTerm * _terms.Count);
        return _terms.Count > 0;
    }

    private double Reach()
    {
        double reach = 0;
        foreach (Term term in _terms)
        {
            reach += term.Bound;
        }

        return reach;
    }

    /// <summary>Finds each list's postings in a window, and decides which lists are added up: the parts up to where <c>IsLeading</c> ends.</summary>
    /// <returns>Whether the window can have results.</returns>
    private bool EnterWindow(SparseRun run, int window)
    {
        _parts.Clear();
        double reach = 0;
        foreach (ref Term term in CollectionsMarshal.AsSpan(_terms))
        {
            Part part = PartOf(run, ref term, window);
            if (part.Count > 0)
            {
                _parts.Add(part);
                reach += part.Bound;
            }
        }

        if (_parts.Count == 0 || reach + _slack < Threshold)
        {
            return false;
        }

        // Most postings for the least bound first: those are best left out.
        _parts.Sort(static (a, b) => (b.Count * a.Bound).CompareTo(a.Count * b.Bound));
        double spent = 0;
        foreach (ref Part part in CollectionsMarshal.AsSpan(_parts))
        {
            if (spent + part.Bound + _slack < Threshold)
            {
                spent += part.Bound;
                part.IsLeading = false;
            }
        }

        return true;
    }

    private static Part PartOf(SparseRun run, ref Term term, int window)
    {
        if (term.List.IsWindowed)
        {
            (int start, int end, byte least, byte greatest) = run.Window(term.List, window);
            float bound = term.Start + (term.Slope * (term.Slope < 0 ? least : greatest));
            return new Part(start, end, term.Start, term.Slope, Math.Max(0, bound)) { IsLeading = true };
        }

        int first = term.Next;
        int at = first;
        int rowEnd = (window + 1) * SparseRun.WindowRows;
        while (at < term.List.End && run.Rows[at] < rowEnd)
        {
            at++;
        }

        term.Next = at;
        return new Part(first, at, term.Start, term.Slope, term.Bound) { IsLeading = true };
    }

    /// <summary>Collects the rows of a window that may be results, those with the greatest bounds first.</summary>
    /// <returns>Whether there are some.</returns>
    private bool FindCandidates(SparseRun run, int window)
    {
        int firstRow = window * SparseRun.WindowRows;
        double left = 0;
        Array.Clear(_sums);
        foreach (Part part in _parts)
        {
            if (part.IsLeading)
            {
                AddUp(run, part);
            }
            else
            {
                left += part.Bound;
            }
        }

        _candidates.Clear();
        double least = Threshold - left - _slack;
        if (least > 0)
        {
            CollectFrom((float)least, firstRow);
        }
        else
        {
            CollectTouched(run, firstRow, least);
        }

        Complete(run, left);
        _candidates.Sort(static (a, b) => b.Bound.CompareTo(a.Bound));
        return _candidates.Count > 0;
    }

    private void AddUp(SparseRun run, in Part part)
    {
        ReadOnlySpan<ushort> rows = run.Rows.AsSpan(part.First, part.Count);
        ReadOnlySpan<byte> codes = run.Codes.AsSpan(part.First, part.Count);
        (float start, float slope) = (part.Start, part.Slope);
        Considered += rows.Length;

        // The mask keeps every place within the window's sums, so that none needs to be checked.
        ref float sums = ref MemoryMarshal.GetArrayDataReference(_sums);
        for (int i = 0; i < rows.Length && i < codes.Length; i++)
        {
            Unsafe.Add(ref sums, rows[i] & WindowMask) += start + (slope * codes[i]);
        }
    }

    /// <summary>Rows whose sum is not below a positive one.</summary>
    private void CollectFrom(float least, int firstRow)
    {
        // Rounded down: what is as great as the bound counts.
        Vector<float> bar = new(MathF.BitDecrement(least));
        for (int at = 0; at < _sums.Length; at += Vector<float>.Count)
        {
            if (!Vector.GreaterThanAny(new Vector<float>(_sums, at), bar))
            {
                continue;
            }

            for (int i = at; i < at + Vector<float>.Count; i++)
            {
                if (_sums[i] > bar[0])
                {
                    _candidates.Add((_sums[i], firstRow + i));
                }
            }
        }
    }

    /// <summary>Rows that some list has, whatever their sum: nothing tells them from those that none has.</summary>
    private void CollectTouched(SparseRun run, int firstRow, double least)
    {
        Array.Clear(_touched);
        foreach (Part part in _parts)
        {
            foreach (ushort row in run.Rows.AsSpan(part.First, part.Count))
            {
                _touched[(row & WindowMask) >> 6] |= 1UL << (row & 63);
            }
        }

        for (int word = 0; word < _touched.Length; word++)
        {
            for (ulong bits = _touched[word]; bits != 0; bits &= bits - 1)
            {
                int i = (word * 64) + BitOperations.TrailingZeroCount(bits);
                if (_sums[i] >= least)
                {
                    _candidates.Add((_sums[i], firstRow + i));
                }
            }
        }
    }

    /// <summary>
    /// Adds what the lists left out have of the candidates, those first that say most for what they cost; candidates that fall behind are dropped.
    /// </summary>
    private void Complete(SparseRun run, double left)
    {
        for (int i = _parts.Count - 1; i >= 0 && _candidates.Count > 0; i--)
        {
            Part part = _parts[i];
            if (part.IsLeading)
            {
                continue;
            }

            left -= part.Bound;
            if (_candidates.Count * PostingsOfSeek > part.Count)
            {
                AddUp(run, part);
            }
            else
            {
                LookUp(run, part);
            }

            DropBelow(Threshold - left - _slack);
        }
    }

    private void LookUp(SparseRun run, in Part part)
    {
        Considered += _candidates.Count;
        int at = part.First;
        foreach ((_, int row) in _candidates)
        {
            at = Seek(run.Rows, at, part.End, row);
            if (at < part.End && run.Rows[at] == row)
            {
                _sums[row & WindowMask] += part.Start + (part.Slope * run.Codes[at]);
            }
        }
    }

    private void DropBelow(double least)
    {
        int kept = 0;
        Span<(float Bound, int Row)> candidates = CollectionsMarshal.AsSpan(_candidates);
        foreach ((_, int row) in candidates)
        {
            float sum = _sums[row & WindowMask];
            if (sum >= least)
            {
                candidates[kept++] = (sum, row);
            }
        }

        _candidates.RemoveRange(kept, _candidates.Count - kept);
    }

    /// <summary>The first posting from one on whose row is not below another: by ever longer steps.</summary>
    private static int Seek(ushort[] rows, int at, int end, int row)
    {
        int step = 1;
        while (at + step < end && rows[at + step] < row)
        {
            at += step;
            step *= 2;
        }

        int high = Math.Min(end, at + step);
        while (at < high)
        {
            int middle = (at + high) >>> 1;
            (at, high) = rows[middle] < row ? (middle + 1, high) : (at, middle);
        }

        return at;
    }

    /// <summary>A dimension of the query that a run has: a posting's code c counts for at most Start + Slope · c.</summary>
    private record struct Term(SparseList List, float Start, float Slope, double Bound)
    {
        /// <summary>The first posting of the next window, of a list without windows.</summary>
        public int Next { get; set; }
    }

    /// <summary>The postings of a list in a window.</summary>
    private record struct Part(int First, int End, float Start, float Slope, double Bound)
    {
        public bool IsLeading { get; set; }

        public readonly int Count => End - First;
    }
}
