using Vektagraf.Storage.Log;

namespace Vektagraf.Simulation;

internal sealed partial class Schedule
{
    // A request is three steps: enough for some hundred requests, and few enough that most of those who are to die do.
    private const int MostStepsToLive = 400;

    /// <summary>The node for the next call, which may have been started just now.</summary>
    public SimulatedNode NextNode(Random random)
    {
        var node = random.NextDouble() < Scenario.RareCalls ? _nodes.Length - 1 : random.Next(_nodes.Length - 1);
        if (random.NextDouble() < Scenario.Replacements || _nodes[node].IsDead)
        {
            // Where the old one lives, it is not stopped: what it has in flight may still arrive.
            _nodes[node] = NewNode(maySleep: true, mayDie: true);
        }

        return _nodes[node];
    }

    /// <summary>A read that passed a session token was answered.</summary>
    public void CountSessionRead() => Counts = Counts with { SessionReads = Counts.SessionReads + 1 };

    /// <summary>Folds, merges and collects, as timers of many hosts would: in processes that are killed before the grace ends.</summary>
    private async Task MaintainAsync(int keeper, Random random, Task working)
    {
        while (!working.IsCompleted)
        {
            await WaitAsync(random.NextDouble() * Scenario.MaxKeeperPause);
            if (_keepers[keeper].IsDead || random.Next(10) == 0)
            {
                _keepers[keeper] = NewNode(maySleep: false, mayDie: true);
            }

            try
            {
                await MaintainAsync(_keepers[random.Next(_keepers.Length)]);
            }
            catch (VektagrafException e) when (IsTemporary(e))
            {
                // The next run takes up where this one ended.
            }
        }
    }

    private async Task MaintainAsync(SimulatedNode keeper)
    {
        var report = await keeper.CallAsync(c => c.MaintainAsync(Scenario.Compaction, CancellationToken.None));
        Counts = Counts with
        {
            Folds = Counts.Folds + report.Folds,
            Merges = Counts.Merges + report.Merges,
            Removed = Counts.Removed + report.WalEntries + report.Objects,
        };
    }

    private SimulatedNode NewNode(bool maySleep, bool mayDie)
    {
        var seed = (_seed * 1_000) + _all.Count;
        var store = new FaultInjectingObjectStore(_guard, _simulator.Time, seed, PlanOf(maySleep));
        if (mayDie && _random.NextDouble() < Scenario.Deaths)
        {
            store.DieAfter(1 + _random.Next(MostStepsToLive));
        }

        var database = new VektagrafDatabase(store, new VektagrafOptions
        {
            Time = _simulator.Time,
            Entropy = EntropySource.Seeded(seed),
            IndexesInBackground = false,
            Log = new ShardLogOptions
            {
                CollectionGrace = Scenario.Grace,
                CommitDeadline = TimeSpan.FromSeconds(2),
                TransactionTimeout = Scenario.TransactionTimeout,
                Linger = TimeSpan.FromMilliseconds(_random.Next(2)),
                Rules = Scenario.Rules,
            },
        });
        var node = new SimulatedNode(store, database, maySleep);
        _all.Add(node);
        return node;
    }

    private void SetPlan(FaultPlan plan)
    {
        _plan = plan;
        _all.ForEach(n => n.Store.Plan = PlanOf(n.MaySleep));
    }

    private FaultPlan PlanOf(bool maySleep) => maySleep ? _plan : _plan with { Stalls = 0 };
}
