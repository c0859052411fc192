using System.Globalization;
using Vektagraf.Storage;

namespace Vektagraf.Insights;

/// <summary>Insights of one process, gone with it. Bounded: beyond its capacity the documents with the oldest timestamps go.</summary>
public sealed class MemoryInsightStore : IInsightStore
{
    /// <summary>Capacity unless stated.</summary>
    public const int DefaultCapacity = 50_000;

    // Of a full store so much is dropped at once, since looking for the oldest means looking at all.
    private const int DroppedShare = 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<string, Entry>> _partitions = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly int _capacity;
    private int _count;
    private long _version;

    /// <summary>Creates an empty store.</summary>
    /// <param name="time">Clock of times to live; null for the system's.</param>
    /// <param name="capacity">Most documents, at least 1.</param>
    public MemoryInsightStore(TimeProvider? time = null, int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _time = time ?? TimeProvider.System;
        _capacity = capacity;
    }

    /// <inheritdoc/>
    public Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken)
    {
        InsightRules.CheckKey(partition, nameof(partition));
        InsightRules.CheckKey(id, nameof(id));
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return Task.FromResult(Find(partition, id)?.Document);
        }
    }

    /// <inheritdoc/>
    public Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken)
    {
        InsightRules.Check(document);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var present = Find(document.Partition, document.Id)?.Document.ETag;
            if (!condition.HoldsFor(present))
            {
                return Task.FromResult<string?>(null);
            }

            var etag = (++_version).ToString(CultureInfo.InvariantCulture);
            var micros = InsightRules.Microseconds(document.Timestamp);
            var stored = document with { Timestamp = InsightRules.FromMicroseconds(micros), Content = document.Content.ToArray(), ETag = etag };
            Keep(new Entry(stored, micros, document.TimeToLive is { } life ? _time.GetUtcNow() + life : DateTimeOffset.MaxValue));
            return Task.FromResult<string?>(etag);
        }
    }

    /// <inheritdoc/>
    public Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken)
    {
        InsightRules.CheckKey(partition, nameof(partition));
        InsightRules.CheckRange(range);
        cancellationToken.ThrowIfCancellationRequested();
        var place = InsightRules.Place(continuation);
        var from = range.From is { } f ? InsightRules.Microseconds(f) : long.MinValue;
        var to = range.To is { } t ? InsightRules.Microseconds(t) : long.MaxValue;
        var sign = range.Descending ? -1 : 1;
        List<Entry> found;
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            found = !_partitions.TryGetValue(partition, out var entries) ? [] : entries.Values
                .Where(e => e.ExpiresAt > now && e.Microseconds >= from && e.Microseconds < to && (place is null || sign * Compare(e, place.Value) > 0))
                .ToList();
        }

        found.Sort((a, b) => sign * Compare(a, (b.Microseconds, b.Document.Id)));
        var page = found.Take(range.PageSize).ToList();
        var next = found.Count > page.Count ? InsightRules.Continuation(page[^1].Microseconds, page[^1].Document.Id) : null;
        return Task.FromResult(new InsightPage(page.ConvertAll(e => e.Document), next));
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken)
    {
        InsightRules.CheckKey(partition, nameof(partition));
        InsightRules.CheckKey(id, nameof(id));
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var present = Find(partition, id);
            if (present is null || (etag is not null && !string.Equals(present.Document.ETag, etag, StringComparison.Ordinal)))
            {
                return Task.FromResult(false);
            }

            Remove(partition, id);
            return Task.FromResult(true);
        }
    }

    private static int Compare(Entry entry, (long Microseconds, string Id) place) =>
        entry.Microseconds != place.Microseconds ? entry.Microseconds.CompareTo(place.Microseconds) : string.CompareOrdinal(entry.Document.Id, place.Id);

    private Entry? Find(string partition, string id) =>
        _partitions.TryGetValue(partition, out var entries) && entries.TryGetValue(id, out var entry) && entry.ExpiresAt > _time.GetUtcNow() ? entry : null;

    private void Keep(Entry entry)
    {
        var document = entry.Document;
        if (!_partitions.TryGetValue(document.Partition, out var entries))
        {
            _partitions.Add(document.Partition, entries = new SortedDictionary<string, Entry>(StringComparer.Ordinal));
        }

        _count += entries.ContainsKey(document.Id) ? 0 : 1;
        entries[document.Id] = entry;
        if (_count > _capacity)
        {
            MakeRoom(entry);
        }
    }

    /// <summary>Drops what expired, and where that does not suffice the oldest.</summary>
    private void MakeRoom(Entry kept)
    {
        var now = _time.GetUtcNow();
        var most = _capacity - (_capacity / DroppedShare);
        var oldest = _partitions.Values.SelectMany(p => p.Values).Where(e => e != kept).OrderBy(e => e.ExpiresAt > now).ThenBy(e => e.Microseconds).ToList();
        foreach (var entry in oldest.TakeWhile(e => e.ExpiresAt <= now || _count > most))
        {
            Remove(entry.Document.Partition, entry.Document.Id);
        }
    }

    private void Remove(string partition, string id)
    {
        var entries = _partitions[partition];
        entries.Remove(id);
        _count--;
        if (entries.Count == 0)
        {
            _partitions.Remove(partition);
        }
    }

    private sealed record Entry(InsightDocument Document, long Microseconds, DateTimeOffset ExpiresAt);
}
