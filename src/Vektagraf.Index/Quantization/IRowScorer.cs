using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

/// <summary>
/// Distances from one query to stored rows, as a struct over raw pointers, so that graph walks are compiled once for each way of storing
/// rows. Valid as long as whoever made it keeps the memory reachable.
/// </summary>
internal interface IRowScorer
{
    /// <summary>Whether the bound depends on the estimate alone and grows with it: what is ruled out at one estimate is at every greater one.</summary>
    static virtual bool HasOneBound => false;

    /// <summary>Whether rows are long enough for <see cref="Score4"/> to pay.</summary>
    bool InFours { get; }

    /// <summary>The distance, or an estimate of it.</summary>
    float Score(int row);

    /// <summary>Four distances.</summary>
    Vector128<float> Score4(int row0, int row1, int row2, int row3);

    /// <summary>Asks the hardware to fetch the start of a row.</summary>
    void Prefetch(int row);

    /// <summary>The least that the true distance can be, given the estimate; for RaBitQ, can be with high probability.</summary>
    float LowerBound(int row, float estimate);

    /// <summary>Whether the estimate is the distance, to the bit, so that ranking need not read the vector.</summary>
    bool IsExact(float estimate);
}

/// <summary>A scorer whose rows can take the query's place: what building a graph asks for.</summary>
internal interface ISymmetricScorer<TSelf> : IRowScorer
    where TSelf : struct, ISymmetricScorer<TSelf>
{
    /// <summary>The same over the same rows, with one of them as the query.</summary>
    TSelf For(int row);
}
