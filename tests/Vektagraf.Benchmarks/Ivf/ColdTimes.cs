using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vektagraf.Azure;
using Vektagraf.Benchmarks.Hnsw;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Storage;
using Vektagraf.TestKit;
using Vektagraf.TestKit.Services;

namespace Vektagraf.Benchmarks.Ivf;

/// <summary>How long the first search takes of a process that knows nothing of a collection, on a directory and on blob storage, beside LanceDB's on the same.</summary>
internal sealed class ColdTimes(MeasuredSet truth, int queries, string? peers, TextWriter output)
{
    private static readonly int[] Probes = [5, 10, 20, 40, 80];

    /// <summary>Candidates that LanceDB ranks by their vectors, per result: fewer do not reach the recall, whatever is probed.</summary>
    private const int RefineFactor = 10;

    /// <summary>Measures and prints.</summary>
    /// <param name="recall">The recall wanted, as text.</param>
    /// <param name="fillAsync">Puts the set into a store.</param>
    public async Task MeasureAsync(string recall, Func<IObjectStore, Task> fillAsync)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{truth.Set.Name}: {truth.Set.Rows:N0} × {truth.Set.Dimensions}, wanted recall {recall}, each of {queries} queries the first of what opens the collection or table anew\n"));
        output.WriteLine("| Store | Engine | setting | recall@10 | ms: median, p95 |");
        output.WriteLine("|---|---|---|---|---|");
        using var directory = new TemporaryDirectory();
        await MeasureAsync("directory", new DirectoryObjectStore(directory.Path), recall, fillAsync, directory.Path + "-lance", []);
        if (NodeTools.UnavailableBecause is null)
        {
            await using var azurite = new AzuriteServer();
            string connection = await azurite.GetConnectionStringAsync();
            var store = AzureBlobObjectStore.FromConnectionString(connection, "cold");
            await store.EnsureContainerAsync();
            await MeasureAsync("Azurite", store, recall, fillAsync, "az://cold/lance", OptionsOf(connection));
        }
    }

    private async Task MeasureAsync(string name, IObjectStore store, string recall, Func<IObjectStore, Task> fillAsync, string uri, JsonObject options)
    {
        await fillAsync(store);
        var ids = new int[queries][];
        double[] seconds = new double[queries];
        for (int query = -1; query < queries; query++)
        {
            // The first is not counted: code is compiled, the service warms up.
            int asked = Math.Max(0, query);
            long start = Stopwatch.GetTimestamp();
            await using var node = new VektagrafDatabase(store, new VektagrafOptions { LoadsInBackground = false });
            Collection things = await node.GetCollectionAsync("things", default);
            SearchResponse found = await things.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = truth.Set.Query(asked).ToArray() }, K = MeasuredSet.K }, default);
            seconds[asked] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            ids[asked] = [.. found.Hits.Select(hit => int.Parse(hit.Object.Id.AsSpan(1), CultureInfo.InvariantCulture))];
        }

        Print(name, "Vektagraf", $"recall {recall}", ids, seconds);
        if (peers is not null)
        {
            MeasureLance(name, uri, options, double.Parse(recall, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The fewest partitions that reach the recall.</summary>
    private void MeasureLance(string name, string uri, JsonObject options, double recall)
    {
        string data = truth.WriteTo(Path.Combine(Path.GetTempPath(), "vektagraf-benchmark-cold"));
        foreach (int probes in Probes)
        {
            JsonElement found = RunLance(data, new JsonObject
            {
                ["uri"] = uri,
                ["options"] = options.DeepClone(),
                ["queries"] = queries,
                ["probes"] = probes,
                ["refine"] = RefineFactor,
                ["build"] = probes == Probes[0],
            });
            int[][] ids = found.GetProperty("ids").Deserialize<int[][]>()!;
            if (RecallOf(ids) >= recall || probes == Probes[^1])
            {
                Print(name, "LanceDB", $"{probes} of {Math.Round(Math.Sqrt(truth.Set.Rows))} partitions, refine {RefineFactor}", ids, found.GetProperty("seconds").Deserialize<double[]>()!);
                return;
            }
        }
    }

    private JsonElement RunLance(string data, JsonObject specification)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        string script = Path.Combine(AppContext.BaseDirectory, "Ivf", "lance.cjs");
        Array.ForEach([script, Path.GetFullPath(peers!), data, specification.ToJsonString()], start.ArgumentList.Add);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<JsonElement>(answer) : throw new InvalidOperationException("LanceDB failed: " + errors.Result);
    }

    private double RecallOf(int[][] ids) => truth.Recall([.. ids, .. Enumerable.Repeat(Array.Empty<int>(), truth.Set.QueryCount - ids.Length)]) * truth.Set.QueryCount / ids.Length;

    private void Print(string store, string engine, string setting, int[][] ids, double[] seconds)
    {
        double[] sorted = [.. seconds.Order()];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {store} | {engine} | {setting} | {RecallOf(ids):F3} | {1e3 * sorted[sorted.Length / 2]:F1}, {1e3 * sorted[sorted.Length * 95 / 100]:F1} |"));
    }

    private static JsonObject OptionsOf(string connection)
    {
        var parts = connection.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        return new JsonObject
        {
            ["azure_storage_account_name"] = parts["AccountName"],
            ["azure_storage_account_key"] = parts["AccountKey"],
            ["azure_storage_endpoint"] = parts["BlobEndpoint"],
            ["allow_http"] = "true",
        };
    }
}
