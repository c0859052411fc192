using System.Globalization;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Optimisation;

/// <summary>A shape as recorded, with what the planner says of one of its requests.</summary>
/// <param name="Plan">The record.</param>
/// <param name="Missing">For each field without an index that its filter asks: milliseconds that an index would save.</param>
/// <param name="WrittenOrderMs">Milliseconds of testing the filter's conditions in the order written, where the executor does that; else 0.</param>
/// <param name="BestOrderMs">The same in the best order.</param>
/// <param name="BestOrder">The conditions in that order; empty where there is nothing to order.</param>
/// <param name="Filter">The filter, where there is something to order.</param>
/// <param name="Divides">Fields that the filter wants one value of, with the count of their values.</param>
internal sealed record ShapeEvidence(
    PlanReport Plan, IReadOnlyDictionary<string, double> Missing, double WrittenOrderMs, double BestOrderMs, IReadOnlyList<FilterExpression> BestOrder, FilterExpression? Filter, IReadOnlyDictionary<string, int> Divides)
{
    /// <summary>Whether its answers are kept already.</summary>
    public bool IsKept { get; init; }

    public double AverageMs => Plan.Statistics.TotalMs / Math.Max(1, Plan.Statistics.Successes);

    public double AverageRows => Plan.Statistics.Rows / (double)Math.Max(1, Plan.Statistics.Successes);

    /// <summary>Share of the executions that asked what had been asked lately of the same data.</summary>
    public double RepeatedShare => Plan.Statistics.Repeats / (double)Math.Max(1, Plan.Statistics.Successes);

    /// <summary>Milliseconds of an execution without waiting for the store, which a kept answer waits for as well.</summary>
    public double ComputedMs => Plan.Statistics.Measured == 0 ? AverageMs : Math.Min(AverageMs, Plan.Statistics.Actual.CpuMs / Plan.Statistics.Measured);

    public double AverageConsidered => Plan.Statistics.Considered / (double)Math.Max(1, Plan.Statistics.Successes);
}

/// <summary>From what was recorded to what it speaks for: a pure function. Nothing is recommended that the records do not show to pay.</summary>
internal static class Recommender
{
    // Fewer executions may be someone trying something out.
    private const int LeastExecutions = 10;

    // A gain below is within what measurements differ by.
    private const double LeastGain = 0.1;

    private const double MediumImpact = 0.05;
    private const double HighImpact = 0.2;

    // A page that people read, and one that takes its time mostly for being read out.
    private const int UsualLimit = 100;
    private const int LargePage = 1_000;
    private const double MillisecondsPerRow = 0.001;

    // Finding a kept answer and reading it; and what a row takes in memory, its properties included.
    private const double KeptAnswerMs = 0.02;
    private const double KeptRowMs = 0.002;
    private const double KeptRowBytes = 500;

    private const double LargeScan = 50_000;
    private const double NearlyAll = 0.8;
    private const int MostPartitions = 1_000;

    // A posting of a field's index: a row number, and its share of keys and runs.
    private const double IndexBytesPerObject = 8;

    /// <summary>Recommends.</summary>
    /// <param name="shapes">The shapes recorded.</param>
    /// <param name="objects">Objects of the collection.</param>
    /// <returns>Those that save the most time first.</returns>
    public static IReadOnlyList<Recommendation> Recommend(IReadOnlyList<ShapeEvidence> shapes, long objects)
    {
        var frequent = shapes.Where(s => s.Plan.Statistics.Successes >= LeastExecutions).ToList();
        var total = shapes.Sum(s => s.Plan.Statistics.TotalMs);
        var found = Indexes(frequent, objects).Concat(Orders(frequent)).Concat(Limits(frequent)).Concat(Caches(frequent)).Concat(Partitions(frequent));
        return
        [
            .. found.Select(f => (f.Recommendation, Saved: f.SavedMs / Math.Max(total, double.Epsilon)))
                .OrderByDescending(f => f.Saved)
                .ThenBy(f => f.Recommendation.Id, StringComparer.Ordinal)
                .Select(f => f.Recommendation with
                {
                    Impact = f.Saved >= HighImpact ? RecommendationImpact.High : f.Saved >= MediumImpact ? RecommendationImpact.Medium : RecommendationImpact.Low,
                }),
        ];
    }

    private static IEnumerable<(Recommendation Recommendation, double SavedMs)> Indexes(List<ShapeEvidence> shapes, long objects)
    {
        foreach (var field in shapes.SelectMany(s => s.Missing.Keys).Distinct(StringComparer.Ordinal))
        {
            var evidence = shapes.Where(s => s.Missing.GetValueOrDefault(field) >= LeastGain * s.AverageMs).ToList();
            if (evidence.Count > 0)
            {
                yield return Make(
                    RecommendationKind.CreateIndex, field, field, evidence, s => s.AverageMs - s.Missing[field], objects * IndexBytesPerObject,
                    $"Create an index on '{field}'.",
                    $"Filters test '{field}' row by row, in {evidence.Sum(s => s.Plan.Statistics.Executions):N0} recorded executions of {evidence.Count} shapes.");
            }
        }
    }

