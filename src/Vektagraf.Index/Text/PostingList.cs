namespace Vektagraf.Index;

/// <summary>
/// Where one word, or what stands for words, occurs within one run and field: rows with frequencies, and positions where they were kept. As
/// <see cref="PostingWriter"/> wrote it; immutable.
/// </summary>
public readonly struct PostingList
{
    private readonly byte[]? _bytes;

    internal PostingList(byte[] bytes, int start, TextRunField field)
    {
        _bytes = bytes;
        Field = field;
        uint count = Varint.Read(bytes, ref start);
        Start = start;
        ListStart = start - Varint.Length(count);
        Count = (int)count;
    }

    /// <summary>Texts that contain the word, dead ones included.</summary>
    public int Count { get; }

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The bytes that <see cref="Start"/> points into.</summary>
    internal byte[] Bytes => _bytes!;

    /// <summary>Where offsets of blocks count from.</summary>
    internal int ListStart { get; }

    /// <summary>What follows the count.</summary>
    internal int Start { get; }

    /// <summary>The field, which has the lengths of its texts.</summary>
    internal TextRunField Field { get; }
}

/// <summary>Integers of 1 to 5 bytes, seven bits in each, the lowest first.</summary>
internal static class Varint
{
    public static uint Read(byte[] bytes, ref int at)
    {
        uint value = bytes[at++];
        if (value < 0x80)
        {
            return value;
        }

        value &= 0x7F;
        for (int shift = 7; ; shift += 7)
        {
            uint next = bytes[at++];
            value |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    public static int Length(uint value)
    {
        int length = 1;
        for (; value >= 0x80; value >>= 7)
        {
            length++;
        }

        return length;
    }
}
