using System.Collections.Concurrent;
using System.Globalization;
using Vektagraf.Caching;
using Vektagraf.Collections;
using Vektagraf.Monitoring;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;

namespace Vektagraf;

/// <summary>A database on one object store: its catalog of collections. Thread-safe; open one for each store and process.</summary>
public sealed partial class VektagrafDatabase : IAsyncDisposable
{
    private const int MaxCatalogAttempts = 10;

    private readonly EngineContext _engine;
    private readonly ConcurrentDictionary<string, OpenCollection> _open = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _catalogGate = new(1, 1);

    /// <summary>Opens a database; nothing is read before the first call.</summary>
    /// <param name="store">Where it lives.</param>
    /// <param name="options">Limits, clock and generators; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option of monitoring is out of its range.</exception>
    public VektagrafDatabase(IObjectStore store, VektagrafOptions? options = null)
    {
        options ??= new VektagrafOptions();
        options.Monitoring.Check();
        var caching = store as CachingObjectStore;
        var metered = new MeteredObjectStore(store, caching is null ? MeterLevel.Engine | MeterLevel.Store : MeterLevel.Engine);
        _engine = new EngineContext(metered, options.Cache is null && caching is { SharesCache: true } ? options with { Cache = caching.Cache } : options);
        var insights = _engine.Plans.Store;
        var log = options.Logging.CreateLogger("Vektagraf.Alerts");
        _monitoringLog = log;
        Nodes = new NodeRegistry(insights);
        _alerts = new AlertFeed(insights, options.Time);
        _webhook = options.Monitoring.Alerts.Webhook is { } webhook ? new WebhookSender(webhook, insights, options.Time, log) : null;
        _checker = new ThresholdChecker(insights, options.Time, options.Monitoring.Interval, _alerts, new AlertSignals(log), _webhook);
        _recorder = new MetricsRecorder(_engine, FoldLag);
        if (_engine.Options.Meters is { } meters)
        {
            PublishGauges(meters);
        }
    }

    /// <summary>What is kept near: answers, objects and, where the store shares it, blocks of segments.</summary>
    public TieredCache Cache => _engine.Cache;

    /// <summary>
    /// Since when the insight store has failed, and how; null where it has not. Requests go on meanwhile; what is recorded of them waits, within a bound,
    /// and is stored once it is back.
    /// </summary>
    public (DateTimeOffset Since, string Error)? InsightsFailure => _engine.Plans.Store.Failure;

    /// <summary>Names of all collections, in ordinal order.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The names.</returns>
    public async Task<IReadOnlyList<string>> ListCollectionsAsync(CancellationToken cancellationToken)
    {
        var names = new List<string>();
        string? continuation = null;
        do
        {
            var page = await GuardAsync(_engine.Store.ListAsync(Catalog.Prefix, continuation, cancellationToken: cancellationToken));
            names.AddRange(page.Entries.Select(e => e.Key[Catalog.Prefix.Length..]));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return names;
    }

    /// <summary>Creates a collection, or changes the definition of an existing one where that needs no rebuild.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="definition">Its definition.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The collection, and whether it was created.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>; <see cref="ErrorKind.Conflict"/> where it exists and the
    /// change needs a rebuild.</exception>
    public async Task<(Collection Collection, bool Created)> PutCollectionAsync(string name, CollectionDefinition definition, CancellationToken cancellationToken)
    {
        DefinitionRules.ValidateName(name);
        DefinitionRules.Validate(definition);
        CheckGenerators(definition);
        for (var attempt = 0; attempt < MaxCatalogAttempts; attempt++)
        {
            var (current, etag) = await ReadCatalogAsync(name, cancellationToken);
            if (current is null)
            {
                var created = new CatalogEntry
                {
                    Name = name,
                    Generation = DrawGeneration(),
                    CreatedAt = _engine.Time.GetUtcNow(),
                    Definition = definition,
                };
                if (await WriteCatalogAsync(created, PutCondition.Absent, cancellationToken))
                {
                    return (await FindAsync(name, mayBeStale: false, cancellationToken), true);
                }
            }
            else if (DefinitionRules.AreSame(current.Definition, definition))
            {
                return (await FindAsync(name, mayBeStale: false, cancellationToken), false);
            }
            else if (DefinitionRules.WhyRebuild(current.Definition, definition) is { } reason)
            {
                throw new VektagrafException(
                    ErrorKind.Conflict,
                    "needs-rebuild",
                    $"Collection '{name}' exists with another definition, and {reason}. Create a collection with another name and import into it, or drop this one first.");
            }
            else if (await WriteCatalogAsync(current with { Definition = definition }, PutCondition.Match(etag!), cancellationToken))
            {
                return (await FindAsync(name, mayBeStale: false, cancellationToken), false);
            }
        }

        throw new VektagrafException(ErrorKind.Conflict, "definition-contention", $"Others keep changing the definition of '{name}'. Try again.");
    }

    /// <summary>Finds a collection.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The collection.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>.</exception>
    public Task<Collection> GetCollectionAsync(string name, CancellationToken cancellationToken) =>
        FindAsync(name, mayBeStale: true, cancellationToken);

    /// <summary>Waits for commits in progress.</summary>
    /// <returns>When everything acknowledged is durable, which it is anyway, and nothing is in flight.</returns>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_applying.Values);
        foreach (var name in _open.Keys)
        {
            await CloseAsync(name);
        }

        if (_engine.Indexer is { } indexer)
        {
            await indexer.DisposeAsync();
        }

        await _recorder.DisposeAsync();
        _webhook?.Dispose();
        await _engine.Plans.DisposeAsync();
        _catalogGate.Dispose();
    }

