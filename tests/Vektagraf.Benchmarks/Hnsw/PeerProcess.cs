using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>What a peer is.</summary>
/// <param name="Name">What to call it in a table.</param>
/// <param name="Engine">hnswlib or usearch.</param>
/// <param name="Scalar">f32 or i8.</param>
/// <param name="M">Links of a node.</param>
internal sealed record PeerKind(string Name, string Engine, string Scalar, int M)
{
    /// <summary>What the npm packages offer: hnswlib-node keeps float32.</summary>
    public static readonly PeerKind[] All =
    [
        new("hnswlib M16", "hnswlib", "f32", 16),
        new("hnswlib M32", "hnswlib", "f32", 32),
        new("usearch f32", "usearch", "f32", 16),
        new("usearch i8", "usearch", "i8", 16),
    ];

    /// <summary>The file of an index over a set.</summary>
    public string FileIn(string folder, int efConstruction) => Path.Combine(folder, $"{Engine}-{Scalar}-m{M}-efc{efConstruction}.index");
}

/// <summary>Another library, in a Node.js process that does one command at a time (peers.cjs).</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _name;

    /// <summary>Starts it.</summary>
    /// <param name="modules">A folder in which <c>npm install hnswlib-node usearch</c> was run.</param>
    /// <param name="data">The folder of one vector set, as float32.</param>
    /// <param name="kind">Which library, and how.</param>
    /// <param name="efConstruction">Length of the candidate pool while building.</param>
    /// <param name="part">Which of the queries: those whose number leaves this remainder.</param>
    /// <param name="parts">Divided by this.</param>
    /// <param name="ef">Length of the candidate pool until another is set.</param>
    /// <param name="view">Whether usearch maps its file instead of reading it.</param>
    public PeerProcess(string modules, string data, PeerKind kind, int efConstruction, int part = 0, int parts = 1, int ef = 64, bool view = false)
    {
        _name = kind.Name;
        var specification = new JsonObject
        {
            ["engine"] = kind.Engine,
            ["scalar"] = kind.Scalar,
            ["m"] = kind.M,
            ["efConstruction"] = efConstruction,
            ["part"] = part,
            ["parts"] = parts,
            ["ef"] = ef,
            ["view"] = view,
        };
        string script = Path.Combine(AppContext.BaseDirectory, "Hnsw", "peers.cjs");
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments = ["--expose-gc", "--max-old-space-size=8192", script, Path.GetFullPath(modules), Path.GetFullPath(data), specification.ToJsonString()];
        Array.ForEach(arguments, start.ArgumentList.Add);
        _process = Process.Start(start)!;
    }

    /// <summary>Sends a command; <see cref="Answer"/> waits for it.</summary>
    public void Send(JsonObject command) => _process.StandardInput.WriteLine(command.ToJsonString());

    /// <summary>What the last command sent led to.</summary>
    public JsonElement Answer()
    {
        string answer = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{_name} ended; see its error output.");
        return JsonSerializer.Deserialize<JsonElement>(answer);
    }

    /// <summary>Does a command.</summary>
    public JsonElement Ask(JsonObject command)
    {
        Send(command);
        return Answer();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
