using System.Globalization;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>Recall against queries per second, beside the peers.</summary>
internal static class CurveSection
{
    private static readonly double[] Recalls = [0.90, 0.95, 0.99];

    /// <summary>Measures a set, prints its table and draws its plot.</summary>
    public static void Run(MeasuredSet set, HnswBenchmarkOptions options, TextWriter output)
    {
        var contenders = new List<IContender>();
        foreach (VectorQuantization kind in options.Kinds)
        {
            contenders.Add(new OwnContender(set.Set, OwnContender.Built(set.Set, kind, options), options.Threads));
        }

        if (options.Peers is not null)
        {
            string data = set.WriteTo(options.Work);
            PeerContender.BuildMissing(PeerKind.All, data, options);
            contenders.AddRange(PeerKind.All.Select(kind => new PeerContender(kind, data, options)));
        }

        Curve[] curves = Curve.Measure(contenders, set, options.Pools, options.Rounds);
        contenders.ForEach(contender => contender.Dispose());
        Print(set, curves, options, output);
        if (options.Plots is { } folder)
        {
            Directory.CreateDirectory(folder);
            string file = Text.Of($"hnsw-{set.Set.Name}-{options.Threads}t.svg");
            File.WriteAllText(Path.Combine(folder, file), CurvePlot.Draw(Title(set, options), curves));
            output.WriteLine(Text.Of($"\n![Recall against queries per second on {set.Set.Name}](plots/{file})"));
        }
    }

    private static string Title(MeasuredSet set, HnswBenchmarkOptions options) =>
        Text.Of($"{set.Set.Name}: {set.Set.Rows:N0} × {set.Set.Dimensions}, k = 10, {options.Threads} thread{(options.Threads == 1 ? "" : "s")}");

    private static void Print(MeasuredSet set, Curve[] curves, HnswBenchmarkOptions options, TextWriter output)
    {
        output.WriteLine(Text.Of($"\n#### {Title(set, options)}\n"));
        output.WriteLine(Text.Of($"Queries/s, in brackets the ratio to the better hnswlib (M 16, 32) with what a call of the binding costs · without it. efConstruction {options.EfConstruction}, our M {options.M}; medians of {options.Rounds} rounds of {set.Set.QueryCount} queries.\n"));
        output.WriteLine("| Index | a call costs, µs | " + string.Join(" | ", Recalls.Select(recall => Text.Of($"@{recall:F2}"))) + " | ef @0.95 |");
        output.WriteLine("|---|---|---|---|---|---|");
        foreach (Curve curve in curves)
        {
            string cells = string.Join(" | ", Recalls.Select(recall => Cell(curve, recall, curves, options.Threads)));
            string call = curve.CallSeconds == 0 ? "–" : Text.Of($"{curve.CallSeconds * 1e6:F1}");
            string ef = curve.EfAt(0.95)?.ToString("F0", CultureInfo.InvariantCulture) ?? "–";
            output.WriteLine($"| {curve.Name} | {call} | {cells} | {ef} |");
        }

        output.WriteLine("\n<details><summary>All points: ef: recall, queries/s</summary>\n");
        foreach (Curve curve in curves)
        {
            output.WriteLine($"- {curve.Name}: {string.Join("; ", curve.Points.Select(point => Text.Of($"{point.Ef}: {point.Recall:F4}, {point.QueriesPerSecond:F0}")))}");
        }

        output.WriteLine("\n</details>");
    }

    private static string Cell(Curve curve, double recall, Curve[] curves, int threads)
    {
        if (curve.At(recall) is not { } speed)
        {
            return "–";
        }

        double? Best(bool withoutCall) => curves.Where(other => other.Name.StartsWith("hnswlib", StringComparison.Ordinal)).Max(other => other.At(recall, withoutCall, threads));
        return Best(withoutCall: false) is { } best && Best(withoutCall: true) is { } bare
            ? Text.Of($"{speed:F0} ({speed / best:F2} · {curve.At(recall, withoutCall: true, threads) / bare:F2})")
            : Text.Of($"{speed:F0}");
    }
}
