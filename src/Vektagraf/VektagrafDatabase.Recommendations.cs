using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Insights;
using Vektagraf.Optimisation;

namespace Vektagraf;

public sealed partial class VektagrafDatabase
{
    private const string RecommendationPartition = "recommendations.";

    // Replays of one kind differ by so much from each other.
    private const double WorseBy = 1.05;

    private static readonly TimeSpan RecommendationLife = TimeSpan.FromDays(365);

    // Whoever applies something for longer has died of it.
    private static readonly TimeSpan ApplyTimeout = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Collection, string Id), Task> _applying = new();

    /// <summary>What would make the requests recorded of a collection cheaper, and what became of what was applied.</summary>
    /// <param name="name">Name of the collection.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>What is in force or open first, by the time that it saves, then the rest.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>, <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<IReadOnlyList<Recommendation>> ListRecommendationsAsync(string name, CancellationToken cancellationToken)
    {
        var collection = await GetCollectionAsync(name, cancellationToken);
        var known = await ReadRecommendationsAsync(collection, cancellationToken);
        var (shapes, objects) = await collection.GatherEvidenceAsync(cancellationToken);
        var open = Recommender.Recommend(shapes, objects).Select(r => known.TryGetValue(r.Id, out var before) && before.Status != RecommendationStatus.Applied
            ? r with { Status = before.Status, Measured = before.Measured, Detail = before.Detail, AppliedAt = before.AppliedAt }
            : r).ToList();
        var ids = open.Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
        return [.. open, .. known.Values.Where(r => !ids.Contains(r.Id)).OrderByDescending(r => r.AppliedAt)];
    }

    /// <summary>Applies a recommendation in the background.</summary>
    /// <param name="name">Name of the collection.</param>
    /// <param name="id">The recommendation.</param>
    /// <param name="cancellationToken">Cancels the wait; what has begun goes on.</param>
    /// <returns>The recommendation as it is now, and when the background is done with it.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Conflict"/>, <c>not-applicable</c>: only the caller
    /// can do what it asks for; <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<(Recommendation Recommendation, Task Completion)> ApplyRecommendationAsync(string name, string id, CancellationToken cancellationToken)
    {
        var recommendation = (await ListRecommendationsAsync(name, cancellationToken)).FirstOrDefault(r => string.Equals(r.Id, id, StringComparison.Ordinal))
            ?? throw new VektagrafException(ErrorKind.NotFound, "recommendation-not-found", $"There is no recommendation '{id}' for '{name}'. List those there are: what recorded requests no longer speak for goes.");
        if (!recommendation.IsApplicable)
        {
            throw new VektagrafException(ErrorKind.Conflict, "not-applicable", $"Only you can do this, so nothing was changed. {recommendation.Title} {recommendation.Reason}");
        }

        var isUnderWay = recommendation.Status == RecommendationStatus.Applying && _engine.Time.GetUtcNow() - recommendation.AppliedAt < ApplyTimeout;
        if (isUnderWay || recommendation.Status == RecommendationStatus.Applied)
        {
            return (recommendation, _applying.GetValueOrDefault((name, id)) ?? Task.CompletedTask);
        }

        var applying = recommendation with { Status = RecommendationStatus.Applying, AppliedAt = _engine.Time.GetUtcNow(), Measured = null, Detail = null };
        await WriteRecommendationAsync(await GetCollectionAsync(name, cancellationToken), applying, cancellationToken);
        var completion = _applying.AddOrUpdate((name, id), _ => ApplyAsync(name, applying), (_, running) => running.IsCompleted ? ApplyAsync(name, applying) : running);
        return (applying, completion);
    }

    private async Task ApplyAsync(string name, Recommendation applying)
    {
        // Leave the caller first.
        await Task.Yield();
        Recommendation result;
        try
        {
            result = applying.Kind switch
            {
                RecommendationKind.CreateIndex =>
                    await MeasureAsync(name, applying, () => SetIndexAsync(name, applying.Field!, isIndexed: true), () => SetIndexAsync(name, applying.Field!, isIndexed: false)),
                RecommendationKind.UseCache => await MeasureAsync(name, applying, () => SetKeptAsync(name, applying, isKept: true), () => SetKeptAsync(name, applying, isKept: false)),
                _ => await MeasureAsync(name, applying, () => SetOrderAsync(name, applying, applying.Order), () => SetOrderAsync(name, applying, order: null)),
            };
        }
        catch (Exception e) when (e is VektagrafException or OperationCanceledException)
        {
            result = applying with { Status = RecommendationStatus.Failed, Detail = $"It could not be applied: {e.Message}" };
        }

        try
        {
            await WriteRecommendationAsync(await GetCollectionAsync(name, CancellationToken.None), result, CancellationToken.None);
        }
        catch (VektagrafException)
        {
            // The collection is gone, or the store is: then "applying" becomes stale and may be applied again.
        }
    }

    /// <summary>Measures, makes the change, measures again, and takes the change back where it made things worse.</summary>
    private async Task<Recommendation> MeasureAsync(string name, Recommendation applying, Func<Task> change, Func<Task> takeBack)
    {
        var before = await (await FindAsync(name, mayBeStale: false, CancellationToken.None)).ReplayAsync(applying.Evidence, CancellationToken.None);
        await change();
        var after = await (await FindAsync(name, mayBeStale: false, CancellationToken.None)).ReplayAsync(applying.Evidence, CancellationToken.None);
        if (before is not { } was || after is not { } replayed)
        {
            return applying with { Status = RecommendationStatus.Applied, Detail = "It is in force. No request of its shapes was kept, so its gain was not measured." };
        }

        // Replays find every answer; of the requests to come, as many will as came again before.
        var becomes = applying.RepeatedShare is { } share ? (share * replayed) + ((1 - share) * was) : replayed;
        var measured = new RecommendationGain(was, becomes, applying.Predicted.MemoryBytes);
        if (becomes <= was * WorseBy)
        {
            return applying with { Status = RecommendationStatus.Applied, Measured = measured, Detail = Text($"The same requests took {was:F3} ms before and {becomes:F3} ms after.") };
        }

        await takeBack();
        return applying with
        {
            Status = RecommendationStatus.RolledBack,
            Measured = measured,
            Detail = Text($"It made things worse and was taken back: the same requests took {was:F3} ms before and {becomes:F3} ms after."),
        };
    }

    private async Task SetKeptAsync(string name, Recommendation applying, bool isKept) =>
        Keep(await FindAsync(name, mayBeStale: false, CancellationToken.None), applying, isKept);

    private static void Keep(Collection collection, Recommendation recommendation, bool isKept)
    {
        foreach (var evidence in recommendation.Evidence)
        {
            if (QuerySignature.TryParse(evidence.Signature, out var shape))
            {
                collection.KeepAnswers(shape, isKept);
            }
        }
    }

    private async Task SetOrderAsync(string name, Recommendation applying, IReadOnlyList<string>? order) =>
        (await FindAsync(name, mayBeStale: false, CancellationToken.None)).Orders.Set(applying.Filter!, order);

    /// <summary>Changes the definition as a patch does.</summary>
    private async Task SetIndexAsync(string name, string field, bool isIndexed)
    {
        var definition = (await FindAsync(name, mayBeStale: false, CancellationToken.None)).Definition;
        if (!definition.Fields.TryGetValue(field, out var declared))
        {
            throw new VektagrafException(ErrorKind.Conflict, "field-dropped", $"Field '{field}' is not declared any more.");
        }

        var fields = new Dictionary<string, FieldDefinition>(definition.Fields, StringComparer.Ordinal) { [field] = declared with { Index = isIndexed } };
        await PutCollectionAsync(name, definition with { Fields = fields }, CancellationToken.None);
    }

    private async Task<Dictionary<string, Recommendation>> ReadRecommendationsAsync(Collection collection, CancellationToken cancellationToken)
    {
        try
        {
            var page = await _engine.Plans.Store.QueryAsync(RecommendationPartition + collection.StorageName, new InsightRange(Descending: true, PageSize: InsightRules.MaxPageSize), null, cancellationToken);
            var known = page.Documents.Select(d => JsonSerializer.Deserialize(d.Content.Span, OptimisationJson.Default.Recommendation)).OfType<Recommendation>().ToDictionary(r => r.Id, StringComparer.Ordinal);
            foreach (var applied in known.Values.Where(r => r.Status == RecommendationStatus.Applied))
            {
                // Another process may have applied it, or this one before its last start.
                if (applied.Kind == RecommendationKind.ReorderFilters)
                {
                    collection.Orders.Set(applied.Filter!, applied.Order);
                }
                else if (applied.Kind == RecommendationKind.UseCache)
                {
                    Keep(collection, applied, isKept: true);
                }
            }

            return known;
        }
        catch (Exception e) when (e is InsightStoreException or JsonException)
        {
            // What became of recommendations is not known for the moment; what requests speak for is.
            return [];
        }
    }

    private async Task WriteRecommendationAsync(Collection collection, Recommendation recommendation, CancellationToken cancellationToken)
    {
        var document = new InsightDocument
        {
            Partition = RecommendationPartition + collection.StorageName,
            Id = recommendation.Id,
            Timestamp = recommendation.AppliedAt ?? _engine.Time.GetUtcNow(),
            TimeToLive = RecommendationLife,
            Content = JsonSerializer.SerializeToUtf8Bytes(recommendation, OptimisationJson.Default.Recommendation),
        };
        try
        {
            await _engine.Plans.Store.PutAsync(document, default, cancellationToken);
        }
        catch (InsightStoreException e)
        {
            throw new VektagrafException(ErrorKind.Unavailable, "insights-unavailable", $"What becomes of a recommendation could not be written down, so it is not applied: {e.Message} Try again.", inner: e);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
