using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.TestKit;

namespace Vektagraf.Benchmarks.Server;

/// <summary>What HTTP adds to a search of the engine: both over the same directory in one run, the server in a process of its own.</summary>
internal sealed class HttpCommand : IBenchmarkCommand
{
    private const int Passes = 7;
    private const int Searches = 4_000;
    private const int Connections = 32;
    private const int LoadSeconds = 4;
    private const int Starts = 9;
    private const int LeftPending = 256;
    private const string Path = "/api/collections/things/search";

    /// <inheritdoc/>
    public string Verb => "http";

    /// <inheritdoc/>
    public string Description => "search over HTTP beside the engine's own: p50, queries/s at saturation (wrk), start-up to the first answer; [--sets sift100k] [--server <folder it was published to>] [--start-only]";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        string[] given = arguments.ToArray();
        string? Value(string option) => Array.IndexOf(given, option) is int at and >= 0 && at + 1 < given.Length ? given[at + 1] : null;
        string name = Value("--sets") ?? "sift100k";
        ServerProcess.Folder = Value("--server") ?? ServerProcess.Folder;
        if (VectorSet.Load(name) is not { } set)
        {
            output.WriteLine($"{name}: not here, skipped. Set VEKTAGRAF_DATA to the folder of vector sets.");
            return 1;
        }

        using var directory = new TemporaryDirectory();
        LoadAsync(set, directory.Path).GetAwaiter().GetResult();
        if (!given.Contains("--start-only"))
        {
            MeasureAsync(set, directory.Path, output).GetAwaiter().GetResult();
        }

