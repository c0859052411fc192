using System.Globalization;
using Vektagraf.Collections;
using Vektagraf.Index;

namespace Vektagraf.Querying.Planning;

/// <summary>
/// Chooses index, quantization and first parameters of a vector field: a pure function, its table in docs/tuning.md. What the definition states
/// is kept; what it leaves to the engine follows from the number of vectors, the recall wanted and the memory there is. The parameters are where
/// searches begin; the curve measured on the collection's own vectors decides afterwards.
/// </summary>
public static class IndexPlanner
{
    /// <summary>A flat scan of so many bytes takes no longer than a graph walk's cache misses.</summary>
    public const long FlatScanBytes = 4 * 1024 * 1024;

    /// <summary>Below so many components a RaBitQ code with its factors is no shorter than one byte a component.</summary>
    public const int LeastRabitqDimensions = 32;

    // Centroids of more lists take longer to rank than lists take to scan.
    private const int MaxLists = 1 << 16;

    // Ranking by single bits is coarse: the pool must be longer for the same neighbours to be in it.
    private const int OneBitPoolFactor = 2;

    /// <summary>Chooses.</summary>
    /// <param name="field">The field.</param>
    /// <param name="objective">The recall wanted, and the k it is measured at.</param>
    /// <param name="vectors">How many vectors the index holds, at least 0.</param>
    /// <param name="memoryBudgetBytes">Bytes of memory that the index may take, at least 0.</param>
    /// <returns>The plan, with reasons.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public static IndexPlan Choose(VectorFieldDefinition field, SearchObjective objective, long vectors, long memoryBudgetBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(vectors);
        ArgumentOutOfRangeException.ThrowIfNegative(memoryBudgetBytes);
        var effort = SearchEffort.For(objective.Recall);
        var index = ChooseKind(field, objective, effort, vectors, memoryBudgetBytes);
        var kind = Enum.Parse<VectorIndexKind>(index.Choice, ignoreCase: true);
        var lists = kind == VectorIndexKind.Ivf ? ListsFor(vectors) : 0;
        var codes = CandidateCodes(field);
        var quantization = kind == VectorIndexKind.Flat
            ? field.Quantization == QuantizationKind.Auto ? VectorQuantization.None : codes[0]
            : codes.Where(c => Need(c) <= memoryBudgetBytes).DefaultIfEmpty(codes[^1]).First();
        var plan = new IndexPlan
        {
            Kind = kind,
            Quantization = quantization,
            ResidentBytes = Need(quantization) is var need && kind == VectorIndexKind.Ivf && need > memoryBudgetBytes
                ? IndexMemory.CentroidBytes(field.Dimensions, lists)
                : need,
            Decisions = [index, new IndexDecision("quantization", NameOf(quantization), ReasonFor(field, kind, quantization, need, memoryBudgetBytes))],
        };
        return kind switch
        {
            VectorIndexKind.Hnsw => WithGraph(plan, objective, effort),
            VectorIndexKind.Ivf => WithLists(plan, objective, effort, vectors, lists),
            _ => plan,
        };

