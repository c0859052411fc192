using Vektagraf.Collections;

namespace Vektagraf.Shards;

/// <content>Full text.</content>
internal sealed partial class Memtable
{
    /// <summary>The full-text index; null where the collection declares no text.</summary>
    public TextIndex? Text { get; }

    /// <summary>When a row died; <see cref="ulong.MaxValue"/> while it is alive.</summary>
    internal ulong DiedAt(int row) => Volatile.Read(ref _diedAt[row]);

    private TextIndex? CreateTextIndex(CollectionDefinition definition)
    {
        List<string> fields = [.. definition.Fields.Where(f => f.Value.Type == FieldType.Text).Select(f => f.Key)];
        return fields.Count == 0 ? null : new TextIndex(this, fields);
    }
}
