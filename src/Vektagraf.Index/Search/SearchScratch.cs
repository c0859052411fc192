namespace Vektagraf.Index;

/// <summary>
/// What a search works in: candidates, the query aligned and padded, gathered rows. Give each concurrent search its own and use it again for
/// the next one; it grows to the largest search seen, after which searches on one thread allocate nothing. Not thread-safe.
/// </summary>
public sealed class SearchScratch
{
    private PinnedBuffer<float>? _queries;
    private PinnedBuffer<int>? _rows;
    private SearchScratch[] _children = [];
    private GraphScratch? _graph;
    private ListScratch? _lists;

    /// <summary>What the last search did.</summary>
    public SearchStatistics Statistics { get; internal set; }

    /// <summary>Bytes held.</summary>
    public long MemoryBytes
    {
        get
        {
            long bytes = Candidates.MemoryBytes + (_queries?.MemoryBytes ?? 0) + (_rows?.MemoryBytes ?? 0) + (_graph?.MemoryBytes ?? 0) + (_lists?.MemoryBytes ?? 0);
            foreach (SearchScratch child in _children)
            {
                bytes += child.MemoryBytes;
            }

            return bytes;
        }
    }

    /// <summary>The rows found so far.</summary>
    internal TopK Candidates { get; } = new();

    /// <summary>The query being searched for.</summary>
    internal FlatQuery Query { get; set; }

    /// <summary>What walks of graphs work in.</summary>
    internal GraphScratch Graph => _graph ??= new GraphScratch();

    /// <summary>What searches of inverted lists work in.</summary>
    internal ListScratch Lists => _lists ??= new ListScratch();

    /// <summary>Room for queries, at least as long as asked.</summary>
    internal PinnedBuffer<float> Queries(int length)
    {
        if (_queries is null || _queries.Length < length)
        {
            _queries = new PinnedBuffer<float>(length);
        }

        return _queries;
    }

    /// <summary>Room for row numbers, at least as long as asked.</summary>
    internal PinnedBuffer<int> Rows(int length)
    {
        if (_rows is null || _rows.Length < length)
        {
            _rows = new PinnedBuffer<int>(length);
        }

        return _rows;
    }

    /// <summary>Scratches for the threads or the queries of one search, at least as many as asked.</summary>
    internal SearchScratch[] Children(int count)
    {
        int existing = _children.Length;
        if (existing < count)
        {
            Array.Resize(ref _children, count);
            for (int i = existing; i < count; i++)
            {
                _children[i] = new SearchScratch();
            }
        }

        return _children;
    }

    /// <summary>Forgets the last search and takes up the next.</summary>
    internal void Begin(in FlatQuery query, in SearchParameters parameters)
    {
        Query = query;
        Candidates.Reset(parameters.K, parameters.MaxDistance);
        Statistics = default;
    }
}
