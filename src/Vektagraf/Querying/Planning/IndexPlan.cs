using Vektagraf.Collections;
using Vektagraf.Index;

namespace Vektagraf.Querying.Planning;

/// <summary>How one vector field is indexed, and what searches begin with until its calibration is measured.</summary>
public sealed record IndexPlan
{
    /// <summary>Flat, graph or inverted lists; never <see cref="VectorIndexKind.Auto"/>.</summary>
    public required VectorIndexKind Kind { get; init; }

    /// <summary>What the index walks or scans on; a flat index reads the original vectors whatever this says.</summary>
    public required VectorQuantization Quantization { get; init; }

    /// <summary>Graphs: links that an inserted node asks for; else 0.</summary>
    public int M { get; init; }

    /// <summary>Graphs: length of the candidate pool while inserting; else 0.</summary>
    public int EfConstruction { get; init; }

    /// <summary>Graphs: length of the candidate pool of searches; else 0.</summary>
    public int EfSearch { get; init; }

    /// <summary>Inverted lists; else 0.</summary>
    public int NList { get; init; }

    /// <summary>Inverted lists that searches visit; else 0.</summary>
    public int NProbe { get; init; }

    /// <summary>Bytes that the index needs in memory; original vectors of graphs and lists stay outside.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>Why, one reason for each decision.</summary>
    public required IReadOnlyList<IndexDecision> Decisions { get; init; }
}

/// <summary>One decision of a plan.</summary>
/// <param name="Subject">What was decided: <c>index</c>, <c>quantization</c>, <c>graph</c> or <c>lists</c>.</param>
/// <param name="Choice">What was chosen, such as <c>hnsw</c> or <c>M 16, efConstruction 200, efSearch 64</c>.</param>
/// <param name="Reason">Why, in a sentence.</param>
public sealed record IndexDecision(string Subject, string Choice, string Reason);
