using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// Where an index keeps original vectors instead of the heap: a graph is walked on codes and reads few originals, which may as well lie in a
/// file that is mapped. Indexes know blocks of memory only; what they are made of is the engine's matter.
/// </summary>
/// <remarks>
/// A block is released by its handle's finalizer: whoever may still read it holds the handle, as readers of an index do for as long as a
/// search takes. Nobody disposes of a block.
/// </remarks>
public abstract class VectorMemory
{
    /// <summary>Blocks start at a multiple of this: a cache line.</summary>
    public const int Alignment = 64;

    /// <summary>Allocates a block that can be written and read by all threads.</summary>
    /// <param name="bytes">Its least length.</param>
    /// <returns>A handle that releases the block once it is unreachable; null to leave this block to the heap.</returns>
    public abstract SafeBuffer? Allocate(long bytes);

    /// <summary>Takes note that a block is read seldom from now on, until it is read again. Any thread may, at any time.</summary>
    public virtual void Settle(SafeBuffer block)
    {
    }

    /// <summary>
    /// Takes the pages of a mapped file out of the resident set; their content stays in the file and comes back when it is read. Only for blocks
    /// that are shared mappings of files: others would lose their content.
    /// </summary>
    protected static unsafe void DropResident(SafeBuffer block)
    {
        PageAdvice.Give((void*)Start(block), (nuint)block.ByteLength, PageAdvice.Advice.Random);
        PageAdvice.Give((void*)Start(block), (nuint)block.ByteLength, PageAdvice.Advice.NotNeeded);
        GC.KeepAlive(block);
    }

    /// <summary>Floats in a memory, or on the heap where there is none or it does not want them.</summary>
    internal static PinnedBuffer<float> Allocate(VectorMemory? memory, int length) =>
        memory?.Allocate((long)length * sizeof(float)) is { } block ? new PinnedBuffer<float>(length, block) : new PinnedBuffer<float>(length);

    /// <summary>Where a block starts. Valid while the handle is reachable.</summary>
    internal static unsafe nint Start(SafeBuffer block)
    {
        byte* start = null;
        block.AcquirePointer(ref start);
        block.ReleasePointer();
        return (nuint)start % Alignment == 0 ? (nint)start : throw new ArgumentException("The block does not start at a cache line.", nameof(block));
    }
}
