using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vektagraf.Caching;
using Vektagraf.Insights;
using Vektagraf.Monitoring;
using Vektagraf.Optimisation;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;
using Vektagraf.Telemetry;

namespace Vektagraf;

/// <summary>What an engine is made of besides its store.</summary>
public sealed record VektagrafOptions
{
    private const double IndexShareOfMemory = 0.6;

    /// <summary>Limits and times of the shards' logs.</summary>
    public ShardLogOptions Log { get; init; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Source of identifiers, nonces and jitter.</summary>
    public EntropySource Entropy { get; init; } = EntropySource.System;

    /// <summary>Where log messages go.</summary>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Age after which a cached collection definition is read again, so that changes made on other nodes arrive.</summary>
    public TimeSpan CatalogStaleness { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How lately a manifest must have been replaced for a branch to begin before the current one where no snapshot keeps it: well
    /// within the retention of everyone who collects in this store.</summary>
    public TimeSpan PinnableHistory { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Whether the first read of a collection starts loading all of it into memory in the background. Without it, reads and
    /// searches go on reading segments by range until a call needs the whole: a write, a query, or warming.</summary>
    public bool LoadsInBackground { get; init; } = true;

    /// <summary>Whether a thread takes new vectors into indexes as they come. Without it they are scanned until maintenance runs.</summary>
    public bool IndexesInBackground { get; init; } = true;

    /// <summary>
    /// A directory on a disk for the vectors that searches rarely read, in files without names that go with the process; the operating system
    /// then decides what of them is in memory. Null keeps them on the heap.
    /// </summary>
    public string? ScratchDirectory { get; init; }

    /// <summary>Bytes that indexes of vectors may take in memory; 0 for a share of what this process may have.</summary>
    public long MemoryBudgetBytes { get; init; }

    /// <summary>The budget in force: the one stated, or 60 % of what the machine or its container gives this process, so that objects, requests
    /// and the collector's own room have the rest.</summary>
    public long MemoryBudgetInForce =>
        MemoryBudgetBytes > 0 ? MemoryBudgetBytes : (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * IndexShareOfMemory);

    /// <summary>Keeps answers, objects and blocks of segments near; null for the cache that the store keeps its blocks in, or one of the default budgets.
    /// The database does not dispose of it.</summary>
    public TieredCache? Cache { get; init; }

    /// <summary>Where what is recorded of queries is kept, for all processes and over their ends; null keeps it in memory. The database does not dispose of it.</summary>
    public IInsightStore? Insights { get; init; }

    /// <summary>How this node measures itself, and where alerts go.</summary>
    public MonitoringOptions Monitoring { get; init; } = new();

    /// <summary>Makes and owns the meter; null for one shared by the process, without gauges: these ask the database as long as the meter lives.</summary>
    public IMeterFactory? Meters { get; init; }

    /// <summary>What operations cost, for predictions; null for the list prices built in.</summary>
    public PriceList? Prices { get; init; }

    /// <summary>Embedding generators that vector fields may name, besides the built-in <c>lsa</c>.</summary>
    public IReadOnlyDictionary<string, IEmbeddingGenerator<string, Embedding<float>>> Generators { get; init; } =
        new Dictionary<string, IEmbeddingGenerator<string, Embedding<float>>>(StringComparer.Ordinal);
}

/// <summary>What every part of one engine shares.</summary>
internal sealed record EngineContext(IObjectStore Store, VektagrafOptions Options)
{
    private readonly Lazy<TieredCache> _cache = new(() => Options.Cache ?? new TieredCache(new CacheOptions { Time = Options.Time }));

    /// <summary>What vectors may take.</summary>
    public VectorHosting Hosting { get; } =
        new(Options.MemoryBudgetInForce, Options.ScratchDirectory is { } directory ? new ScratchVectors(directory) : null);

    /// <summary>What takes vectors into indexes behind the writes; null where only maintenance does.</summary>
    public IndexWorker? Indexer { get; } = Options.IndexesInBackground ? new IndexWorker(Options) : null;

    /// <summary>What is kept near.</summary>
    public TieredCache Cache => _cache.Value;

    /// <summary>How the cache did; null where nothing has used one.</summary>
    public CacheStatistics? CacheStatistics => Options.Cache?.Snapshot() ?? (_cache.IsValueCreated ? _cache.Value.Snapshot() : null);

    /// <summary>What is recorded of queries.</summary>
    public QueryPlans Plans { get; } = new(Options);

    /// <summary>What is measured of requests.</summary>
    public EngineInstruments Instruments => Plans.Instruments;

    public TimeProvider Time => Options.Time;

    public EntropySource Entropy => Options.Entropy;
}
