using System.Runtime.InteropServices;
using Vektagraf.Collections;
using Vektagraf.Querying;

namespace Vektagraf.Shards.Segments;

/// <summary>The values of a field with their rows, to be put in order.</summary>
/// <param name="type">The type of the field.</param>
internal sealed class FieldIndexValues(FieldType type)
{
    private readonly List<ulong> _keys = [];
    private readonly List<FieldValue> _points = [];
    private readonly List<int> _rows = [];
    private readonly Dictionary<string, List<int>> _texts = new(StringComparer.Ordinal);

    /// <summary>Adds a row's value; rows come in order.</summary>
    public void Add(in FieldValue value, int row)
    {
        switch (value.Kind)
        {
            case FieldValueKind.String:
                Add(value.AsString, row);
                break;
            case FieldValueKind.StringArray:
                foreach (var element in value.AsStringArray)
                {
                    Add(element, row);
                }

                break;
            case FieldValueKind.Geo:
                _points.Add(value);
                _rows.Add(row);
                break;
            default:
                _keys.Add(FieldIndexKey.Of(value).Bits);
                _rows.Add(row);
                break;
        }
    }

    /// <summary>The distinct values, ascending, each with its rows, ascending.</summary>
    public IEnumerable<(FieldValue Value, int[] Rows)> InOrder() =>
        FieldIndexKey.IsText(type) ? TextsInOrder() : type == FieldType.Geo ? PointsInOrder() : KeysInOrder();

    private void Add(string text, int row)
    {
        ref var rows = ref CollectionsMarshal.GetValueRefOrAddDefault(_texts, text, out _);
        rows ??= new List<int>(1);
        if (rows.Count == 0 || rows[^1] != row)
        {
            rows.Add(row);
        }
    }

    private IEnumerable<(FieldValue Value, int[] Rows)> TextsInOrder()
    {
        foreach (var text in _texts.Keys.Order(StringComparer.Ordinal))
        {
            yield return (FieldValue.From(text), [.. _texts[text]]);
        }
    }

    private IEnumerable<(FieldValue Value, int[] Rows)> KeysInOrder()
    {
        var (keys, rows) = (_keys.ToArray(), _rows.ToArray());
        Array.Sort(keys, rows);
        for (int start = 0, end; start < keys.Length; start = end)
        {
            end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
            {
                end++;
            }

            yield return (ValueOf(keys[start]), Sorted(rows[start..end]));
        }
    }

    private IEnumerable<(FieldValue Value, int[] Rows)> PointsInOrder()
    {
        int[] order = [.. Enumerable.Range(0, _points.Count)];
        Array.Sort(order, (a, b) => FieldIndexEntries.Compare(_points[a], _points[b]));
        for (int start = 0, end; start < order.Length; start = end)
        {
            var point = _points[order[start]];
            end = start + 1;
            while (end < order.Length && FieldIndexEntries.Compare(_points[order[end]], point) == 0)
            {
                end++;
            }

            yield return (point, Sorted([.. order[start..end].Select(i => _rows[i])]));
        }
    }

    private FieldValue ValueOf(ulong key) => type switch
    {
        FieldType.Boolean => FieldValue.From(key == 1),
        FieldType.DateTime => FieldValue.FromUtcTicks((long)key),
        _ => FieldValue.From(new FieldIndexKey(key, null).ToNumber()),
    };

    private static int[] Sorted(int[] rows)
    {
        Array.Sort(rows);
        return rows;
    }
}
