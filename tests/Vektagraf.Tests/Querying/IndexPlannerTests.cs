using System.Globalization;
using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Querying.Planning;

namespace Vektagraf.Tests.Querying;

public class IndexPlannerTests
{
    private const long Mebibyte = 1024 * 1024;

    private static readonly Gen<Question> Questions = Gen.Select(
        Gen.Enum<VectorIndexKind>(),
        Gen.Enum<QuantizationKind>(),
        Gen.OneOf(Gen.Int[1, 64], Gen.Int[1, 2_048], Gen.Const(16_384)),
        Gen.OneOf(Gen.Double[0.5, 1], Gen.OneOf(Gen.Const(0.95), Gen.Const(0.99), Gen.Const(0.995), Gen.Const(0.999), Gen.Const(1.0))),
        Gen.OneOf(Gen.Int[1, 100], Gen.Int[1, 10_000]),
        Gen.Double[3, 32].Select(log => (long)Math.Pow(2, log)),
        Gen.Double[10, 40].Select(log => (long)Math.Pow(2, log)),
        (index, quantization, dimensions, recall, k, vectors, budget) => new Question(index, quantization, dimensions, recall, k, vectors, budget));

    private static readonly Gen<Question> Open = Questions.Select(q => q with { Index = VectorIndexKind.Auto, Quantization = QuantizationKind.Auto });

    public static TheoryData<string> DocumentedRows => new(ReadRows());

    [Theory]
    [MemberData(nameof(DocumentedRows))]
    public void Choose_ForARowOfTheDocumentedTable_IsThatRow(string row)
    {
        var cells = row.Split('|', StringSplitOptions.TrimEntries)[1..^1];
        var question = new Question(
            Enum.Parse<VectorIndexKind>(cells[0], ignoreCase: true),
            Enum.Parse<QuantizationKind>(cells[1], ignoreCase: true),
            Number(cells[2]),
            double.Parse(cells[3], CultureInfo.InvariantCulture),
            Number(cells[4]),
            Number(cells[5]),
            Number(cells[6]) * Mebibyte);
        var plan = question.Answer();
        string[] chosen = [plan.Decisions[0].Choice, plan.Decisions[1].Choice, .. new[] { plan.M, plan.EfConstruction, plan.EfSearch, plan.NList, plan.NProbe }.Select(n => n == 0 ? "" : n.ToString("#,0", CultureInfo.InvariantCulture))];
        Assert.Equal(string.Join(" | ", cells[7..]), string.Join(" | ", chosen));
    }

