namespace Vektagraf.Index;

/// <summary>What a graph is walked on. The original vectors stay beside it and rank what is returned.</summary>
public enum VectorQuantization
{
    /// <summary>The original float32 components.</summary>
    None,

    /// <summary>float16 components: half the bytes, relative error 2⁻¹¹.</summary>
    Half,

    /// <summary>One byte a component, one step for all of them: a quarter of the bytes.</summary>
    Scalar8,

    /// <summary>
    /// 4 bits a component after a random rotation (RaBitQ's estimator over a finer grid): an eighth of the bytes.
    /// Vectors of fewer than 32 components get <see cref="Scalar8"/> instead, also for one bit.
    /// </summary>
    Rabitq4,

    /// <summary>1 bit a component after a random rotation (RaBitQ, Gao and Long 2024): a thirtieth of the bytes.</summary>
    Rabitq1,
}
