using System.Globalization;
using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;
using Vektagraf.TestKit.Simulation;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Collections;

/// <summary>
/// One run of the model: clients at several nodes over one store that fails. Each client alone writes its objects, so that it knows
/// what they may hold; all of them count in one shared object.
/// </summary>
internal sealed class ModelRun
{
    public const string CollectionName = "things";

    private const int Nodes = 3;
    private const int Clients = 4;
    private const int Transfers = 2;
    private const int Steps = 14;
    private const string Counter = "counter";

    private const int Maintainers = 2;

    // Longer than any request is under way, as the protocol asks, and no longer: entries vanish under sleeping nodes within a run.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);
    private static readonly CompactionOptions Compaction = new() { FoldEntries = 2, TierWidth = 2, SmallestTierRows = 2, Retention = TimeSpan.FromSeconds(1) };

    private readonly Simulator _simulator;
    private readonly int _seed;
    private readonly Random _random;
    private readonly MemoryObjectStore _memory;
    private readonly List<FaultInjectingObjectStore> _stores = [];
    private readonly VektagrafDatabase[] _nodes = new VektagrafDatabase[Nodes];
    private readonly VektagrafDatabase[] _keepers = new VektagrafDatabase[Maintainers];
    private readonly List<FaultInjectingObjectStore> _sleepers = [];
    private FaultPlan _plan = new();
    private int _counted;

    public ModelRun(Simulator simulator, int seed)
    {
        _simulator = simulator;
        _seed = seed;
        _random = new Random(seed);
        _memory = new MemoryObjectStore(simulator.Time);
    }

    public int Folds { get; private set; }

    public int Merges { get; private set; }

    public long Removed { get; private set; }

    public int Committed { get; private set; }

    public async Task RunAsync()
    {
        for (var i = 0; i < Nodes; i++)
        {
            _nodes[i] = NewNode();
        }

        for (var i = 0; i < Maintainers; i++)
        {
            _keepers[i] = NewNode(maySleep: false);
        }

        var definition = new CollectionDefinition
        {
            Shards = 1 + (_seed % 2),
            Vectors = new Dictionary<string, VectorFieldDefinition> { ["v"] = new() { Dimensions = 2 } },
            Fields = new Dictionary<string, FieldDefinition> { ["owner"] = new() { Type = FieldType.String } },
        };
        var (collection, _) = await _nodes[0].PutCollectionAsync(CollectionName, definition, CancellationToken.None);
        await collection.SaveAsync(ObjectJson.Read("""{"id":"counter","properties":{"n":0}}"""u8, definition), default, CancellationToken.None);

        await TransferClient.OpenAccountsAsync(collection);

        SetPlan(new FaultPlan
        {
            LostRequests = 0.03,
            LostReplies = 0.05,
            DelayedPuts = 0.05,
            Refusals = 0.03,
            Outages = 0.01,
            MaxOutage = TimeSpan.FromSeconds(6),
            MaxLatency = TimeSpan.FromMilliseconds(20),
            MaxPutDelay = TimeSpan.FromSeconds(_seed % 3 == 0 ? 0.1 : 12),
        });
        var clients = Enumerable.Range(0, Clients).Select(i => new ModelClient(this, $"c{i}", (_seed * Clients) + i)).ToList();
        var transfers = Enumerable.Range(0, Transfers).Select(i => new TransferClient(this, $"t{i}", (_seed * 131) + i)).ToList();
        var working = Task.WhenAll([.. clients.Select(c => c.RunAsync(Steps)), .. transfers.Select(t => t.RunAsync(Steps / 2))]);
        await Task.WhenAll([working, .. Enumerable.Range(0, Maintainers).Select(i => MaintainAsync(new Random((_seed * 77) + i), working))]);

        SetPlan(new FaultPlan());
        await WaitAsync(TimeSpan.FromMinutes(1));
        await CheckAsync(clients, transfers);
        Committed = transfers.Sum(t => t.Committed);
    }

    /// <summary>The collection at a node, which may have been started just now.</summary>
    public Task<Collection> AtRandomNodeAsync(Random random)
    {
        // The last node is asked so rarely that much can pass between two requests.
        var node = random.Next(20) == 0 ? Nodes - 1 : random.Next(Nodes - 1);
        if (random.Next(40) == 0)
        {
            // The old one is not stopped: what it has in flight may still arrive.
            _nodes[node] = NewNode();
        }

        return _nodes[node].GetCollectionAsync(CollectionName, CancellationToken.None);
    }

    /// <summary>Folds, merges and collects, two at once, as timers of many hosts would: in processes that are killed before the grace ends.</summary>
    private async Task MaintainAsync(Random random, Task working)
    {
        while (!working.IsCompleted)
        {
            await WaitAsync(TimeSpan.FromMilliseconds(random.Next(4_000)));
            try
            {
                var collection = await _keepers[random.Next(Maintainers)].GetCollectionAsync(CollectionName, CancellationToken.None);
                var report = await collection.MaintainAsync(Compaction, CancellationToken.None);
                Folds += report.Folds;
                Merges += report.Merges;
                Removed += report.WalEntries + report.Objects;
            }
            catch (VektagrafException e) when (IsTemporary(e))
            {
                // The next run takes up where this one ended.
            }
        }
    }

    public Task WaitAsync(TimeSpan time) => Task.Delay(time, _simulator.Time);

