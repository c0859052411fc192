using System.Globalization;
using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Simulation;

/// <summary>An object in which all clients count, each by reading it and saving it on condition that nobody else did: none may be lost,
/// none counted twice.</summary>
internal sealed class SharedCounter(Schedule schedule)
{
    public const string Id = "counter";

    /// <summary>What the counter must hold, once nobody is counting.</summary>
    public int Counted { get; private set; }

    public static ReadOnlySpan<byte> Initial => """{"id":"counter","properties":{"n":0}}"""u8;

    /// <summary>Adds one.</summary>
    public async Task CountAsync(Random random, string key)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await TryCountAsync(random, $"{key}-{attempt}"))
            {
                Counted++;
                return;
            }
        }
    }

    public static int NumberOf(StoredObject counter)
    {
        using var json = JsonDocument.Parse(counter.Properties);
        return json.RootElement.GetProperty("n").GetInt32();
    }

    private async Task<bool> TryCountAsync(Random random, string key)
    {
        ObjectDraft? draft = null;
        Precondition condition = default;
        while (true)
        {
            try
            {
                var node = schedule.NextNode(random);
                if (draft is null)
                {
                    var read = await node.CallAsync(c => c.GetAsync(Id, withVectors: false, ReadConsistency.Strong, CancellationToken.None));
                    draft = new ObjectDraft { Id = Id, Properties = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{NumberOf(read) + 1}}}""")) };
                    condition = new Precondition(PreconditionKind.Version, read.ETag);
                }

                await node.CallAsync(c => c.SaveAsync(draft, new WriteOptions(condition, key), CancellationToken.None));
                return true;
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.PreconditionFailed)
            {
                return false;
            }
            catch (VektagrafException e) when (Schedule.IsTemporary(e))
            {
                // The same request under the same key until there is an answer.
                await schedule.WaitAsync(random.NextDouble() * schedule.Scenario.MaxRetryPause);
            }
        }
    }
}