        long Need(VectorQuantization codes) => kind switch
        {
            VectorIndexKind.Hnsw => IndexMemory.GraphBytes(codes, field.Dimensions, effort.M, vectors),
            VectorIndexKind.Ivf => IndexMemory.ListBytes(codes, field.Dimensions, lists, vectors),
            _ => IndexMemory.ScanBytes(field.Dimensions, vectors),
        };
    }

    private static IndexDecision ChooseKind(VectorFieldDefinition field, SearchObjective objective, SearchEffort effort, long vectors, long budget)
    {
        if (field.Index != VectorIndexKind.Auto)
        {
            return Index(field.Index, "The definition states it.");
        }

        if (objective.Recall >= 1)
        {
            return Index(VectorIndexKind.Flat, "A recall of 1 asks for every vector to be scored.");
        }

        var scan = IndexMemory.ScanBytes(field.Dimensions, vectors);
        if (scan <= FlatScanBytes)
        {
            return Index(VectorIndexKind.Flat, $"Scanning {Bytes(scan)} takes no longer than walking a graph; up to {Bytes(FlatScanBytes)} are scanned.");
        }

        var smallest = CandidateCodes(field)[^1];
        var need = IndexMemory.GraphBytes(smallest, field.Dimensions, effort.M, vectors);
        return need <= budget
            ? Index(VectorIndexKind.Hnsw, $"Scanning {Bytes(scan)} takes longer than walking a graph, and a graph fits into {Bytes(budget)}.")
            : Index(VectorIndexKind.Ivf, $"Even with the smallest codes allowed ({NameOf(smallest)}) a graph needs {Bytes(need)} of memory, and there are {Bytes(budget)}; lists are read as they are needed.");
    }

    /// <summary>The codes that the definition allows, from the most exact to the smallest.</summary>
    private static VectorQuantization[] CandidateCodes(VectorFieldDefinition field) => field.Quantization switch
    {
        QuantizationKind.None => [VectorQuantization.None],
        QuantizationKind.Sq8 => [VectorQuantization.Scalar8],
        _ when field.Dimensions < LeastRabitqDimensions => [VectorQuantization.Scalar8],
        QuantizationKind.Rabitq => [VectorQuantization.Rabitq4, VectorQuantization.Rabitq1],
        _ => [VectorQuantization.Scalar8, VectorQuantization.Rabitq4, VectorQuantization.Rabitq1],
    };

    private static string ReasonFor(VectorFieldDefinition field, VectorIndexKind kind, VectorQuantization quantization, long need, long budget)
    {
        if (kind == VectorIndexKind.Flat)
        {
            return field.Quantization == QuantizationKind.Auto
                ? "A flat scan reads the vectors themselves."
                : "The definition states it; a flat scan reads the vectors themselves until a graph or lists take its place.";
        }

        var fits = need <= budget ? $"the index takes {Bytes(need)} of the {Bytes(budget)} there are" : $"the index would take {Bytes(need)}, more than the {Bytes(budget)} there are";
        if (field.Dimensions < LeastRabitqDimensions && field.Quantization is QuantizationKind.Rabitq or QuantizationKind.Auto && quantization == VectorQuantization.Scalar8)
        {
            return $"Below {LeastRabitqDimensions} components one byte for each is no longer than a RaBitQ code; {fits}.";
        }

        return (field.Quantization, quantization) switch
        {
            (QuantizationKind.None or QuantizationKind.Sq8, _) => $"The definition states it; {fits}.",
            (QuantizationKind.Rabitq, VectorQuantization.Rabitq4) => $"The definition states RaBitQ, and 4 bits rank best; {fits}.",
            (_, VectorQuantization.Scalar8) => $"One byte a component ranks almost as the vectors do; {fits}.",
            (_, VectorQuantization.Rabitq4) => $"Codes of one byte a component do not fit, those of 4 bits do; {fits}.",
            _ when need > budget => $"The smallest codes there are; {fits}.",
            _ => $"Nothing larger than one bit a component fits; {fits}.",
        };
    }

    private static IndexPlan WithGraph(IndexPlan plan, SearchObjective objective, SearchEffort effort)
    {
        var pool = (long)effort.PoolOf(objective.K) * (plan.Quantization == VectorQuantization.Rabitq1 ? OneBitPoolFactor : 1);
        var graph = plan with { M = effort.M, EfConstruction = effort.EfConstruction, EfSearch = (int)Math.Min(HnswOptions.MaxEf, pool) };
        var choice = Invariant($"M {graph.M}, efConstruction {graph.EfConstruction}, efSearch {graph.EfSearch}");
        return graph with { Decisions = [.. plan.Decisions, new IndexDecision("graph", choice, Invariant($"Where recall {objective.Recall} at k {objective.K} begins; the calibration decides."))] };
    }

    private static IndexPlan WithLists(IndexPlan plan, SearchObjective objective, SearchEffort effort, long vectors, int lists)
    {
        // As many lists as the square root of their number, and enough for 2k vectors to be in them.
        var byRoot = Math.Ceiling(Math.Sqrt(lists)) * effort.ProbeFactor;
        var byResults = Math.Ceiling(2.0 * objective.K * lists / Math.Max(1, vectors));
        var probes = (int)Math.Min(lists, Math.Max(byRoot, byResults));
        var choice = Invariant($"nlist {lists}, nprobe {probes}");
        return plan with
        {
            NList = lists,
            NProbe = probes,
            Decisions = [.. plan.Decisions, new IndexDecision("lists", choice, Invariant($"√n lists, and for recall {objective.Recall} about {effort.ProbeFactor}·√nlist of them to begin with; the calibration decides."))],
        };
    }

    private static int ListsFor(long vectors) => (int)Math.Clamp(Math.Round(Math.Sqrt(vectors)), 1, MaxLists);

    private static IndexDecision Index(VectorIndexKind kind, string reason) => new("index", kind.ToString().ToLowerInvariant(), reason);

    private static string NameOf(VectorQuantization quantization) => quantization switch
    {
        VectorQuantization.Scalar8 => "sq8",
        VectorQuantization.Rabitq4 => "rabitq 4-bit",
        VectorQuantization.Rabitq1 => "rabitq 1-bit",
        VectorQuantization.Half => "float16",
        _ => "none",
    };

    private static string Bytes(long bytes) => bytes < 10L * 1024 * 1024 ? Invariant($"{bytes / 1024.0:0.#} KiB") : Invariant($"{bytes / (1024.0 * 1024):#,0} MiB");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
