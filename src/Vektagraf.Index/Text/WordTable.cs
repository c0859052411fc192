using System.Text;

namespace Vektagraf.Index;

/// <summary>Words in the order of their UTF-8 bytes, end to end in one array. Immutable.</summary>
internal sealed class WordTable
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;

    private WordTable(byte[] bytes, int[] starts) => (_bytes, _starts) = (bytes, starts);

    public int Count => _starts.Length - 1;

    public long MemoryBytes => _bytes.Length + ((long)_starts.Length * sizeof(int));

    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(_starts[index].._starts[index + 1]);

    /// <summary>Index of a word; the complement of where it would stand if it is not there.</summary>
    public int Find(ReadOnlySpan<byte> word)
    {
        int low = 0;
        int high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = this[middle].SequenceCompareTo(word);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    /// <summary>The words that begin with a prefix.</summary>
    public Range FindPrefix(ReadOnlySpan<byte> prefix)
    {
        int start = Find(prefix);
        start = start < 0 ? ~start : start;
        int low = start;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = this[middle].StartsWith(prefix) ? (middle + 1, high) : (low, middle);
        }

        return start..low;
    }

    /// <summary>Collects words in ascending order.</summary>
    public sealed class Builder
    {
        private readonly List<int> _starts = [0];
        private byte[] _bytes = new byte[1024];

        public int Count => _starts.Count - 1;

        public void Add(ReadOnlySpan<byte> word)
        {
            int start = _starts[^1];
            EnsureRoom(start + word.Length);
            word.CopyTo(_bytes.AsSpan(start));
            _starts.Add(start + word.Length);
        }

        public void Add(string word)
        {
            int start = _starts[^1];
            EnsureRoom(start + Encoding.UTF8.GetMaxByteCount(word.Length));
            _starts.Add(start + Encoding.UTF8.GetBytes(word, _bytes.AsSpan(start)));
        }

        public WordTable Build() => new(_bytes.AsSpan(0, _starts[^1]).ToArray(), [.. _starts]);

        private void EnsureRoom(int length)
        {
            if (length > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(length, _bytes.Length * 2));
            }
        }
    }
}
