using System.Diagnostics;

namespace Vektagraf.Benchmarks;

/// <summary>Repeats work and takes medians, so that a disturbed pass does not count.</summary>
internal static class Measurement
{
    /// <summary>Median seconds of several passes, after one that is not counted.</summary>
    public static double MedianSeconds(int passes, Action work)
    {
        work();
        double[] seconds = new double[passes];
        for (int pass = 0; pass < passes; pass++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            seconds[pass] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return Median(seconds);
    }

    /// <summary>Median seconds of several kinds of work, taken in turns: a slow moment of the machine then strikes all of them alike.</summary>
    public static double[] MedianSecondsInTurns(int passes, params ReadOnlySpan<Action> works)
    {
        double[][] seconds = new double[works.Length][];
        for (int i = 0; i < works.Length; i++)
        {
            seconds[i] = new double[passes];
            works[i]();
        }

        for (int pass = 0; pass < passes; pass++)
        {
            for (int i = 0; i < works.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                works[i]();
                seconds[i][pass] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }

        return Array.ConvertAll(seconds, Median);
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
