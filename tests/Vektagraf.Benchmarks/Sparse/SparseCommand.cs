using System.Diagnostics;
using System.Globalization;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Sparse;

/// <summary>
/// Top 10 by dot product of sparse vectors: inverted runs beside a scan of all rows, in turns. Dimensions are drawn by Zipf's law; weights are
/// drawn like those of learned encoders, which give frequent dimensions low ones.
/// </summary>
internal sealed class SparseCommand : IBenchmarkCommand
{
    private const int Vocabulary = 30_000;
    private const int K = 10;
    private const int Passes = 5;
    private const int Seed = 7;

    /// <inheritdoc/>
    public string Verb => "sparse";

    /// <inheritdoc/>
    public string Description => "top 10 of sparse vectors beside a scan: [--rows 1000000] [--entries 100] [--query 30] [--queries 30]";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        string[] given = arguments.ToArray();
        int Value(string name, int usual) => Array.IndexOf(given, name) is int at and >= 0 && at + 1 < given.Length ? int.Parse(given[at + 1], CultureInfo.InvariantCulture) : usual;
        int rows = Value("--rows", 1_000_000);
        output.WriteLine(RunHeader.Describe(Verb, given));
        Random random = new(Seed);
        SparseIndex index = new();
        long start = Stopwatch.GetTimestamp();
        for (int row = 0; row < rows; row++)
        {
            (uint[] indices, float[] values) = Draw(random, Value("--entries", 100));
            index.Rows.Append(new SparseVector(indices, values));
        }

        double drawn = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        while (index.Advance(CancellationToken.None))
        {
        }

        double built = Stopwatch.GetElapsedTime(start).TotalSeconds;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{rows:N0} rows of {index.Rows.Entries / (double)rows:F1} entries drawn in {drawn:F1} s, taken in at {rows / built:N0} rows/s; {index.Rows.MemoryBytes / (double)index.Rows.Entries:F2} bytes an entry for the vectors, {index.RunBytes / (double)index.Rows.Entries:F2} for the runs"));
        List<(uint[] Indices, float[] Values)> queries = [.. Enumerable.Range(0, Value("--queries", 30)).Select(_ => Draw(random, Value("--query", 30)))];
        Measure(index, rows, queries, output);
        return 0;
    }

    private static void Measure(SparseIndex index, int rows, List<(uint[] Indices, float[] Values)> queries, TextWriter output)
    {
        SparseRanker ranker = new();
        List<double> ours = [];
        List<double> theirs = [];
        List<double> scored = [];
        foreach ((uint[] indices, float[] values) in queries)
        {
            Neighbor[] found = [];
            Neighbor[] expected = [];
            Measurement measured = Measurement.InTurns(
                Passes, () => found = Search(index, ranker, rows, new SparseVector(indices, values)), () => expected = Scan(index.Rows, rows, indices, values));
            if (!found.SequenceEqual(expected))
            {
                throw new InvalidOperationException("The index finds other rows than the scan.");
            }

            Search(index, ranker, rows, new SparseVector(indices, values));
            ours.Add(measured.Seconds(0) * 1e3);
            theirs.Add(measured.Seconds(1) * 1e3);
            scored.Add(ranker.Scored);
        }

        double[] ratios = [.. ours.Zip(theirs, (a, b) => b / a).Order()];
        ours.Sort();
        theirs.Sort();
        scored.Sort();
        int middle = queries.Count / 2;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {rows:N0} | index {ours[middle]:F2} ms, {ours[^1]:F2} at most | scan {theirs[middle]:F1} ms | ratio {ratios[middle]:F1}, {ratios[0]:F1} at least | {scored[middle]:N0} rows scored |"));
    }

    private static Neighbor[] Search(SparseIndex index, SparseRanker ranker, int rows, SparseVector query)
    {
        ranker.Begin(K, float.NegativeInfinity);
        IReadOnlyList<SparseRun> runs = index.RunsFor(rows, CancellationToken.None);
        int end = runs.Count == 0 ? 0 : runs[^1].FirstRow + runs[^1].RowCount;
        foreach (SparseRun run in runs)
        {
            ranker.Search(run, index.Rows, query, rows, default(AcceptAll), default(OrdinalTieBreaker), CancellationToken.None);
        }

        for (int row = end; row < rows; row++)
        {
            ranker.Score(index.Rows, row, query, default(OrdinalTieBreaker));
        }

        return ranker.Drain(default(OrdinalTieBreaker)).ToArray();
    }

    /// <summary>A scan as one would write it: the query's weights by dimension, and each row's entries looked up in them.</summary>
    private static Neighbor[] Scan(SparseRows rows, int count, uint[] indices, float[] values)
    {
        float[] weights = new float[Vocabulary];
        for (int i = 0; i < indices.Length; i++)
        {
            weights[indices[i]] = values[i];
        }

        TopK top = new();
        top.Reset(K);
        for (int row = 0; row < count; row++)
        {
            SparseVector vector = rows[row];
            ReadOnlySpan<uint> dimensions = vector.Indices;
            ReadOnlySpan<float> own = vector.Values;
            double sum = 0;
            for (int i = 0; i < dimensions.Length && i < own.Length; i++)
            {
                sum += (double)own[i] * weights[dimensions[i]];
            }

            if (sum > 0)
            {
                top.Push(-(float)sum, row, default(OrdinalTieBreaker));
            }
        }

        return top.Drain(default(OrdinalTieBreaker)).ToArray();
    }

    private static (uint[] Indices, float[] Values) Draw(Random random, int entries)
    {
        HashSet<uint> dimensions = [];
        while (dimensions.Count < entries)
        {
            dimensions.Add((uint)Math.Min(Vocabulary - 1, Math.Pow(Vocabulary, random.NextDouble()) - 1));
        }

        uint[] indices = [.. dimensions];
        Array.Sort(indices);
        return (indices, Array.ConvertAll(indices, i => Weigh(random, i)));
    }

    /// <summary>From about 0.3 for the most frequent dimension to about 1.5 for the rare ones, spread log-normally.</summary>
    private static float Weigh(Random random, uint dimension)
    {
        double spread = Math.Exp(0.5 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return (float)((0.3 + (1.2 * Math.Log(dimension + 1) / Math.Log(Vocabulary))) * spread);
    }
}
