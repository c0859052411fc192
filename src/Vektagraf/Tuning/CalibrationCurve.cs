namespace Vektagraf.Tuning;

/// <summary>What the settings of a vector index gave when it was built: measured on its own vectors, by queries that were not in it.</summary>
/// <param name="K">Neighbours that were asked for.</param>
/// <param name="Queries">Queries asked: vectors of the field that were held out.</param>
/// <param name="Vectors">Vectors that were in the index.</param>
/// <param name="Points">By ascending setting.</param>
/// <param name="RowsPerPlace">Graphs: rows that are scanned in the time that a place of the candidate pool costs a walk; 0 where it was not measured.</param>
public sealed record CalibrationCurve(int K, int Queries, int Vectors, IReadOnlyList<CalibrationPoint> Points, double RowsPerPlace = 0)
{
    /// <summary>The cheapest setting that reached a recall.</summary>
    /// <param name="recall">The recall wanted, above 0 up to 1.</param>
    /// <returns>The point; null where none reached it, so that only an exact search does.</returns>
    public CalibrationPoint? Cheapest(double recall)
    {
        foreach (var point in Points)
        {
            if (point.Recall >= recall)
            {
                return point;
            }
        }

        return null;
    }

    /// <summary>The recall to expect of a setting: that of the greatest setting measured which is not above it.</summary>
    /// <param name="setting">efSearch or nprobe.</param>
    /// <returns>The recall; null below the least setting measured.</returns>
    public double? RecallOf(int setting) => Points.LastOrDefault(p => p.Setting <= setting)?.Recall;
}

/// <summary>One setting, measured.</summary>
/// <param name="Setting">efSearch of a graph, nprobe of inverted lists.</param>
/// <param name="Recall">Share of the exact k nearest that were found, 0 to 1.</param>
/// <param name="Microseconds">Time of a query, the median, on the machine that built the index.</param>
/// <param name="Scored">Distances computed for a query, on average: what the time follows on any machine.</param>
public sealed record CalibrationPoint(int Setting, double Recall, double Microseconds, double Scored);
