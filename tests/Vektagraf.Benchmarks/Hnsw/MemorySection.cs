using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>Bytes per vector, of the index by part and of a process that holds nothing else.</summary>
internal static class MemorySection
{
    /// <summary>Measures a set and prints.</summary>
    /// <param name="set">The set.</param>
    /// <param name="peers">The peers to compare with, of which the first is the reference.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="output">Where the table goes.</param>
    public static void Run(MeasuredSet set, PeerKind[] peers, HnswBenchmarkOptions options, TextWriter output)
    {
        string data = set.WriteTo(options.Work);
        int ef = PoolAt95(set, options);
        output.WriteLine(Text.Of($"\n#### {set.Set.Name}: {set.Set.Rows:N0} × {set.Set.Dimensions}\n"));
        output.WriteLine(Text.Of($"Bytes per vector. Resident: anonymous + of files, more than before the index, by /proc; searched: after 2 passes of {set.Set.QueryCount} queries at ef {ef} (ours; recall 0.95 or more).\n"));
        output.WriteLine("| Index | links | codes | originals on the heap | mapped | resident, loaded | resident, searched | × hnswlib M16, searched (anonymous only) |");
        output.WriteLine("|---|---|---|---|---|---|---|---|");
        var rows = new List<(string Cells, ResidentMemory Loaded, ResidentMemory Searched)>();
        foreach (VectorQuantization kind in options.Kinds.Where(kind => kind != VectorQuantization.None))
        {
            rows.Add(Own(set, data, kind, "-", ef, options));
            rows.Add(Own(set, data, kind, Path.Combine(options.Work, "scratch"), ef, options));
        }

        ResidentMemory? reference = null;
        if (options.Peers is not null)
        {
            PeerContender.BuildMissing(peers, data, options);
            foreach (PeerKind kind in peers)
            {
                rows.Add(Peer(kind, data, ef, view: false, options));
                reference ??= rows[^1].Searched;
            }

            if (peers[^1].Engine == "usearch")
            {
                rows.Add(Peer(peers[^1], data, ef, view: true, options));
            }
        }

        foreach ((string cells, ResidentMemory loaded, ResidentMemory searched) in rows)
        {
            string ratio = reference is { } other
                ? Text.Of($"{(double)(searched.Anonymous + searched.File) / (other.Anonymous + other.File):F2} ({(double)searched.Anonymous / other.Anonymous:F2})")
                : "–";
            output.WriteLine($"| {cells} | {loaded.Per(set.Set.Rows)} | {searched.Per(set.Set.Rows)} | {ratio} |");
        }
    }

    private static int PoolAt95(MeasuredSet set, HnswBenchmarkOptions options)
    {
        using var contender = new OwnContender(set.Set, OwnContender.Built(set.Set, options.Kinds[0], options), threads: 1);
        return options.Pools.FirstOrDefault(ef => set.Recall(contender.SetEf(ef)) >= 0.95, options.Pools[^1]);
    }

    private static (string Cells, ResidentMemory Loaded, ResidentMemory Searched) Own(MeasuredSet set, string data, VectorQuantization kind, string scratch, int ef, HnswBenchmarkOptions options)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(MemorySection).Assembly.Location);
        }

        string[] arguments = ["hnsw-resident", data, kind.ToString(), scratch, .. new[] { ef, options.M, options.EfConstruction }.Select(number => number.ToString(CultureInfo.InvariantCulture))];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        ResidentAnswer answer = process.ExitCode == 0 ? JsonSerializer.Deserialize<ResidentAnswer>(text)! : throw new InvalidOperationException($"The process that holds the index ended with {process.ExitCode}.");
        string Per(long bytes) => Text.Of($"{(double)bytes / set.Set.Rows:F0}");
        string where = scratch == "-" ? "heap" : "mapped";
        return ($"Vektagraf {kind}, {where} | {Per(answer.Links)} | {Per(answer.Codes)} | {Per(answer.Heap)} | {Per(answer.Mapped)}", answer.Loaded, answer.Searched);
    }

    private static (string Cells, ResidentMemory Loaded, ResidentMemory Searched) Peer(PeerKind kind, string data, int ef, bool view, HnswBenchmarkOptions options)
    {
        using var process = new PeerProcess(options.Peers!, data, kind, options.EfConstruction, ef: ef, view: view);
        ResidentMemory Now() => ResidentMemory.Of(process.Ask(new JsonObject { ["name"] = "memory" }));
        ResidentMemory before = Now();
        process.Ask(new JsonObject { ["name"] = "load", ["file"] = kind.FileIn(data, options.EfConstruction) });
        ResidentMemory loaded = Now() - before;
        process.Ask(new JsonObject { ["name"] = "time" });
        process.Ask(new JsonObject { ["name"] = "time" });
        ResidentMemory searched = Now() - before;
        return ($"{kind.Name}{(view ? ", viewed in its file" : "")} | | | |", loaded, searched);
    }
}
