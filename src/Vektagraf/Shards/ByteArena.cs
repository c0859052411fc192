namespace Vektagraf.Shards;

/// <summary>A place in a <see cref="ByteArena"/>.</summary>
internal readonly record struct ArenaSlice(int Block, int Offset, int Length);

/// <summary>Many short byte strings in few large blocks: no object header for each, nothing for the collector to walk.</summary>
internal sealed class ByteArena
{
    private const int BlockBytes = 1 << 20;

    private readonly ChunkedList<byte[]> _blocks = new();
    private int _used = BlockBytes;

    /// <summary>Bytes of all blocks.</summary>
    public long AllocatedBytes { get; private set; }

    public ArenaSlice Add(ReadOnlySpan<byte> bytes)
    {
        if (_used + bytes.Length > BlockBytes)
        {
            var size = Math.Max(BlockBytes, bytes.Length);
            _blocks.Add(GC.AllocateUninitializedArray<byte>(size));
            AllocatedBytes += size;
            _used = 0;
        }

        var block = _blocks.Count - 1;
        bytes.CopyTo(_blocks[block].AsSpan(_used));
        var slice = new ArenaSlice(block, _used, bytes.Length);
        _used += bytes.Length;
        return slice;
    }

    public ReadOnlyMemory<byte> Read(ArenaSlice slice) => _blocks[slice.Block].AsMemory(slice.Offset, slice.Length);
}
