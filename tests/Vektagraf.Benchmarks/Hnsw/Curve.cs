using System.Diagnostics;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>One setting's outcome.</summary>
/// <param name="Ef">Length of the candidate pool.</param>
/// <param name="Recall">Of ten, over all queries.</param>
/// <param name="QueriesPerSecond">Median.</param>
internal readonly record struct CurvePoint(int Ef, double Recall, double QueriesPerSecond);

/// <summary>Recall against speed.</summary>
/// <param name="name">Whose it is.</param>
/// <param name="callSeconds">Seconds of each query that are the binding's.</param>
internal sealed class Curve(string name, double callSeconds)
{
    private const double Enough = 0.995, LeastGain = 0.002;

    /// <summary>Whose it is.</summary>
    public string Name { get; } = name;

    /// <summary>Seconds of each query that are the binding's.</summary>
    public double CallSeconds { get; } = callSeconds;

    /// <summary>Settings by growing pool.</summary>
    public List<CurvePoint> Points { get; } = [];

    /// <summary>
    /// Queries per second at a recall: the logarithm of speed is interpolated against recall between the two settings around it. The first
    /// setting's where that reaches more already; null where none reaches it.
    /// </summary>
    /// <param name="recall">The recall.</param>
    /// <param name="withoutCall">Whether to leave out what the binding costs.</param>
    /// <param name="threads">Threads that share the work, whose calls go on at once.</param>
    public double? At(double recall, bool withoutCall = false, int threads = 1)
    {
        double Speed(CurvePoint point) => withoutCall ? 1 / Math.Max((1 / point.QueriesPerSecond) - (CallSeconds / threads), 1e-9) : point.QueriesPerSecond;
        int at = Points.FindIndex(point => point.Recall >= recall);
        if (at <= 0)
        {
            return at < 0 ? null : Speed(Points[0]);
        }

        (CurvePoint low, CurvePoint high) = (Points[at - 1], Points[at]);
        double share = (recall - low.Recall) / (high.Recall - low.Recall);
        return Speed(low) * Math.Pow(Speed(high) / Speed(low), share);
    }

    /// <summary>The pool length at a recall, interpolated likewise.</summary>
    public double? EfAt(double recall)
    {
        int at = Points.FindIndex(point => point.Recall >= recall);
        if (at <= 0)
        {
            return at < 0 ? null : Points[0].Ef;
        }

        (CurvePoint low, CurvePoint high) = (Points[at - 1], Points[at]);
        return low.Ef + ((recall - low.Recall) / (high.Recall - low.Recall) * (high.Ef - low.Ef));
    }

    /// <summary>Measures some contenders at each pool length, in turns; who is close enough to 1 is not asked for longer pools.</summary>
    public static Curve[] Measure(IReadOnlyList<IContender> contenders, MeasuredSet set, int[] pools, int rounds)
    {
        Curve[] curves = [.. contenders.Select(contender => new Curve(contender.Name, contender.CallSeconds))];
        foreach (int ef in pools)
        {
            int[] left = [.. Enumerable.Range(0, curves.Length).Where(i => !curves[i].IsOver)];
            double[] recalls = [.. left.Select(i => set.Recall(contenders[i].SetEf(ef)))];
            double[] seconds = Turns.Medians(rounds, [.. left.Select(i => (Func<double>)contenders[i].Time)]);
            for (int i = 0; i < left.Length; i++)
            {
                curves[left[i]].Points.Add(new CurvePoint(ef, recalls[i], set.Set.QueryCount / seconds[i]));
            }
        }

        return curves;
    }

    /// <summary>Whether longer pools would say nothing: what is of interest is reached, or recall has stopped growing.</summary>
    private bool IsOver => Points.Count > 0
        && (Points[^1].Recall >= Enough || (Points.Count > 2 && Points[^1].Recall - Points[^3].Recall < LeastGain));
}

/// <summary>Several kinds of work in turns, so that a slow moment of the machine strikes all alike.</summary>
internal static class Turns
{
    /// <summary>Turns that are not counted go on for so long: the JIT compiles what is hot a tenth of a second after the fact.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    /// <summary>Work that takes so long is done once: its warm-up is its measurement.</summary>
    private const double Slow = 2;

    /// <summary>Median seconds of each, after a warm-up.</summary>
    /// <param name="rounds">Turns.</param>
    /// <param name="works">Does the work and says how many seconds it took.</param>
    public static double[] Medians(int rounds, params Func<double>[] works)
    {
        double[] first = Array.ConvertAll(works, work => work());
        int[] quick = [.. Enumerable.Range(0, works.Length).Where(i => first[i] < Slow)];
        long start = Stopwatch.GetTimestamp();
        while (quick.Length > 0 && Stopwatch.GetElapsedTime(start) < WarmUp)
        {
            Array.ForEach(quick, i => works[i]());
        }

        double[][] seconds = [.. first.Select(once => new[] { once })];
        Array.ForEach(quick, i => seconds[i] = new double[rounds]);
        for (int round = 0; round < rounds; round++)
        {
            Array.ForEach(quick, i => seconds[i][round] = works[i]());
        }

        Array.ForEach(seconds, Array.Sort);
        return [.. seconds.Select(sorted => sorted[sorted.Length / 2])];
    }
}
