using System.Globalization;
using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Simulation;

/// <summary>
/// Moves amounts between accounts that lie in all shards. Whatever fails meanwhile, the sum of all accounts is the same at every
/// moment at every node, and at the end each account holds what the transfers that were acknowledged make of it.
/// </summary>
internal sealed class TransferClient(Schedule schedule, string name, int seed)
{
    private const int Accounts = 4;
    private const int Start = 100;

    private readonly Random _random = new(seed);
    private readonly int[] _balance = new int[Accounts];

    public int Committed { get; private set; }

    public static async Task OpenAccountsAsync(Collection collection)
    {
        for (var i = 0; i < Accounts; i++)
        {
            await collection.SaveAsync(Account(i, Start), default, CancellationToken.None);
        }
    }

    public async Task RunAsync(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            if (_random.Next(3) == 0)
            {
                await SumAsync();
            }
            else
            {
                await TransferAsync($"{name}-{i}");
            }

            await schedule.PauseAsync(_random);
        }
    }

    /// <summary>Checks the accounts against what all clients moved.</summary>
    public static async Task CheckAsync(SimulatedNode node, IReadOnlyList<TransferClient> clients)
    {
        var accounts = await ReadAsync(node, ReadConsistency.Strong);
        var expected = Enumerable.Range(0, Accounts).Select(i => Start + clients.Sum(c => c._balance[i])).ToList();
        var found = accounts.Select(BalanceOf).ToList();
        ProtocolViolationException.ThrowIf(
            !found.SequenceEqual(expected), EnginePromise.WholeTransactions, $"the accounts to hold {string.Join(' ', expected)}", string.Join(' ', found));
    }

    private async Task SumAsync()
    {
        try
        {
            var consistency = _random.Next(3) == 0 ? ReadConsistency.Eventual : ReadConsistency.Strong;
            var accounts = await ReadAsync(schedule.NextNode(_random), consistency);
            var found = accounts.Select(BalanceOf).ToList();
            ProtocolViolationException.ThrowIf(
                found.Sum() != Accounts * Start,
                EnginePromise.WholeTransactions,
                string.Create(CultureInfo.InvariantCulture, $"a sum of {Accounts * Start} in a read of level {consistency.Level}"),
                string.Join(" + ", found));
        }
        catch (VektagrafException e) when (Schedule.IsTemporary(e))
        {
            // No answer is no wrong answer.
        }
    }

    private async Task TransferAsync(string key)
    {
        var from = _random.Next(Accounts);
        var to = (from + 1 + _random.Next(Accounts - 1)) % Accounts;
        var amount = 1 + _random.Next(9);
        List<TransactionOperation>? operations = null;
        while (true)
        {
            try
            {
                var node = schedule.NextNode(_random);
                if (operations is null)
                {
                    var accounts = await ReadAsync(node, ReadConsistency.Strong);
                    operations = [Move(accounts[from], from, -amount), Move(accounts[to], to, amount)];
                }

                var sent = operations;
                await node.CallAsync(c => c.TransactAsync(sent, key, CancellationToken.None));
                _balance[from] -= amount;
                _balance[to] += amount;
                Committed++;
                return;
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.Conflict)
            {
                // Another transfer was faster, and this one was answered for good: it never happens.
                return;
            }
            catch (VektagrafException e) when (Schedule.IsTemporary(e))
            {
                // The same request under the same key until there is an answer.
                await schedule.WaitAsync(_random.NextDouble() * schedule.Scenario.MaxRetryPause);
            }
        }
    }

    private static TransactionOperation Move(StoredObject account, int number, int amount) =>
        TransactionOperation.Save(Account(number, BalanceOf(account) + amount), new Precondition(PreconditionKind.Version, account.ETag));

    private static async Task<IReadOnlyList<StoredObject>> ReadAsync(SimulatedNode node, ReadConsistency consistency)
    {
        var ids = Enumerable.Range(0, Accounts).Select(IdOf).ToList();
        var read = await node.CallAsync(c => c.BatchGetAsync(ids, withVectors: false, consistency, CancellationToken.None));
        ProtocolViolationException.ThrowIf(read.Contains(null), EnginePromise.AcknowledgedWrites, "every account to exist", string.Join(' ', read.Select(o => o?.Id ?? "-")));
        return read!;
    }

    private static string IdOf(int number) => $"account-{number.ToString(CultureInfo.InvariantCulture)}";

    private static ObjectDraft Account(int number, int balance) => new()
    {
        Id = IdOf(number),
        Properties = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"balance":{{balance}}}""")),
    };

    private static int BalanceOf(StoredObject account)
    {
        using var json = JsonDocument.Parse(account.Properties);
        return json.RootElement.GetProperty("balance").GetInt32();
    }
}
