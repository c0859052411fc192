using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>Another library, in a Node.js process that does one command at a time (peers.cjs).</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <param name="modules">A folder in which <c>npm install hnswlib-node usearch</c> was run.</param>
    /// <param name="data">The folder of one vector set.</param>
    /// <param name="engine">hnswlib or usearch.</param>
    /// <param name="m">Links of a node.</param>
    /// <param name="efConstruction">Length of the candidate pool while building.</param>
    public PeerProcess(string modules, string data, string engine, int m, int efConstruction)
    {
        Name = engine;
        string script = Path.Combine(AppContext.BaseDirectory, "Hnsw", "peers.cjs");
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments = ["--max-old-space-size=8192", script, modules, data, engine, m.ToString(CultureInfo.InvariantCulture), efConstruction.ToString(CultureInfo.InvariantCulture)];
        Array.ForEach(arguments, start.ArgumentList.Add);
        _process = Process.Start(start)!;
    }

    /// <summary>Which library it is.</summary>
    public string Name { get; }

    /// <summary>Builds the index.</summary>
    /// <returns>Seconds.</returns>
    public double Build() => Ask("build").GetProperty("seconds").GetDouble();

    /// <summary>Sets the length of the candidate pool and searches for every query once.</summary>
    /// <returns>Ten ids for each query.</returns>
    public int[][] SetEf(int ef) => Ask(string.Create(CultureInfo.InvariantCulture, $"ef {ef}")).GetProperty("ids").Deserialize<int[][]>()!;

    /// <summary>Searches for every query once.</summary>
    /// <returns>Seconds.</returns>
    public double Time() => Ask("time").GetProperty("seconds").GetDouble();

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private JsonElement Ask(string command)
    {
        _process.StandardInput.WriteLine(command);
        string answer = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended while asked for '{command}'; see its error output.");
        return JsonSerializer.Deserialize<JsonElement>(answer);
    }
}
