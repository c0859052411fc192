using System.Globalization;
using System.Text;
using Vektagraf.Storage;
using Xunit;

namespace Vektagraf.TestKit.Storage;

/// <summary>What a store that processes share promises between them. The test project references Vektagraf.TestKit.Process.</summary>
public abstract class ObjectStoreProcessContract : IAsyncLifetime
{
    private const int Processes = 4;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>How the child process opens the store of this test.</summary>
    protected abstract IEnumerable<string> StoreArguments { get; }

    /// <summary>Slots that the processes race for.</summary>
    protected virtual int Slots => 150;

    /// <summary>Increments of each process.</summary>
    protected virtual int Increments => 40;

    public virtual ValueTask InitializeAsync() => default;

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    /// <summary>Promise: a slot of the log goes to exactly one of the processes that put it, and holds what that one put.</summary>
    [Fact]
    public async Task PutAsync_WhenProcessesCreateTheSameSlots_EachSlotIsWonOnce()
    {
        IObjectStore store = OpenStore();
        IReadOnlyList<string>[] outputs = await RunAllAsync(
            i => ["race", "wal/", Slots.ToString(CultureInfo.InvariantCulture), $"process {i}"]);

        var winners = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < Processes; i++)
        {
            foreach (string line in outputs[i])
            {
                Assert.True(winners.TryAdd(line["won ".Length..], $"process {i}"), $"'{line}' twice");
            }
        }

        Assert.Equal(Slots, winners.Count);
        foreach ((string key, string winner) in winners)
        {
            GetResult result = await store.GetAsync(key, cancellationToken: Cancel);
            Assert.Equal(winner, Encoding.UTF8.GetString(result.Content.Span));
        }
    }

    /// <summary>Promise: a compare-and-swap that was acknowledged is never overwritten unseen by another process.</summary>
    [Fact]
    public async Task PutAsync_WhenProcessesIncrementByCompareAndSwap_LosesNoIncrement()
    {
        IObjectStore store = OpenStore();
        await store.PutAsync("counter", "0"u8.ToArray(), PutCondition.Absent, Cancel);
        IReadOnlyList<string>[] outputs = await RunAllAsync(
            _ => ["count", "counter", Increments.ToString(CultureInfo.InvariantCulture)]);

        int total = Processes * Increments;
        Assert.Equal(total, outputs.SelectMany(lines => lines).Distinct(StringComparer.Ordinal).Count());
        GetResult result = await store.GetAsync("counter", cancellationToken: Cancel);
        Assert.Equal(total.ToString(CultureInfo.InvariantCulture), Encoding.UTF8.GetString(result.Content.Span));
    }

    protected abstract IObjectStore OpenStore();

    protected Task<ChildProcess> StartAsync(params IEnumerable<string> workload) =>
        ChildProcess.StartAsync(Cancel, [.. StoreArguments, .. workload]);

    private async Task<IReadOnlyList<string>[]> RunAllAsync(Func<int, string[]> workload)
    {
        ChildProcess[] children = await Task.WhenAll(Enumerable.Range(0, Processes).Select(i => StartAsync(workload(i))));
        try
        {
            await Task.WhenAll(children.Select(c => c.GoAsync(Cancel)));
            return await Task.WhenAll(children.Select(c => c.ReadToSuccessAsync(Cancel)));
        }
        finally
        {
            Array.ForEach(children, c => c.Dispose());
        }
    }
}
