using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>One found row.</summary>
/// <param name="Ordinal">The row's position in the index.</param>
/// <param name="Distance">Its distance from the query, smaller is nearer; Euclidean is squared.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Neighbor(int Ordinal, float Distance);
