using System.Diagnostics;

namespace Vektagraf.Benchmarks;

/// <summary>Repeats several kinds of work in turns and takes medians, so that a slow moment of the machine strikes all alike and counts little.</summary>
internal sealed class Measurement
{
    /// <summary>Long enough for the JIT to recompile what is hot; it does so in the background, a tenth of a second after the fact.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);

    private readonly double[][] _seconds;

    private Measurement(double[][] seconds) => _seconds = seconds;

    /// <summary>Measures each work once per pass, one after the other, after a warm-up that is not counted.</summary>
    public static Measurement InTurns(int passes, params ReadOnlySpan<Action> works)
    {
        double[][] seconds = new double[works.Length][];
        for (int i = 0; i < works.Length; i++)
        {
            seconds[i] = new double[passes];
        }

        long start = Stopwatch.GetTimestamp();
        do
        {
            foreach (Action work in works)
            {
                work();
            }
        }
        while (Stopwatch.GetElapsedTime(start) < WarmUp);

        for (int pass = 0; pass < passes; pass++)
        {
            for (int i = 0; i < works.Length; i++)
            {
                start = Stopwatch.GetTimestamp();
                works[i]();
                seconds[i][pass] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }

        return new Measurement(seconds);
    }

    /// <summary>Median seconds of one work.</summary>
    public double Seconds(int work) => Median([.. _seconds[work]]);

    /// <summary>Median, over the passes, of one work's seconds divided by another's in the same pass.</summary>
    public double Ratio(int work, int other) => Median([.. _seconds[work].Zip(_seconds[other], (a, b) => a / b)]);

    private static double Median(double[] values)
    {
        Array.Sort(values);
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
