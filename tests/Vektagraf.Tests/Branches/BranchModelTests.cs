using System.Globalization;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using static Vektagraf.Tests.Branches.BranchWorld;

namespace Vektagraf.Tests.Branches;

/// <summary>Random lives of collections, snapshots and branches at several nodes, some of which sleep for days, against dictionaries.</summary>
public class BranchModelTests
{
    private const int Runs = 60;
    private const int Steps = 70;

    [Fact]
    public async Task Collections_WhateverHappensInWhateverOrder_HoldWhatTheModelSays()
    {
        var reached = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var seed = 0; seed < Runs; seed++)
        {
            try
            {
                await new Run(seed, reached).RunAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: {e.Message}", e);
            }
        }

        // What is not reached is not tested.
        Assert.All(
            ["folds", "merges", "removed", "snapshots", "branches", "branches as of", "branches of branches", "freed branches", "drops", "refused drops", "pinned reads"],
            what => Assert.True(reached.GetValueOrDefault(what) > 5, $"{what}: {reached.GetValueOrDefault(what)}"));
    }

    private sealed class Run(int seed, Dictionary<string, int> reached)
    {
        private static readonly CompactionOptions Eager = new() { FoldEntries = 2, TierWidth = 2, SmallestTierRows = 2 };

        private readonly Random _random = new(seed);
        private readonly Dictionary<string, SortedDictionary<string, int>> _collections = new(StringComparer.Ordinal) { [Name] = [] };
        private readonly Dictionary<string, string?> _parents = new(StringComparer.Ordinal) { [Name] = null };
        private readonly List<(string Collection, SnapshotInfo Snapshot, SortedDictionary<string, int> State)> _snapshots = [];
        private int _names;

        public async Task RunAsync()
        {
            await using var world = await CreateAsync();
            VektagrafDatabase[] nodes = [world.Node, world.Open(), world.Open()];
            for (var step = 0; step < Steps; step++)
            {
                // The last node is asked rarely: much can pass between two of its requests.
                await StepAsync(world, nodes[_random.Next(10) == 0 ? 2 : _random.Next(2)]);
            }

            await using var fresh = world.Open();
            await CheckAsync(world, fresh, _collections.Keys);
            while (_collections.Count > 0)
            {
                var leaf = _collections.Keys.First(c => !_parents.ContainsValue(c));
                await fresh.DropCollectionAsync(leaf, Cancel);
                _collections.Remove(leaf);
                _parents.Remove(leaf);
            }

            Assert.Empty(await world.KeysAsync("c/"));
            await nodes[1].DisposeAsync();
            await nodes[2].DisposeAsync();
        }

        private async Task StepAsync(BranchWorld world, VektagrafDatabase node)
        {
            var name = _collections.Keys.ElementAt(_random.Next(_collections.Count));
            switch (_random.Next(20))
            {
                case < 8:
                    await WriteAsync(await node.GetCollectionAsync(name, Cancel), _collections[name]);
                    break;
                case < 12:
                    var report = await (await node.GetCollectionAsync(name, Cancel)).MaintainAsync(Eager, Cancel);
                    Count("folds", report.Folds);
                    Count("merges", report.Merges);
                    Count("removed", (int)(report.WalEntries + report.Objects));
                    break;
                case < 14:
                    world.Time.Advance(TimeSpan.FromHours(_random.Next(60)));
                    _snapshots.RemoveAll(s => s.Snapshot.ExpiresAt <= world.Time.GetUtcNow());
                    break;
                case 14:
                    var snapshot = await (await node.GetCollectionAsync(name, Cancel)).CreateSnapshotAsync(name: null, world.Time.GetUtcNow().AddHours(_random.Next(1, 500)), Cancel);
                    _snapshots.Add((name, snapshot, new(_collections[name])));
                    Count("snapshots");
                    break;
                case 15:
                    await DropSnapshotAsync(node);
                    break;
                case 16 when _collections.Count < 5:
                    await BranchAsync(node, name);
                    break;
                case 17:
                    await DropAsync(world, node, name);
                    break;
                default:
                    await CheckAsync(world, node, [name]);
                    break;
            }
        }

        private async Task WriteAsync(Collection collection, SortedDictionary<string, int> model)
        {
            for (var i = _random.Next(5); i >= 0; i--)
            {
                var (id, n) = ($"o{_random.Next(9)}", _random.Next(1_000));
                if (_random.Next(4) == 0 && model.Remove(id))
                {
                    await collection.DeleteAsync(id, default, Cancel);
                    continue;
                }

                var json = string.Create(CultureInfo.InvariantCulture, $$$"""{"id":"{{{id}}}","properties":{"n":{{{n}}}},"vectors":{"v":[1,{{{n}}}]}}""");
                await collection.SaveAsync(ObjectJson.Read(System.Text.Encoding.UTF8.GetBytes(json), collection.Definition), default, Cancel);
                model[id] = n;
            }
        }

        private async Task DropSnapshotAsync(VektagrafDatabase node)
        {
            if (_snapshots.Count > 0)
            {
                var dropped = _snapshots[_random.Next(_snapshots.Count)];
                await (await node.GetCollectionAsync(dropped.Collection, Cancel)).DropSnapshotAsync(dropped.Snapshot.Name, Cancel);
                _snapshots.Remove(dropped);
            }
        }

        private async Task BranchAsync(VektagrafDatabase node, string parent)
        {
            var branch = $"b{_names++}";
            var pinned = _snapshots.Where(s => s.Collection == parent).ToList();
            var snapshot = pinned.Count > 0 && _random.Next(2) == 0 ? pinned[_random.Next(pinned.Count)] : default;
            await node.CreateBranchAsync(parent, branch, snapshot.Snapshot?.Session, Cancel);
            _collections[branch] = new(snapshot.State ?? _collections[parent]);
            _parents[branch] = parent;
            Count("branches");
            Count("branches as of", snapshot.State is null ? 0 : 1);
            Count("branches of branches", _parents[parent] is null ? 0 : 1);
        }

        private async Task DropAsync(BranchWorld world, VektagrafDatabase node, string name)
        {
            if (name == Name)
            {
                return;
            }

            // A branch that refers to nothing of its parent any more does not hold it.
            var free = new HashSet<string>(StringComparer.Ordinal);
            foreach (var branch in _parents.Keys.Where(b => _parents[b] == name))
            {
                if ((await world.HeadAsync(branch)).Lineage is null && (await world.HeadAsync(branch, shard: 1)).Lineage is null)
                {
                    free.Add(branch);
                }
            }

            try
            {
                await node.DropCollectionAsync(name, Cancel);
                Assert.DoesNotContain(_parents.Keys, b => _parents[b] == name && !free.Contains(b));
                Count("drops");
                _collections.Remove(name);
                _parents.Remove(name);
                _snapshots.RemoveAll(s => s.Collection == name);
            }
            catch (VektagrafException e) when (e.Slug == "has-branches")
            {
                Assert.Contains(_parents.Values, p => p == name);
                Count("refused drops");
            }
        }

        private async Task CheckAsync(BranchWorld world, VektagrafDatabase node, IEnumerable<string> names)
        {
            foreach (var name in names)
            {
                var collection = await node.GetCollectionAsync(name, Cancel);
                Assert.Equal(Text(_collections[name]), Text(await collection.ExportAsync(asOf: null, Cancel)));
                Count("freed branches", _parents[name] is not null && (await world.HeadAsync(name)).Lineage is null ? 1 : 0);
                var snapshots = _snapshots.Where(s => s.Collection == name).ToList();
                Assert.Equal(snapshots.Select(s => s.Snapshot), await collection.ListSnapshotsAsync(Cancel));
                await using var fresh = world.Open();
                foreach (var (_, snapshot, state) in snapshots)
                {
                    Assert.Equal(Text(state), Text(await collection.ExportAsync(snapshot.Session, Cancel)));
                    Assert.Equal(Text(state), Text(await (await fresh.GetCollectionAsync(name, Cancel)).ExportAsync(snapshot.Session, Cancel)));
                    Count("pinned reads");
                }
            }
        }

        private void Count(string what, int times = 1) => reached[what] = reached.GetValueOrDefault(what) + times;

        private static string Text(SortedDictionary<string, int> state) => string.Join(' ', state.Select(o => $"{o.Key}:{o.Value}"));

        private static string Text(IEnumerable<StoredObject> objects) => string.Join(' ', objects.OrderBy(o => o.Id, StringComparer.Ordinal).Select(o =>
        {
            using var json = JsonDocument.Parse(o.Properties);
            var n = json.RootElement.GetProperty("n").GetInt32();
            Assert.Equal([1f, n], Assert.Single(o.Vectors!).Values.ToArray());
            return $"{o.Id}:{n}";
        }));
    }
}
