using Vektagraf.Compaction;
using Vektagraf.Storage.Log;

namespace Vektagraf.Simulation;

/// <summary>What a schedule simulates: how many of whom, how often what fails, and how long things take.</summary>
internal sealed record Scenario
{
    /// <summary>The rules in force.</summary>
    public ProtocolRules Rules { get; init; } = ProtocolRules.All;

    public int Shards { get; init; } = 1;

    public int Nodes { get; init; } = 3;

    public int Clients { get; init; } = 4;

    /// <summary>Clients that move amounts between accounts, in transactions over all shards.</summary>
    public int Transfers { get; init; } = 2;

    /// <summary>How long a transaction over several shards may stay undecided.</summary>
    public TimeSpan TransactionTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What each client does one after the other.</summary>
    public int Steps { get; init; } = 14;

    /// <summary>Processes that fold, merge and collect.</summary>
    public int Keepers { get; init; } = 2;

    /// <summary>Longer than any request is under way, as the protocol asks, and no longer: entries vanish under sleeping nodes within a run.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan Retention { get; init; } = TimeSpan.FromSeconds(1);

    public FaultPlan Faults { get; init; } = new();

    /// <summary>Share of processes that die; the others live to the end.</summary>
    public double Deaths { get; init; }

    /// <summary>Share of calls before which the node asked is replaced by a new one, while the old one lives on.</summary>
    public double Replacements { get; init; } = 1 / 40.0;

    /// <summary>Share of calls that go to the node that is hardly ever asked, so that much can pass between two of its requests.</summary>
    public double RareCalls { get; init; } = 1 / 20.0;

    /// <summary>Longest pause of a keeper.</summary>
    public TimeSpan MaxKeeperPause { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Longest pause of a client before it sends a request again.</summary>
    public TimeSpan MaxRetryPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Share of the pauses between two steps of a client that are long.</summary>
    public double LongPauses { get; init; } = 0.25;

    public TimeSpan MaxLongPause { get; init; } = TimeSpan.FromSeconds(15);

    public CompactionOptions Compaction => new() { FoldEntries = 2, TierWidth = 2, SmallestTierRows = 2, Retention = Retention };

    /// <summary>The scenario of a seed: seeds differ in shards, delays, retention, and whether processes freeze or die.</summary>
    public static Scenario ForSeed(int seed) => new()
    {
        Shards = 1 + (seed % 2),
        Retention = TimeSpan.FromSeconds(seed % 4 < 2 ? 1 : 40),
        Deaths = seed % 5 == 0 ? 0 : 0.4,
        Faults = new FaultPlan
        {
            LostRequests = 0.03,
            Throttles = 0.02,
            LostReplies = 0.04,
            Duplicates = 0.04,
            DelayedPuts = 0.04,
            Refusals = 0.03,
            Outages = 0.01,
            MaxOutage = TimeSpan.FromSeconds(6),
            MaxLatency = TimeSpan.FromMilliseconds(20),
            MaxPutDelay = TimeSpan.FromSeconds(seed % 3 == 0 ? 0.1 : 12),
            Stalls = seed % 2 == 0 ? 0.02 : 0,
            CollectionStalls = 0.02,
            MaxStall = TimeSpan.FromSeconds(60),
        },
    };

    /// <summary>The scenario that shows soonest what the lack of a rule leads to. All rules are in force in it.</summary>
    public static Scenario Around(ProtocolRule rule, int seed)
    {
        var scenario = ForSeed(seed) with { Retention = TimeSpan.FromSeconds(1) };
        var sleepy = scenario.Faults with { Stalls = 0.06, MaxPutDelay = TimeSpan.FromSeconds(0.1) };
        return rule switch
        {
            // Whoever wakes after a collection, in the middle of a probe...
            ProtocolRule.ProbeBeforeHead => scenario with { Faults = sleepy, RareCalls = 0.3, Clients = 6, MaxKeeperPause = TimeSpan.FromSeconds(1) },

            // ... or of a commit, while others go on at new nodes.
            ProtocolRule.FloorCheck => scenario with { Faults = sleepy, Replacements = 0.15, Clients = 6, MaxKeeperPause = TimeSpan.FromSeconds(1) },

            // A collector that hesitates between its deletes and the swap of the head, and somebody who reads meanwhile.
            ProtocolRule.FloorBeforeDelete => scenario with { Faults = sleepy with { CollectionStalls = 0.15 }, RareCalls = 0.2 },

            // Two folds at once, and swaps that arrive late or twice.
            ProtocolRule.CompareAndSwap => scenario with
            {
                Keepers = 4,
                MaxKeeperPause = TimeSpan.FromSeconds(1),
                Faults = scenario.Faults with { Duplicates = 0.1, DelayedPuts = 0.1, MaxPutDelay = TimeSpan.FromSeconds(12) },
            },

            // Between two of a writer's requests, not half a grace apart, somebody folds, and collects at once.
            ProtocolRule.CandidateGrace => scenario with
            {
                Retention = TimeSpan.FromMilliseconds(100),
                MaxKeeperPause = TimeSpan.FromSeconds(0.5),
                MaxLongPause = TimeSpan.FromSeconds(5),
                Faults = sleepy with { MaxStall = TimeSpan.FromSeconds(7) },
            },

            // Many transactions that get stuck halfway: coordinators freeze and die, others end what they left. Few reads fail: these nodes
            // retry none, as hosts do, so that a log that grows by all those ends could not be replayed any more.
            ProtocolRule.PrepareResolution => scenario with
            {
                Shards = 2,
                Transfers = 4,
                TransactionTimeout = TimeSpan.FromSeconds(1),
                Faults = sleepy with { MaxStall = TimeSpan.FromSeconds(20), LostRequests = 0.005, Throttles = 0, Outages = 0.001 },
            },
            ProtocolRule.PrepareLocks or ProtocolRule.WholeTransactions => scenario with { Shards = 2, Transfers = 4, MaxLongPause = TimeSpan.FromSeconds(1) },

            // ... while others fold, and start from what was folded.
            ProtocolRule.FoldBeforePrepared => scenario with
            {
                Shards = 2,
                Transfers = 6,
                Clients = 1,
                Deaths = 0.1,
                Keepers = 3,
                MaxKeeperPause = TimeSpan.FromSeconds(0.5),
                MaxLongPause = TimeSpan.FromSeconds(1),
                Replacements = 0.5,
                TransactionTimeout = TimeSpan.FromSeconds(30),
                Faults = sleepy with { Stalls = 0.08, MaxStall = TimeSpan.FromSeconds(8), LostRequests = 0.01, Refusals = 0.01 },
            },
            _ => scenario,
        };
    }
}
