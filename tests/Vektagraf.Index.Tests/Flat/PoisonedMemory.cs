using System.Runtime.InteropServices;

namespace Vektagraf.Index.Tests.Flat;

/// <summary>Native memory that is filled with NaN when its block is released: whoever reads it later finds what no row holds.</summary>
internal sealed unsafe class PoisonedMemory : VectorMemory
{
    private readonly Counts _counts = new();

    public int Allocated => Volatile.Read(ref _counts.Allocated);

    public int Released => Volatile.Read(ref _counts.Released);

    public int Settled => Volatile.Read(ref _counts.Settled);

    public override SafeBuffer? Allocate(long bytes)
    {
        Interlocked.Increment(ref _counts.Allocated);
        return new Block(bytes, _counts);
    }

    public override void Settle(SafeBuffer block) => Interlocked.Increment(ref _counts.Settled);

    private sealed class Counts
    {
        public int Allocated, Released, Settled;
    }

    /// <summary>Never given back to the system, so that reading too late is seen instead of ending the process.</summary>
    private sealed class Block : SafeBuffer
    {
        private readonly Counts _counts;

        public Block(long bytes, Counts counts)
            : base(ownsHandle: true)
        {
            _counts = counts;
            Initialize((ulong)bytes);
            SetHandle((nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment));
        }

        protected override bool ReleaseHandle()
        {
            new Span<float>((void*)handle, (int)(ByteLength / sizeof(float))).Fill(float.NaN);
            Interlocked.Increment(ref _counts.Released);
            return true;
        }
    }
}
