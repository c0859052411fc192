using System.Runtime.InteropServices;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <summary>Puts the values of rows in order.</summary>
/// <param name="type">The type of the field.</param>
internal sealed class IndexRunBuilder(FieldType type)
{
    private readonly List<ulong> _keys = [];
    private readonly List<int> _rows = [];
    private readonly List<int> _missing = [];

    // Texts are numbered as they come; the numbers stand in for them until all are known.
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<int> _last = [];

    public int MissingRows => _missing.Count;

    /// <summary>Adds a row; rows come in order.</summary>
    public void Add(in FieldValue value, int row)
    {
        switch (value.Kind)
        {
            case FieldValueKind.Null:
                _missing.Add(row);
                break;
            case FieldValueKind.String:
                Add(value.AsString, row);
                break;
            case FieldValueKind.StringArray:
                for (var i = 0; i < value.AsStringArray.Count; i++)
                {
                    Add(value.AsStringArray[i], row);
                }

                break;
            default:
                _keys.Add(FieldIndexKey.Of(value).Bits);
                _rows.Add(row);
                break;
        }
    }

    public IndexRunParts Finish()
    {
        if (FieldIndexKey.IsText(type))
        {
            return FinishTexts();
        }

        var (keys, rows) = (_keys.ToArray(), _rows.ToArray());
        Array.Sort(keys, rows);
        var (distinct, starts) = (new List<ulong>(), new List<int>());
        for (int start = 0, end; start < keys.Length; start = end)
        {
            end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
            {
                end++;
            }

            // Sorting is not stable.
            rows.AsSpan(start, end - start).Sort();
            distinct.Add(keys[start]);
            starts.Add(start);
        }

        starts.Add(keys.Length);
        return new IndexRunParts([.. distinct], [], [.. starts], rows, [.. _missing]);
    }

    private void Add(string text, int row)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, text, out var exists);
        if (!exists)
        {
            number = _last.Count;
            _last.Add(-1);
        }

        if (_last[number] != row)
        {
            _last[number] = row;
            _keys.Add((ulong)number);
            _rows.Add(row);
        }
    }

    /// <summary>A counting sort: the texts are sorted once each, the rows go to their places.</summary>
    private IndexRunParts FinishTexts()
    {
        var texts = new string[_numbers.Count];
        var numbers = new int[texts.Length];
        foreach (var (text, number) in _numbers)
        {
            (texts[number], numbers[number]) = (text, number);
        }

        Array.Sort(texts, numbers, StringComparer.Ordinal);
        var places = new int[texts.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            places[numbers[i]] = i;
        }

        var starts = new int[texts.Length + 1];
        foreach (var number in _keys)
        {
            starts[places[(int)number] + 1]++;
        }

        for (var i = 0; i < texts.Length; i++)
        {
            starts[i + 1] += starts[i];
        }

        var next = starts[..^1];
        var rows = new int[_rows.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[next[places[(int)_keys[i]]]++] = _rows[i];
        }

        return new IndexRunParts([], texts, starts, rows, [.. _missing]);
    }
}
