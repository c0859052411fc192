using System.Buffers.Binary;
using System.Globalization;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>One setting's outcome.</summary>
/// <param name="Ef">Length of the candidate pool.</param>
/// <param name="Recall">Of ten, over all queries.</param>
/// <param name="QueriesPerSecond">Median.</param>
/// <param name="Scored">Distances computed for a query; 0 if that is not known.</param>
internal readonly record struct CurvePoint(int Ef, double Recall, double QueriesPerSecond, double Scored)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"ef {Ef}: {Recall:F4} @ {QueriesPerSecond:F0}/s{(Scored > 0 ? $" by {Scored:F0} distances" : "")}");
}

/// <summary>Recall against speed.</summary>
internal sealed class Curve(string name, double buildSeconds, string bytes)
{
    /// <summary>Whose it is.</summary>
    public string Name { get; } = name;

    /// <summary>Seconds to build.</summary>
    public double BuildSeconds { get; } = buildSeconds;

    /// <summary>Bytes per vector.</summary>
    public string Bytes { get; } = bytes;

    /// <summary>Settings by growing pool.</summary>
    public List<CurvePoint> Points { get; } = [];

    /// <summary>Queries per second at a recall, and its ratio to another's.</summary>
    public string Describe(double recall, Curve? reference)
    {
        if (At(recall) is not { } own)
        {
            return "–";
        }

        string ratio = reference?.At(recall) is { } other ? string.Create(CultureInfo.InvariantCulture, $", × {own.Speed / other.Speed:F2}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{own.Speed:F0} ({own.Ef:F0}{ratio})");
    }

    /// <summary>Speed at a recall between the two settings around it: recall is interpolated against the logarithm of speed.</summary>
    private (double Speed, double Ef)? At(double recall)
    {
        for (int i = 0; i < Points.Count; i++)
        {
            if (Points[i].Recall < recall)
            {
                continue;
            }

            if (i == 0)
            {
                return (Points[0].QueriesPerSecond, Points[0].Ef);
            }

            CurvePoint low = Points[i - 1];
            CurvePoint high = Points[i];
            double share = (recall - low.Recall) / (high.Recall - low.Recall);
            return (
                low.QueriesPerSecond * Math.Pow(high.QueriesPerSecond / low.QueriesPerSecond, share),
                low.Ef + (share * (high.Ef - low.Ef)));
        }

        return null;
    }
}

/// <summary>The exact nearest rows of a set's queries.</summary>
internal sealed class GroundTruth
{
    /// <summary>Rows asked for.</summary>
    public const int K = 10;

    private readonly HashSet<int>[] _nearest;

    private GroundTruth(HashSet<int>[] nearest) => _nearest = nearest;

    /// <summary>Where a set lies.</summary>
    public static string Folder(string name) =>
        Path.GetFullPath(Path.Combine(Environment.GetEnvironmentVariable("VEKTAGRAF_DATA") ?? Path.Combine("..", "shared", "data"), name));

    /// <summary>Reads a set's; null when it is not there.</summary>
    public static GroundTruth? Load(string name)
    {
        string path = Path.Combine(Folder(name), "groundtruth.ibin");
        if (!File.Exists(path))
        {
            return null;
        }

        byte[] file = File.ReadAllBytes(path);
        int queries = BinaryPrimitives.ReadInt32LittleEndian(file);
        int width = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4));
        var nearest = new HashSet<int>[queries];
        for (int query = 0; query < queries; query++)
        {
            nearest[query] = [.. Enumerable.Range(0, K).Select(rank => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(8 + (((query * width) + rank) * sizeof(int)))))];
        }

        return new GroundTruth(nearest);
    }

    /// <summary>The share of the nearest rows that were found, over all queries.</summary>
    public double Recall(int[][] found) => found.Select((ids, query) => ids.Count(_nearest[query].Contains)).Average() / K;
}
