using System.Globalization;
using System.Text.Json;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>What of a process is in memory, as Linux counts it.</summary>
/// <param name="Anonymous">Bytes of heaps and stacks.</param>
/// <param name="File">Bytes of mapped files: the system takes them back when it needs room.</param>
internal readonly record struct ResidentMemory(long Anonymous, long File)
{
    /// <summary>Reads this process's, after the collector has given back what it could.</summary>
    public static ResidentMemory OfThisProcess()
    {
        for (int pass = 0; pass < 2; pass++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new ResidentMemory(Read("RssAnon:"), Read("RssFile:"));
    }

    /// <summary>Reads what a peer answered.</summary>
    public static ResidentMemory Of(JsonElement answer) => new(answer.GetProperty("anonymous").GetInt64(), answer.GetProperty("file").GetInt64());

    /// <summary>What came since.</summary>
    public static ResidentMemory operator -(ResidentMemory after, ResidentMemory before) => new(after.Anonymous - before.Anonymous, after.File - before.File);

    /// <summary>Bytes for each of some rows.</summary>
    public string Per(int rows) => Text.Of($"{(double)Anonymous / rows:F0} + {Math.Max(0, (double)File / rows):F0}");

    private static long Read(string name)
    {
        string line = System.IO.File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) << 10;
    }
}
