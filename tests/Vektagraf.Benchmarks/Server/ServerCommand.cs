using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Vektagraf.Benchmarks.Server;

/// <summary>
/// The server as a user meets it: a process of its own over a fresh directory. Loads the dotnet-docs sample, then measures import over
/// HTTP, searches, start-up and memory.
/// </summary>
internal sealed class ServerCommand : IBenchmarkCommand
{
    private const int Starts = 9;
    private const int Searches = 200;
    private const string Sample = "api/collections/dotnet-docs";

    public string Verb => "server";

    public string Description => "dotnet-docs through the server: import rate, start-up, search time, memory";

    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        var directory = Directory.CreateTempSubdirectory("vektagraf-bench-");
        try
        {
            RunAsync(directory.FullName, output).GetAwaiter().GetResult();
            return 0;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task RunAsync(string directory, TextWriter output)
    {
        output.WriteLine("| What | Measured |");
        output.WriteLine("|---|---|");
        using (var loading = await ServerProcess.StartAsync(directory, "--sample", "dotnet-docs"))
        {
            var summary = await loading.ReadUntilAsync("objects/s");
            Row(output, "Sample, from empty directory", summary);
            var export = await loading.Http.GetByteArrayAsync(Sample + "/objects:export");
            await ImportOverHttpAsync(loading.Http, export, output);
            await SearchAsync(loading.Http, output);
            Row(output, "Resident memory after loading and searching", loading.ResidentMegabytes());
        }

        // The copy made over HTTP would be replayed as well; the figures below are for the sample alone.
        using (var trimming = await ServerProcess.StartAsync(directory))
        {
            (await trimming.Http.DeleteAsync("api/collections/copy")).EnsureSuccessStatusCode();
        }

        await StartUpAsync(directory, output);
    }

    private static async Task ImportOverHttpAsync(HttpClient http, byte[] lines, TextWriter output)
    {
        using var definition = new StringContent("""{ "vectors": { "embedding": { "dimensions": 256 } } }""");
        (await http.PutAsync("api/collections/copy", definition)).EnsureSuccessStatusCode();
        var startedAt = TimeProvider.System.GetTimestamp();
        using var body = new ByteArrayContent(lines);
        using var response = await http.PostAsync("api/collections/copy/objects:import", body);
        var seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        var imported = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("imported").GetInt64();
        Row(output, "Import over HTTP, NDJSON with vectors as text", string.Create(
            CultureInfo.InvariantCulture, $"{imported:N0} objects in {seconds:F2} s: {imported / seconds:N0} objects/s, {lines.Length / seconds / 1e6:F0} MB/s"));
    }

    private static async Task SearchAsync(HttpClient http, TextWriter output)
    {
        var took = new List<double>();
        var round = new List<double>();
        for (var i = 0; i < Searches; i++)
        {
            var startedAt = TimeProvider.System.GetTimestamp();
            using var body = new StringContent("""{ "vector": { "text": "read all lines of a text file without blocking" }, "k": 10 }""");
            using var response = await http.PostAsync(Sample + "/search", body);
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
            round.Add(TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds);
            took.Add(answer.GetProperty("tookMs").GetDouble());
        }

        Row(output, "Text search over 60,930 × 256, strong consistency, one client", string.Create(
            CultureInfo.InvariantCulture, $"p50 {Percentile(took, 0.5):F2} ms in the server, {Percentile(round, 0.5):F2} ms round trip; p99 {Percentile(round, 0.99):F2} ms"));
    }

    private static async Task StartUpAsync(string directory, TextWriter output)
    {
        var accepted = new List<double>();
        var searched = new List<double>();
        var memory = string.Empty;
        for (var i = 0; i < Starts; i++)
        {
            using var server = await ServerProcess.StartAsync(directory);
            accepted.Add(server.ReadyMilliseconds);
            using var body = new StringContent("""{ "vector": { "text": "parse json" }, "k": 10 }""");
            (await server.Http.PostAsync(Sample + "/search", body)).EnsureSuccessStatusCode();
            searched.Add(server.ElapsedMilliseconds());
            memory = server.ResidentMegabytes();
        }

        Row(output, "Process start → accepts requests", string.Create(CultureInfo.InvariantCulture, $"{Percentile(accepted, 0.5):F0} ms (median of {Starts})"));
        Row(output, "Process start → first text search answered, log replayed", string.Create(CultureInfo.InvariantCulture, $"{Percentile(searched, 0.5):F0} ms (median of {Starts})"));
        Row(output, "Resident memory after restart and one search", memory);
    }

    private static double Percentile(List<double> values, double part)
    {
        values.Sort();
        return values[(int)Math.Min(values.Count - 1, part * values.Count)];
    }

    private static void Row(TextWriter output, string what, string measured) => output.WriteLine($"| {what} | {measured} |");
}
