using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <summary>Goes through an index in order of its values: the rows of one value at a time, of all runs.</summary>
/// <param name="view">The index.</param>
/// <param name="descending">Whether the greatest comes first; rows without a value come before it then, else behind the last one.</param>
internal sealed class IndexWalk(RowIndexView view, bool descending)
{
    private readonly int[] _next = [.. view.Runs.Select(r => descending ? r.Values - 1 : 0)];
    private readonly List<(IndexRun Run, int Value)> _current = [];
    private bool _isBeforeMissing = true;

    /// <summary>Leaves out what comes before a key; rows without a value, too, where they come first.</summary>
    public void SkipTo(FieldIndexKey key)
    {
        for (var i = 0; i < _next.Length; i++)
        {
            var found = view.Runs[i].Find(key);
            var isThere = found < view.Runs[i].Values && view.Runs[i].KeyAt(found).CompareTo(key) == 0;
            _next[i] = descending && !isThere ? found - 1 : found;
        }

        _isBeforeMissing &= !descending;
    }

    /// <summary>Leaves out all values.</summary>
    public void SkipValues()
    {
        for (var i = 0; i < _next.Length; i++)
        {
            _next[i] = descending ? -1 : view.Runs[i].Values;
        }
    }

    /// <summary>The next rows that share a value, or have none; dead ones among them.</summary>
    /// <param name="rows">The rows, emptied first.</param>
    /// <returns>False where there are no more.</returns>
    public bool TryNext(List<int> rows)
    {
        rows.Clear();
        if (descending && _isBeforeMissing)
        {
            AddMissing(rows);
            return true;
        }

        _current.Clear();
        for (var i = 0; i < _next.Length; i++)
        {
            Offer(i);
        }

        foreach (var (run, value) in _current)
        {
            rows.AddRange(run.RowsOf(value, value + 1));
        }

        for (var i = 0; i < _next.Length; i++)
        {
            _next[i] += _current.Contains((view.Runs[i], _next[i])) ? descending ? -1 : 1 : 0;
        }

        if (_current.Count > 0 || !_isBeforeMissing)
        {
            return _current.Count > 0;
        }

        AddMissing(rows);
        return true;
    }

    private void Offer(int i)
    {
        var run = view.Runs[i];
        if (_next[i] < 0 || _next[i] >= run.Values)
        {
            return;
        }

        var order = _current.Count == 0 ? 0 : run.KeyAt(_next[i]).CompareTo(_current[0].Run.KeyAt(_current[0].Value));
        if ((descending ? -order : order) < 0)
        {
            _current.Clear();
            order = 0;
        }

        if (order == 0)
        {
            _current.Add((run, _next[i]));
        }
    }

    private void AddMissing(List<int> rows)
    {
        foreach (var run in view.Runs)
        {
            rows.AddRange(run.Missing);
        }

        _isBeforeMissing = false;
    }
}