    [Fact]
    public void DocumentedTable_HasEveryKindAndCode()
    {
        var rows = ReadRows().Select(r => r.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.Superset(new HashSet<string> { "flat", "hnsw", "ivf" }, rows.Select(r => r[8]).ToHashSet());
        Assert.Superset(new HashSet<string> { "none", "sq8", "rabitq 4-bit", "rabitq 1-bit" }, rows.Select(r => r[9]).ToHashSet());
    }

    [Fact]
    public void Choose_ForAnyQuestion_GivesParametersThatIndexesTake() => Questions.Sample(question =>
    {
        var plan = question.Answer();
        Assert.NotEqual(VectorIndexKind.Auto, plan.Kind);
        Assert.True(plan.ResidentBytes >= 0);
        Assert.True(plan.Decisions.Count >= 2 && plan.Decisions.All(d => d.Choice.Length > 0 && d.Reason.EndsWith('.')));
        if (plan.Kind == VectorIndexKind.Hnsw)
        {
            Assert.InRange(plan.M, 2, HnswOptions.MaxM);
            Assert.InRange(plan.EfConstruction, plan.M, HnswOptions.MaxEf);
            Assert.InRange(plan.EfSearch, question.K, HnswOptions.MaxEf);
        }
        else
        {
            Assert.Equal((0, 0, 0), (plan.M, plan.EfConstruction, plan.EfSearch));
        }

        Assert.True(plan.Kind == VectorIndexKind.Ivf ? plan.NList >= 1 && plan.NProbe >= 1 && plan.NProbe <= plan.NList : plan is { NList: 0, NProbe: 0 });
    });

    [Fact]
    public void Choose_WhenTheDefinitionStatesSomething_KeepsIt() => Questions.Sample(question =>
    {
        var plan = question.Answer();
        Assert.True(question.Index == VectorIndexKind.Auto || question.Index == plan.Kind);
        Assert.True(question.Quantization switch
        {
            QuantizationKind.None => plan.Quantization == VectorQuantization.None,
            QuantizationKind.Sq8 => plan.Quantization == VectorQuantization.Scalar8,
            // The index itself has nothing shorter for short vectors.
            QuantizationKind.Rabitq when question.Dimensions < IndexPlanner.LeastRabitqDimensions => plan.Quantization == VectorQuantization.Scalar8,
            QuantizationKind.Rabitq => plan.Quantization is VectorQuantization.Rabitq4 or VectorQuantization.Rabitq1,
            _ => plan.Kind == VectorIndexKind.Flat || plan.Quantization != VectorQuantization.None,
        });
    });

    [Fact]
    public void Choose_WithMoreMemory_NeverChoosesSmaller() => Gen.Select(Open, Gen.Double[1, 1_000]).Sample((question, factor) =>
        Assert.True(question.Rung() >= (question with { Budget = (long)(question.Budget * factor) }).Rung()));

    [Fact]
    public void Choose_WithMoreVectors_NeverChoosesLarger() => Gen.Select(Open, Gen.Double[1, 1_000]).Sample((question, factor) =>
        Assert.True(question.Rung() <= (question with { Vectors = (long)(question.Vectors * factor) }).Rung()));

    [Fact]
    public void Choose_BetweenScanAndGraph_GoesByBytesScannedRecallAndMemory() => Open.Sample(
        question =>
        {
            var plan = question.Answer();
            var isShortScan = question.Vectors * Math.Max(64, question.Dimensions * 4) <= IndexPlanner.FlatScanBytes;
            Assert.Equal(question.Recall >= 1 || isShortScan, plan.Kind == VectorIndexKind.Flat);
            if (plan.Kind == VectorIndexKind.Hnsw)
            {
                Assert.InRange(plan.ResidentBytes, 1, question.Budget);
            }
            else if (plan.Kind == VectorIndexKind.Ivf)
            {
                Assert.True(question with { Index = VectorIndexKind.Hnsw } is var asGraph && asGraph.Answer().ResidentBytes > question.Budget);
            }
        },
        iter: 1_000);

    [Fact]
    public void Choose_WithAHigherRecall_NeverSearchesLess() => Gen.Select(Questions, Gen.Double[0, 1]).Sample((question, share) =>
    {
        var (lower, higher) = (question.Answer(), (question with { Recall = question.Recall + ((1 - question.Recall) * share) }).Answer());
        if (lower.Kind == higher.Kind)
        {
            Assert.True(higher.M >= lower.M && higher.EfConstruction >= lower.EfConstruction && higher.EfSearch >= lower.EfSearch);
            Assert.True(higher.NList == lower.NList && higher.NProbe >= lower.NProbe);
        }
    });

    [Fact]
    public void Choose_WithALargerK_NeverSearchesLess() => Gen.Select(Questions, Gen.Int[0, 5_000]).Sample((question, more) =>
    {
        var (fewer, larger) = (question.Answer(), (question with { K = question.K + more }).Answer());
        Assert.Equal((fewer.Kind, fewer.Quantization, fewer.M), (larger.Kind, larger.Quantization, larger.M));
        Assert.True(larger.EfSearch >= fewer.EfSearch && larger.NProbe >= fewer.NProbe);
    });

    [Fact]
    public void Choose_WhenANumberIsNegative_Throws()
    {
        var question = new Question(VectorIndexKind.Auto, QuantizationKind.Auto, 8, 0.9, 10, 1, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => (question with { Vectors = -1 }).Answer());
        Assert.Throws<ArgumentOutOfRangeException>(() => (question with { Budget = -1 }).Answer());
        Assert.Equal(VectorIndexKind.Flat, (question with { Vectors = 0, Budget = 0 }).Answer().Kind);
        Assert.Equal(VectorIndexKind.Ivf, (question with { Vectors = long.MaxValue, Budget = long.MaxValue - 1 }).Answer().Kind);
    }

    [Fact]
    public void MemoryBudget_UnlessStated_IsAShareOfWhatThereIs()
    {
        Assert.InRange(new VektagrafOptions().MemoryBudgetInForce, 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        Assert.Equal(12_345, new VektagrafOptions { MemoryBudgetBytes = 12_345 }.MemoryBudgetInForce);
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static IEnumerable<string> ReadRows()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Serverless.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The repository's root was not found above the tests.");
        }

        return File.ReadLines(Path.Combine(folder.FullName, "docs", "tuning.md"))
            .SkipWhile(l => l != "<!-- table:plans -->").TakeWhile(l => l != "<!-- /table:plans -->")
            .Where(l => l.StartsWith('|')).Skip(2);
    }

    private sealed record Question(VectorIndexKind Index, QuantizationKind Quantization, int Dimensions, double Recall, int K, long Vectors, long Budget)
    {
        public IndexPlan Answer() => IndexPlanner.Choose(
            new VectorFieldDefinition { Dimensions = Dimensions, Index = Index, Quantization = Quantization }, new SearchObjective(Recall, K), Vectors, Budget);

        /// <summary>From exact to small.</summary>
        public int Rung() => Answer() switch
        {
            { Kind: VectorIndexKind.Flat } => 0,
            { Kind: VectorIndexKind.Hnsw, Quantization: VectorQuantization.Scalar8 } => 1,
            { Kind: VectorIndexKind.Hnsw, Quantization: VectorQuantization.Rabitq4 } => 2,
            { Kind: VectorIndexKind.Hnsw, Quantization: VectorQuantization.Rabitq1 } => 3,
            { Kind: VectorIndexKind.Ivf } => 4,
            var other => throw new InvalidOperationException($"Not to be chosen: {other}"),
        };
    }
}