    private async Task<Collection> FindAsync(string name, bool mayBeStale, CancellationToken cancellationToken)
    {
        if (mayBeStale
            && _open.TryGetValue(name, out var cached)
            && _engine.Time.GetElapsedTime(Volatile.Read(ref cached.ValidatedAt)) < _engine.Options.CatalogStaleness)
        {
            return cached.Collection;
        }

        DefinitionRules.ValidateName(name);
        await _catalogGate.WaitAsync(cancellationToken);
        try
        {
            var startedAt = _engine.Time.GetTimestamp();
            var (entry, etag) = await ReadCatalogAsync(name, cancellationToken);
            if (_open.TryGetValue(name, out cached) && string.Equals(cached.ETag, etag, StringComparison.Ordinal))
            {
                Volatile.Write(ref cached.ValidatedAt, startedAt);
                return cached.Collection;
            }

            await CloseAsync(name);
            if (entry is null)
            {
                throw NotFound(name);
            }

            var opened = new OpenCollection(new Collection(_engine, entry), etag!) { ValidatedAt = startedAt };
            _open[name] = opened;
            return opened.Collection;
        }
        finally
        {
            _catalogGate.Release();
        }
    }

    private Task<(CatalogEntry? Entry, string? ETag)> ReadCatalogAsync(string name, CancellationToken cancellationToken) =>
        GuardAsync(Catalog.ReadAsync(_engine.Store, name, cancellationToken));

    private Task<bool> WriteCatalogAsync(CatalogEntry entry, PutCondition condition, CancellationToken cancellationToken) =>
        GuardAsync(Catalog.WriteAsync(_engine.Store, entry, condition, cancellationToken));

    private string DrawGeneration() => (_engine.Entropy.NextUInt128() >> 80).ToString("x12", CultureInfo.InvariantCulture);

    private async Task CloseAsync(string name)
    {
        if (_open.TryRemove(name, out var removed))
        {
            await removed.Collection.DisposeAsync();
        }
    }

    private void CheckGenerators(CollectionDefinition definition)
    {
        foreach (var (name, field) in definition.Vectors)
        {
            if (field.Generator is { } generator && !Collection.IsKnownGenerator(generator, _engine.Options))
            {
                var known = string.Join(", ", _engine.Options.Generators.Keys.Append(Collection.LsaGenerator).Order(StringComparer.Ordinal));
                throw VektagrafException.Invalid($"/vectors/{ValidationErrors.Escape(name)}/generator", $"There is no generator '{generator}'. Available: {known}.");
            }
        }
    }

    private static async Task<T> GuardAsync<T>(Task<T> operation)
    {
        try
        {
            return await operation;
        }
        catch (ObjectStoreException e)
        {
            throw Unavailable(e);
        }
    }

    private static VektagrafException Unavailable(ObjectStoreException inner) =>
        new(ErrorKind.Unavailable, "store-unavailable", $"The object store failed: {inner.Message} Try again.", inner: inner);

    private static VektagrafException NotFound(string name) =>
        new(ErrorKind.NotFound, "collection-not-found", $"There is no collection '{name}'. Create it with PUT /api/collections/{name}.");

    private sealed class OpenCollection(Collection collection, string etag)
    {
        public long ValidatedAt;

        public Collection Collection { get; } = collection;

        public string ETag { get; } = etag;
    }
}
