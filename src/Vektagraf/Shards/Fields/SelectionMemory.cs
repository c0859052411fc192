using System.Buffers;

namespace Vektagraf.Shards;

/// <summary>What the selections of one query are made of: borrowed arrays, given back together at its end.</summary>
internal sealed class SelectionMemory : IDisposable
{
    private readonly List<ulong[]> _words = [];
    private readonly List<int[]> _lists = [];

    /// <summary>Borrows zeroed words.</summary>
    /// <param name="count">At least so many; the array may be longer, and only so many are zero.</param>
    public ulong[] Words(int count)
    {
        var words = ArrayPool<ulong>.Shared.Rent(count);
        words.AsSpan(0, count).Clear();
        _words.Add(words);
        return words;
    }

    /// <summary>Borrows room for rows.</summary>
    /// <param name="count">At least so many.</param>
    public int[] List(int count)
    {
        var list = ArrayPool<int>.Shared.Rent(count);
        _lists.Add(list);
        return list;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _words.ForEach(w => ArrayPool<ulong>.Shared.Return(w));
        _lists.ForEach(l => ArrayPool<int>.Shared.Return(l));
        _words.Clear();
        _lists.Clear();
    }
}
