namespace Vektagraf.Index;

/// <summary>
/// An index that rows are found in before they are in its structure: those are pending, and searches scan them. So appending costs no more
/// than a copy, and the structure follows when there is time.
/// </summary>
public interface IPendingIndex : IVectorIndex
{
    /// <summary>Rows below this are in the structure; those from here to the count are pending.</summary>
    int IndexedCount { get; }

    /// <summary>Takes pending rows into the structure, in their order. One thread at a time may; another may append, others search.</summary>
    /// <param name="most">The most rows to take.</param>
    /// <param name="degreeOfParallelism">Threads to work with, at least 1. On one thread the structure depends on vectors, order, options and the steps alone.</param>
    /// <returns>How many were taken.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The most is below 0, or the degree of parallelism below 1.</exception>
    int IndexPending(int most, int degreeOfParallelism = 1);

    /// <summary>The structure as bytes, without vectors and pending rows. Only who takes rows in may call this.</summary>
    /// <returns>The bytes.</returns>
    byte[] SerializeStructure();
}
