using Vektagraf.Insights;
using Vektagraf.Storage;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Optimisation;

/// <summary>A clock that goes on by a step whenever it is read: what takes more looks at it takes longer, and nothing else does.</summary>
internal sealed class SteppingClock : TimeProvider
{
    private long _ticks = DateTimeOffset.UnixEpoch.AddYears(56).Ticks;

    public TimeSpan Step { get; set; } = TimeSpan.FromMicroseconds(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Add(ref _ticks, Step.Ticks);

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
}

/// <summary>Calls back when the definition of a collection is written.</summary>
internal sealed class CatalogWatch(IObjectStore inner) : IObjectStore
{
    public Action? OnWrite { get; set; }

    public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) =>
        inner.GetAsync(key, range, ifNoneMatch, cancellationToken);

    public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
    {
        if (key.StartsWith("catalog/", StringComparison.Ordinal))
        {
            OnWrite?.Invoke();
        }

        return inner.PutAsync(key, content, condition, cancellationToken);
    }

    public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => inner.DeleteAsync(key, cancellationToken);
}

/// <summary>A collection of priced things: <c>n</c> counts up and is indexed, <c>price</c> counts up and is not, <c>group</c> has seven values.</summary>
internal static class OptimiserWorld
{
    private const string Definition = """
        { "shards": SHARDS, "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } },
          "fields": { "n": { "type": "number", "index": true }, "price": { "type": "number" }, "group": { "type": "string", "index": true } } }
        """;

    public static async Task<TestCollection> CreateAsync(int objects, TimeProvider time, IObjectStore? store = null, IInsightStore? insights = null, int shards = 1)
    {
        var options = new VektagrafOptions { Time = time, Insights = insights, IndexesInBackground = false };
        var things = await TestCollection.CreateAsync(Definition.Replace("SHARDS", $"{shards}", StringComparison.Ordinal), store, options);
        var lines = Enumerable.Range(0, objects).Select(i => $$"""{ "id": "o{{i:D5}}", "properties": { "n": {{i}}, "price": {{i}}, "group": "g{{i % 7}}" }, "vectors": { "e": [{{i}}, 1] } }""");
        Assert.Equal(objects, (await things.ImportAsync(string.Join('\n', lines))).Imported);
        return things;
    }
}