    /// <summary>Adds one to the shared counter, by reading it and saving it on condition that nobody else did.</summary>
    public async Task CountAsync(Random random, string key)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await TryCountAsync(random, $"{key}-{attempt}"))
            {
                _counted++;
                return;
            }
        }
    }

    private async Task<bool> TryCountAsync(Random random, string key)
    {
        ObjectDraft? draft = null;
        Precondition condition = default;
        while (true)
        {
            try
            {
                var collection = await AtRandomNodeAsync(random);
                if (draft is null)
                {
                    var read = await collection.GetAsync(Counter, withVectors: false, ReadConsistency.Strong, CancellationToken.None);
                    var next = NumberOf(read) + 1;
                    draft = new ObjectDraft { Id = Counter, Properties = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{next}}}""")) };
                    condition = new Precondition(PreconditionKind.Version, read.ETag);
                }

                await collection.SaveAsync(draft, new WriteOptions(condition, key), CancellationToken.None);
                return true;
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.PreconditionFailed)
            {
                return false;
            }
            catch (VektagrafException e) when (IsTemporary(e))
            {
                // The same request under the same key until there is an answer.
                await WaitAsync(TimeSpan.FromMilliseconds(random.Next(1_000)));
            }
        }
    }

    public static bool IsTemporary(VektagrafException e) => e.Kind is ErrorKind.Unavailable or ErrorKind.Busy or ErrorKind.OutcomeUnknown;

    private static int NumberOf(StoredObject counter)
    {
        using var json = JsonDocument.Parse(counter.Properties);
        return json.RootElement.GetProperty("n").GetInt32();
    }

    private async Task CheckAsync(List<ModelClient> clients, List<TransferClient> transfers)
    {
        _nodes[0] = NewNode();
        List<string> exports = [];
        foreach (var node in _nodes)
        {
            var collection = await node.GetCollectionAsync(CollectionName, CancellationToken.None);
            foreach (var client in clients)
            {
                await client.CheckAllAsync(collection);
            }

            var counter = await collection.GetAsync(Counter, withVectors: false, ReadConsistency.Strong, CancellationToken.None);
            Assert.Equal(_counted, NumberOf(counter));
            await TransferClient.CheckAsync(collection, transfers);
            var export = await collection.ExportAsync(asOf: null, CancellationToken.None);
            exports.Add(string.Join('\n', export.OrderBy(o => o.Id, StringComparer.Ordinal).Select(o => $"{o.Id} {o.ETag} {Encoding.UTF8.GetString(o.Properties.Span)}")));
        }

        Assert.All(exports, e => Assert.Equal(exports[0], e));
        await CheckWalAsync();
    }

    /// <summary>No request is in the log twice. Slots that collection passed do not count: late PUTs may fill them again, unread.</summary>
    private async Task CheckWalAsync()
    {
        var transactions = new HashSet<(string, UInt128, bool)>();
        var keys = new HashSet<(string, UInt128)>();
        var listed = (await _memory.ListAsync("c/", pageSize: ListPage.MaxSize)).Entries;
        foreach (var head in listed.Where(e => e.Key.EndsWith("/head", StringComparison.Ordinal)))
        {
            var floor = ShardHead.Decode((await _memory.GetAsync(head.Key)).Content.Span, head.Key).Floor;
            var prefix = head.Key[..^4] + "wal/";
            foreach (var entryKey in listed.Select(e => e.Key).Where(k => k.StartsWith(prefix, StringComparison.Ordinal)))
            {
                var sequence = ulong.Parse(entryKey[prefix.Length..], CultureInfo.InvariantCulture);
                var entry = WalEntryCodec.Decode((await _memory.GetAsync(entryKey)).Content, sequence, entryKey);
                var read = sequence > floor ? entry.Transactions : [];
                // Prepared, and committed or aborted later: twice in each shard's log.
                Assert.All(read, t => Assert.True(transactions.Add((head.Key, t.Id, t.Outcome == TransactionOutcome.Prepared))));
                Assert.All(read.Where(t => t.Outcome is TransactionOutcome.Committed or TransactionOutcome.PreconditionFailed), t =>
                    Assert.True(t.IdempotencyHash == UInt128.Zero || keys.Add((head.Key, t.IdempotencyHash))));
            }
        }
    }

    private VektagrafDatabase NewNode(bool maySleep = true)
    {
        var number = _stores.Count;
        var store = new FaultInjectingObjectStore(_memory, _simulator.Time, (_seed * 1_000) + number, maySleep ? Sleepy(_plan) : _plan);
        _stores.Add(store);
        if (maySleep)
        {
            _sleepers.Add(store);
        }

        return new VektagrafDatabase(store, new VektagrafOptions
        {
            Time = _simulator.Time,
            Entropy = EntropySource.Seeded((_seed * 1_000) + number),
            Log = new ShardLogOptions { CollectionGrace = Grace, CommitDeadline = TimeSpan.FromSeconds(2), Linger = TimeSpan.FromMilliseconds(_random.Next(2)) },
        });
    }

    private void SetPlan(FaultPlan plan)
    {
        _plan = plan;
        _stores.ForEach(s => s.Plan = plan);
        _sleepers.ForEach(s => s.Plan = Sleepy(plan));
    }

    // Frozen between any two steps for longer than the grace: what wakes up must notice what passed meanwhile. Not under a plan
    // without faults, when the run is being checked.
    private FaultPlan Sleepy(FaultPlan plan) =>
        plan.LostReplies > 0 && _seed % 2 == 0 ? plan with { Stalls = 0.02, MaxStall = Grace * 4 } : plan;
}
