namespace Vektagraf.Shards;

/// <summary>
/// A list that one writer appends to while readers read what was published before: elements never move. Publication is the
/// owner's: a reader must have learned an index through a volatile read after it was added.
/// </summary>
/// <typeparam name="T">Type of the elements.</typeparam>
internal sealed class ChunkedList<T>
{
    private const int ChunkBits = 12;
    private const int ChunkLength = 1 << ChunkBits;

    private T[][] _chunks = new T[4][];

    public int Count { get; private set; }

    public ref T this[int index] => ref Volatile.Read(ref _chunks)[index >> ChunkBits][index & (ChunkLength - 1)];

    public int Add(T value)
    {
        var chunk = Count >> ChunkBits;
        var chunks = _chunks;
        if (chunk == chunks.Length)
        {
            Array.Resize(ref chunks, chunk * 2);
        }

        chunks[chunk] ??= new T[ChunkLength];
        chunks[chunk][Count & (ChunkLength - 1)] = value;
        Volatile.Write(ref _chunks, chunks);
        return Count++;
    }
}
