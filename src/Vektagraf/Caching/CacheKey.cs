using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Vektagraf.Caching;

/// <summary>Name of a cached value: what it is a part of, and which part.</summary>
/// <param name="Scope">What it is a part of, such as <c>block/c/docs.0f3c/s/0/seg/1a2b</c>; parts of one scope are dropped together, and patterns
/// are matched against it.</param>
/// <param name="Part">Number of the part.</param>
public readonly record struct CacheKey(string Scope, long Part = 0)
{
    /// <summary>Hashes the key, the same in every process.</summary>
    /// <returns>64 bits.</returns>
    public ulong Hash() => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(Scope.AsSpan()), Part);
}

/// <summary>Levels of a <see cref="TieredCache"/>, fastest first.</summary>
public enum CacheLevel
{
    /// <summary>Values in memory.</summary>
    L1 = 1,

    /// <summary>Compressed values in memory.</summary>
    L2 = 2,

    /// <summary>Files on a local disk.</summary>
    L3 = 3,
}
