using System.Globalization;
using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Collections;

/// <summary>
/// Moves amounts between accounts that lie in all shards. Whatever fails meanwhile, the sum of all accounts is the same at every
/// moment at every node, and at the end each account holds what the transfers that were acknowledged make of it.
/// </summary>
internal sealed class TransferClient(ModelRun run, string name, int seed)
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

            await run.WaitAsync(TimeSpan.FromMilliseconds(_random.Next(_random.Next(4) == 0 ? 15_000 : 200)));
        }
    }

    /// <summary>Checks the accounts against what all clients moved.</summary>
    public static async Task CheckAsync(Collection collection, IReadOnlyList<TransferClient> clients)
    {
        var accounts = await ReadAsync(collection, ReadConsistency.Strong);
        for (var i = 0; i < Accounts; i++)
        {
            Assert.Equal(Start + clients.Sum(c => c._balance[i]), BalanceOf(accounts[i]));
        }
    }

    private async Task SumAsync()
    {
        try
        {
            var collection = await run.AtRandomNodeAsync(_random);
            var consistency = _random.Next(3) == 0 ? ReadConsistency.Eventual : ReadConsistency.Strong;
            var accounts = await ReadAsync(collection, consistency);
            Assert.Equal(Accounts * Start, accounts.Sum(BalanceOf));
        }
        catch (VektagrafException e) when (ModelRun.IsTemporary(e))
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
                var collection = await run.AtRandomNodeAsync(_random);
                if (operations is null)
                {
                    var accounts = await ReadAsync(collection, ReadConsistency.Strong);
                    operations = [Move(accounts[from], from, -amount), Move(accounts[to], to, amount)];
                }

                await collection.TransactAsync(operations, key, CancellationToken.None);
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
            catch (VektagrafException e) when (ModelRun.IsTemporary(e))
            {
                // The same request under the same key until there is an answer.
                await run.WaitAsync(TimeSpan.FromMilliseconds(_random.Next(1_000)));
            }
        }
    }

    private static TransactionOperation Move(StoredObject account, int number, int amount) =>
        TransactionOperation.Save(Account(number, BalanceOf(account) + amount), new Precondition(PreconditionKind.Version, account.ETag));

    private static async Task<IReadOnlyList<StoredObject>> ReadAsync(Collection collection, ReadConsistency consistency)
    {
        var read = await collection.BatchGetAsync([.. Enumerable.Range(0, Accounts).Select(IdOf)], withVectors: false, consistency, CancellationToken.None);
        Assert.DoesNotContain(null, read);
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
