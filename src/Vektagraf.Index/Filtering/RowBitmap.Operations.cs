namespace Vektagraf.Index;

/// <content>Set operations, container by container. Neither operand changes.</content>
public sealed partial class RowBitmap
{
    /// <summary>The rows of both sets.</summary>
    /// <param name="other">The other set.</param>
    /// <returns>The intersection.</returns>
    public RowBitmap And(RowBitmap other)
    {
        var result = new Assembly(Math.Min(_keys.Length, other._keys.Length));
        for (int i = 0, j = 0; i < _keys.Length && j < other._keys.Length;)
        {
            var order = _keys[i].CompareTo(other._keys[j]);
            if (order == 0 && TryAnd(_containers[i], other._containers[j], out var container))
            {
                result.Add(_keys[i], container);
            }

            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        return result.ToBitmap();
    }

    /// <summary>The rows of either set.</summary>
    /// <param name="other">The other set.</param>
    /// <returns>The union. For unions of many sets a <see cref="RowBitmapBuilder"/> is faster.</returns>
    public RowBitmap Or(RowBitmap other)
    {
        var result = new Assembly(_keys.Length + other._keys.Length);
        Span<ulong> words = stackalloc ulong[RowContainer.Words];
        for (int i = 0, j = 0; i < _keys.Length || j < other._keys.Length;)
        {
            var order = i == _keys.Length ? 1 : j == other._keys.Length ? -1 : _keys[i].CompareTo(other._keys[j]);
            if (order != 0)
            {
                result.Add(order < 0 ? _keys[i] : other._keys[j], order < 0 ? _containers[i] : other._containers[j]);
            }
            else
            {
                words.Clear();
                _containers[i].AddTo(words);
                other._containers[j].AddTo(words);
                RowContainer.TryFrom(words, out var container);
                result.Add(_keys[i], container);
            }

            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        return result.ToBitmap();
    }

    /// <summary>The rows of this set that another has not.</summary>
    /// <param name="other">The other set.</param>
    /// <returns>The difference.</returns>
    public RowBitmap AndNot(RowBitmap other)
    {
        var result = new Assembly(_keys.Length);
        for (int i = 0, j = 0; i < _keys.Length; i++)
        {
            while (j < other._keys.Length && other._keys[j] < _keys[i])
            {
                j++;
            }

            if (j == other._keys.Length || other._keys[j] != _keys[i])
            {
                result.Add(_keys[i], _containers[i]);
            }
            else if (TryAndNot(_containers[i], other._containers[j], out var container))
            {
                result.Add(_keys[i], container);
            }
        }

        return result.ToBitmap();
    }

    private static bool TryAnd(in RowContainer left, in RowContainer right, out RowContainer container)
    {
        // The smaller array asks the other side, whatever its form.
        if (left.Kind == RowContainerKind.Array && (right.Kind != RowContainerKind.Array || left.Count <= right.Count))
        {
            return left.TryFilter(right, wanted: true, out container);
        }

        if (right.Kind == RowContainerKind.Array)
        {
            return right.TryFilter(left, wanted: true, out container);
        }

        Span<ulong> words = stackalloc ulong[RowContainer.Words * 2];
        words.Clear();
        left.AddTo(words);
        right.AddTo(words[RowContainer.Words..]);
        for (var w = 0; w < RowContainer.Words; w++)
        {
            words[w] &= words[RowContainer.Words + w];
        }

        return RowContainer.TryFrom(words[..RowContainer.Words], out container);
    }

    private static bool TryAndNot(in RowContainer left, in RowContainer right, out RowContainer container)
    {
        if (left.Kind == RowContainerKind.Array)
        {
            return left.TryFilter(right, wanted: false, out container);
        }

        Span<ulong> words = stackalloc ulong[RowContainer.Words * 2];
        words.Clear();
        left.AddTo(words);
        right.AddTo(words[RowContainer.Words..]);
        for (var w = 0; w < RowContainer.Words; w++)
        {
            words[w] &= ~words[RowContainer.Words + w];
        }

        return RowContainer.TryFrom(words[..RowContainer.Words], out container);
    }
}