        StartUpAsync(set, directory.Path, output).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task LoadAsync(VectorSet set, string directory)
    {
        await using var node = new VektagrafDatabase(new DirectoryObjectStore(directory), new VektagrafOptions());
        string definition = $$"""{"vectors":{"v":{"dimensions":{{set.Dimensions}},"metric":"euclidean"} } }""";
        (Collection things, _) = await node.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(definition)), default);
        await things.ImportAsync(Enumerable.Range(0, set.Rows).Select(row => Draft(set, row)), progress: null, default);
        while ((await things.GetStatisticsAsync(default)).Vectors["v"].Pending >= LeftPending)
        {
            await Task.Delay(100);
        }

        await things.MaintainAsync(options: null, default);
    }

    private static async Task MeasureAsync(VectorSet set, string directory, TextWriter output)
    {
        using ServerProcess server = await ServerProcess.StartAsync(directory, "--maintenance-seconds", "0");
        await using var node = new VektagrafDatabase(new DirectoryObjectStore(directory), new VektagrafOptions());
        Collection things = await node.GetCollectionAsync("things", default);
        await things.WarmAsync(default);
        using StringContent nothing = new("");
        (await server.Http.PostAsync("api/collections/things/warm", nothing)).EnsureSuccessStatusCode();
        Uri address = server.Http.BaseAddress!;
        string[] asBase64 = [.. Enumerable.Range(0, set.QueryCount).Select(i => Body(Convert.ToBase64String(MemoryMarshal.AsBytes(set.Query(i))), quoted: true))];
        string[] asNumbers = [.. Enumerable.Range(0, set.QueryCount).Select(i => Body(string.Join(',', set.Query(i).ToArray().Select(v => v.ToString(CultureInfo.InvariantCulture))), quoted: false))];
        SearchRequest[] requests = [.. Enumerable.Range(0, set.QueryCount).Select(i => new SearchRequest
        {
            Vector = new VectorQuery { Value = set.Query(i).ToArray() },
            Consistency = ReadConsistency.Eventual,
        })];
        using var script = new TemporaryDirectory();
        Directory.CreateDirectory(script.Path);
        string lua = System.IO.Path.Combine(script.Path, "searches.lua");
        WrkProcess.WriteScript(lua, asBase64);
        using var client = new LoopbackClient(address);
        byte[][] base64 = [.. asBase64.Select(body => LoopbackClient.Request(address, Path, body))];
        byte[][] numbers = [.. asNumbers.Select(body => LoopbackClient.Request(address, Path, body))];

        List<Pass> passes = [];
        for (int pass = 0; pass <= Passes; pass++)
        {
            Latency engine = await LatencyAsync(i => things.SearchAsync(requests[i % requests.Length], default));
            Latency overHttp = await LatencyAsync(i => Sent(client, base64[i % base64.Length]));
            Latency asText = await LatencyAsync(i => Sent(client, numbers[i % numbers.Length]));
            Load engineLoad = EngineLoad(things, requests);
            double before = server.ProcessorSeconds();
            double? rate = WrkProcess.Run(new Uri(address, Path), lua, Connections, LoadSeconds);
            double spent = server.ProcessorSeconds() - before;
            Load httpLoad = new(rate ?? double.NaN, spent / ((rate ?? double.NaN) * LoadSeconds));
            if (pass > 0)
            {
                passes.Add(new Pass(engine, overHttp, asText, engineLoad, httpLoad));
            }
        }

        Print(set, passes, output);
    }

    private static void Print(VectorSet set, List<Pass> passes, TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{set.Name}: {set.Rows:N0} × {set.Dimensions}, k 10, recall 0.95, consistency eventual; medians of {passes.Count} passes in turns\n"));
        output.WriteLine("| What | Engine | HTTP, vector as base64 | HTTP, vector as numbers |");
        output.WriteLine("|---|---|---|---|");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| p50, one client (µs) | {Median(p => p.Engine.P50):F0} | {Median(p => p.Base64.P50):F0} (adds {Median(p => p.Base64.P50 - p.Engine.P50):F0}) | {Median(p => p.Numbers.P50):F0} (adds {Median(p => p.Numbers.P50 - p.Engine.P50):F0}) |"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| p99, one client (µs) | {Median(p => p.Engine.P99):F0} | {Median(p => p.Base64.P99):F0} | {Median(p => p.Numbers.P99):F0} |"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| queries/s, {Environment.ProcessorCount} threads · {Connections} connections, the generator on the same cores | {Median(p => p.EngineLoad.Rate):N0} | {Median(p => p.HttpLoad.Rate):N0} ({Median(p => p.HttpLoad.Rate / p.EngineLoad.Rate):P0}) | |"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| processor time of a query then (µs) | {Median(p => p.EngineLoad.ProcessorSeconds) * 1e6:F1} | {Median(p => p.HttpLoad.ProcessorSeconds) * 1e6:F1} ({Median(p => p.EngineLoad.ProcessorSeconds / p.HttpLoad.ProcessorSeconds):P0}) | |"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| bytes allocated a search | {Median(p => p.Engine.Allocated):N0} | | |"));

        double Median(Func<Pass, double> value) => passes.Select(value).Order().ElementAt(passes.Count / 2);
    }

    private static async Task StartUpAsync(VectorSet set, string directory, TextWriter output)
    {
        string body = Body(Convert.ToBase64String(MemoryMarshal.AsBytes(set.Query(0))), quoted: true);
        List<double> accepted = [];
        List<double> answered = [];
        for (int i = 0; i < Starts; i++)
        {
            using ServerProcess server = await ServerProcess.StartAsync(directory, "--maintenance-seconds", "0");
            accepted.Add(server.ReadyMilliseconds);
            using var client = new LoopbackClient(server.Http.BaseAddress!);
            client.Send(LoopbackClient.Request(server.Http.BaseAddress!, Path, body));
            answered.Add(server.ElapsedMilliseconds());
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\nProcess start → accepts requests: {accepted.Order().ElementAt(Starts / 2):F0} ms · → first search answered: {answered.Order().ElementAt(Starts / 2):F0} ms (medians of {Starts}, warm disk)"));
    }

    private static Task Sent(LoopbackClient client, byte[] request)
    {
        client.Send(request);
        return Task.CompletedTask;
    }

    private static async Task<Latency> LatencyAsync(Func<int, Task> search)
    {
        double[] times = new double[Searches];
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Searches; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await search(i);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Array.Sort(times);
        return new Latency(times[Searches / 2], times[Searches * 99 / 100], allocated / (double)Searches);
    }

    private static Load EngineLoad(Collection things, SearchRequest[] requests)
    {
        using Process self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        long[] counts = new long[Environment.ProcessorCount];
        Thread[] threads = [.. Enumerable.Range(0, counts.Length).Select(number => new Thread(() =>
        {
            for (int i = number * requests.Length / counts.Length; Stopwatch.GetElapsedTime(start).TotalSeconds < LoadSeconds; i++)
            {
                things.SearchAsync(requests[i % requests.Length], default).GetAwaiter().GetResult();
                counts[number]++;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        self.Refresh();
        return new Load(counts.Sum() / seconds, (self.TotalProcessorTime - before).TotalSeconds / counts.Sum());
    }

    private static string Body(string vector, bool quoted) =>
        $$"""{"vector":{"value":{{(quoted ? $"\"{vector}\"" : $"[{vector}]")}}},"k":10,"consistency":"eventual"}""";

    private static ObjectDraft Draft(VectorSet set, int row) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"o{row:d8}"),
        Properties = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{row}}}""")),
        Vectors = [new NamedVector("v", set.Base.AsMemory(row * set.Dimensions, set.Dimensions))],
    };

    private sealed record Latency(double P50, double P99, double Allocated);

    private sealed record Load(double Rate, double ProcessorSeconds);

    private sealed record Pass(Latency Engine, Latency Base64, Latency Numbers, Load EngineLoad, Load HttpLoad);
}
