using Vektagraf.Collections;
using Vektagraf.Storage;

namespace Vektagraf.Simulation;

/// <summary>
/// One schedule: clients at several nodes of the real engine over one store that fails, while others fold, merge and collect. Each
/// client alone writes its objects, so that it knows what they may hold; all of them count in one shared object.
/// </summary>
internal sealed partial class Schedule
{
    public const string CollectionName = "things";

    // No schedule waits that long for anything: one that does goes round in circles.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(6);

    private readonly Simulator _simulator;
    private readonly int _seed;
    private readonly Random _random;
    private readonly MemoryObjectStore _memory;
    private readonly LiveObjectGuard _guard;
    private readonly List<SimulatedNode> _all = [];
    private readonly SimulatedNode[] _nodes;
    private readonly SimulatedNode[] _keepers;
    private readonly TaskCompletionSource _failed = new();
    private readonly SharedCounter _counter;
    private readonly SnapshotLedger _snapshots;
    private FaultPlan _plan = new();

    public Schedule(Simulator simulator, int seed, Scenario scenario)
    {
        _simulator = simulator;
        _seed = seed;
        Scenario = scenario;
        _random = new Random(seed);
        _memory = new MemoryObjectStore(simulator.Time);
        _guard = new LiveObjectGuard(_memory, e => _failed.TrySetException(e));
        _nodes = new SimulatedNode[scenario.Nodes];
        _keepers = new SimulatedNode[scenario.Keepers];
        _counter = new SharedCounter(this);

        // A manifest counts as replaced from when its successor was written; the swap may be that much later.
        _snapshots = new SnapshotLedger(simulator.Time, scenario.Retention - scenario.Faults.MaxPutDelay - TimeSpan.FromSeconds(2));
    }

    public Scenario Scenario { get; }

    public SharedCounter Counter => _counter;

    public SnapshotLedger Snapshots => _snapshots;

    /// <summary>What happened so far.</summary>
    public ScheduleCounts Counts { get; private set; } = new();

    /// <summary>Whether a failure means that the same request may be sent again.</summary>
    public static bool IsTemporary(VektagrafException e) => e.Kind is ErrorKind.Unavailable or ErrorKind.Busy or ErrorKind.OutcomeUnknown;

    public Task WaitAsync(TimeSpan time) => Task.Delay(time, _simulator.Time);

    /// <summary>A client's pause between two steps.</summary>
    public Task PauseAsync(Random random)
    {
        // Mostly at once; now and then so late that collection has passed.
        var pause = random.NextDouble() < Scenario.LongPauses ? Scenario.MaxLongPause : TimeSpan.FromMilliseconds(200);
        return WaitAsync(random.NextDouble() * pause);
    }

    /// <summary>Runs to the end, or to the first broken promise.</summary>
    public async Task RunAsync()
    {
        var running = RunToEndAsync();
        var ended = await Task.WhenAny(running, _failed.Task, WaitAsync(Longest));
        await (ended == running || ended == _failed.Task ? ended : throw new ProtocolViolationException(EnginePromise.Progress, "every client to come to its end", "some that never do"));
        await (_failed.Task.IsFaulted ? _failed.Task : Task.CompletedTask);
    }

    /// <summary>Takes note of a failure anywhere; the schedule ends with the first.</summary>
    private async Task WatchAsync(Task part)
    {
        try
        {
            await part;
        }
        catch (Exception e)
        {
            _failed.TrySetException(e);
            throw;
        }
    }

    private async Task RunToEndAsync()
    {
        await StartAsync();
        SetPlan(Scenario.Faults);
        var clients = Enumerable.Range(0, Scenario.Clients).Select(i => new ScheduleClient(this, $"c{i}", (_seed * Scenario.Clients) + i)).ToList();
        var transfers = Enumerable.Range(0, Scenario.Transfers).Select(i => new TransferClient(this, $"t{i}", (_seed * 131) + i)).ToList();
        var working = Task.WhenAll([.. clients.Select(c => WatchAsync(c.RunAsync(Scenario.Steps))), .. transfers.Select(t => WatchAsync(t.RunAsync(Scenario.Steps / 2)))]);
        var keepers = Enumerable.Range(0, Scenario.Keepers).Select(i => WatchAsync(MaintainAsync(i, new Random((_seed * 77) + i), working)));
        await Task.WhenAll([working, .. keepers]);

        SetPlan(new FaultPlan());
        await WaitAsync(TimeSpan.FromMinutes(5));
        await CheckAsync(clients, transfers);
        await CheckStorageAsync(clients, transfers);
        Counts = Counts with { Snapshots = _snapshots.Confirmed, Transfers = transfers.Sum(t => t.Committed) };
    }

    private async Task StartAsync()
    {
        for (var i = 0; i < _nodes.Length; i++)
        {
            _nodes[i] = NewNode(maySleep: true, mayDie: false);
        }

        for (var i = 0; i < _keepers.Length; i++)
        {
            _keepers[i] = NewNode(maySleep: false, mayDie: false);
        }

        var definition = new CollectionDefinition
        {
            Shards = Scenario.Shards,
            Vectors = new Dictionary<string, VectorFieldDefinition>(StringComparer.Ordinal) { ["v"] = new() { Dimensions = 2 } },
            Fields = new Dictionary<string, FieldDefinition>(StringComparer.Ordinal) { ["owner"] = new() { Type = FieldType.String } },
        };
        var (collection, _) = await _nodes[0].Database.PutCollectionAsync(CollectionName, definition, CancellationToken.None);
        await collection.SaveAsync(ObjectJson.Read(SharedCounter.Initial.ToArray(), definition), default, CancellationToken.None);
        await TransferClient.OpenAccountsAsync(collection);
    }
}

/// <summary>What happened in schedules: they are only worth their time if all of it does.</summary>
public sealed record ScheduleCounts
{
    /// <summary>Logs folded.</summary>
    public long Folds { get; init; }

    /// <summary>Merges of segments.</summary>
    public long Merges { get; init; }

    /// <summary>Log entries, manifests and segments collected.</summary>
    public long Removed { get; init; }

    /// <summary>Processes that died.</summary>
    public long Deaths { get; init; }

    /// <summary>Past states read again and found the same.</summary>
    public long Snapshots { get; init; }

    /// <summary>Reads that passed a session token and were answered.</summary>
    public long SessionReads { get; init; }

    /// <summary>Transactions over all accounts that were committed.</summary>
    public long Transfers { get; init; }

    /// <summary>Simulated time.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>Adds up.</summary>
    /// <param name="left">Some counts.</param>
    /// <param name="right">Some more.</param>
    /// <returns>The sums.</returns>
    public static ScheduleCounts operator +(ScheduleCounts left, ScheduleCounts right) => new()
    {
        Folds = left.Folds + right.Folds,
        Merges = left.Merges + right.Merges,
        Removed = left.Removed + right.Removed,
        Deaths = left.Deaths + right.Deaths,
        Snapshots = left.Snapshots + right.Snapshots,
        SessionReads = left.SessionReads + right.SessionReads,
        Transfers = left.Transfers + right.Transfers,
        Time = left.Time + right.Time,
    };
}