    private static IEnumerable<(Recommendation Recommendation, double SavedMs)> Orders(List<ShapeEvidence> shapes) => shapes
        .Where(s => s.WrittenOrderMs - s.BestOrderMs >= LeastGain * s.AverageMs)
        .GroupBy(s => FilterOrders.NameOf(s.Filter!), StringComparer.Ordinal)
        .Select(g => (Filter: g.Key, Shapes: g.ToList(), First: g.First()))
        .Select(g =>
        {
            var made = Make(
                RecommendationKind.ReorderFilters, g.Filter, field: null, g.Shapes, e => e.AverageMs - (e.WrittenOrderMs - e.BestOrderMs), memory: 0,
                $"Test the conditions in the order {string.Join(", ", g.First.BestOrder.Select(FilterShape.Text))}.",
                string.Create(CultureInfo.InvariantCulture, $"As written, testing them takes {g.First.WrittenOrderMs:F3} ms of an execution, in that order {g.First.BestOrderMs:F3} ms."));
            return (made.Recommendation with { Filter = g.Filter, Order = [.. g.First.BestOrder.Select(FilterOrders.NameOf)] }, made.SavedMs);
        });

    private static IEnumerable<(Recommendation Recommendation, double SavedMs)> Limits(List<ShapeEvidence> shapes) => shapes
        .Where(s => s.AverageRows >= LargePage && (s.AverageRows - UsualLimit) * MillisecondsPerRow >= LeastGain * s.AverageMs)
        .Select(s => Make(
            RecommendationKind.AddLimit, s.Plan.Signature.ToString(), field: null, [s], e => e.AverageMs - ((e.AverageRows - UsualLimit) * MillisecondsPerRow), memory: 0,
            $"Ask for pages of {UsualLimit} with 'limit', and for more with 'cursor'.",
            string.Create(CultureInfo.InvariantCulture, $"An execution returns {s.AverageRows:N0} rows on average, each of which takes about {MillisecondsPerRow} ms to read out.")));

    private static IEnumerable<(Recommendation Recommendation, double SavedMs)> Caches(List<ShapeEvidence> shapes) => shapes
        .Select(s => (Shape: s, SavedMs: s.RepeatedShare * Math.Max(0, s.ComputedMs - KeptAnswerMs - (s.AverageRows * KeptRowMs))))
        .Where(s => !s.Shape.IsKept && s.SavedMs > 0 && s.SavedMs >= LeastGain * s.Shape.AverageMs)
        .Select(s =>
        {
            var answers = s.Shape.Plan.Statistics.Successes - s.Shape.Plan.Statistics.Repeats;
            var made = Make(
                RecommendationKind.UseCache, s.Shape.Plan.Signature.ToString(), field: null, [s.Shape], e => e.AverageMs - s.SavedMs, answers * s.Shape.AverageRows * KeptRowBytes,
                "Keep the answers of these requests.",
                string.Create(CultureInfo.InvariantCulture, $"{s.Shape.RepeatedShare:P0} of the executions asked what had been asked lately of the same data; computing an answer takes {s.Shape.ComputedMs:F3} ms."));
            return (made.Recommendation with { RepeatedShare = s.Shape.RepeatedShare }, made.SavedMs);
        });

    private static IEnumerable<(Recommendation Recommendation, double SavedMs)> Partitions(List<ShapeEvidence> shapes)
    {
        var executions = shapes.Sum(s => s.Plan.Statistics.Executions);
        foreach (var field in shapes.SelectMany(s => s.Divides.Keys).Distinct(StringComparer.Ordinal))
        {
            var evidence = shapes.Where(s => s.Divides.GetValueOrDefault(field) is >= 2 and <= MostPartitions && s.AverageConsidered >= LargeScan).ToList();
            if (evidence.Count > 0 && evidence.Sum(s => s.Plan.Statistics.Executions) >= NearlyAll * executions)
            {
                yield return Make(
                    RecommendationKind.PartitionData, field, field, evidence, s => s.AverageMs / s.Divides[field], memory: 0,
                    $"Keep the objects of each '{field}' in a collection of their own.",
                    string.Create(CultureInfo.InvariantCulture, $"At least {NearlyAll:P0} of the executions want one of {evidence[0].Divides[field]:N0} values of '{field}', and look at {evidence.Average(s => s.AverageConsidered):N0} rows for it."));
            }
        }
    }

    private static (Recommendation Recommendation, double SavedMs) Make(
        RecommendationKind kind, string subject, string? field, List<ShapeEvidence> evidence, Func<ShapeEvidence, double> afterMs, double memory, string title, string reason)
    {
        double executions = evidence.Sum(s => s.Plan.Statistics.Executions);
        double Average(Func<ShapeEvidence, double> of) => evidence.Sum(s => of(s) * s.Plan.Statistics.Executions) / executions;
        var (before, after) = (Average(s => s.AverageMs), Average(s => Math.Max(0, afterMs(s))));
        var hash = new ShapeHash();
        hash.Add(subject);
        var recommendation = new Recommendation
        {
            Id = $"{char.ToLowerInvariant(kind.ToString()[0])}{kind.ToString()[1..]}-{(ulong)hash.Finish():x16}",
            Kind = kind,
            Impact = RecommendationImpact.Low,
            Title = title,
            Reason = reason,
            Field = field,
            Evidence =
            [
                .. evidence.OrderByDescending(s => s.Plan.Statistics.TotalMs)
                    .Select(s => new RecommendationEvidence(s.Plan.Signature.ToString(), s.Plan.Shape, s.Plan.Statistics.Executions, s.Plan.Statistics.TotalMs)),
            ],
            Predicted = new RecommendationGain(before, after, memory),
        };
        return (recommendation, (before - after) * executions);
    }
}
