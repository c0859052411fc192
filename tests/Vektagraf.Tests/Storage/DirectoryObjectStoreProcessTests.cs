using System.Globalization;
using Vektagraf.Storage;
using Vektagraf.TestKit;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage;

public class DirectoryObjectStoreProcessTests : ObjectStoreProcessContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override IEnumerable<string> StoreArguments => ["directory", _directory.Path];

    public override ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>
    /// Promise: whatever a killed process had acknowledged is there and whole, no object is ever torn, and its locks are free.
    /// </summary>
    [Fact]
    public async Task EveryMethod_WhenWritersAreKilledAtAnyMoment_NothingAcknowledgedIsLostAndNothingIsTorn()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        IObjectStore store = OpenStore();
        var log = new List<string>();
        for (int round = 0; round < 3; round++)
        {
            ChildProcess[] children = await Task.WhenAll(
                Enumerable.Range(0, 3).Select(i => StartAsync("write", Name(round, i), random.Next().ToString(CultureInfo.InvariantCulture))));
            using var ended = new CancellationTokenSource();
            Task reading = ReadSharedAsync(store, ended.Token);
            foreach (IReadOnlyList<string> lines in await Task.WhenAll(children.Select(c => RunAndKillAsync(c, random.Next(60), random.Next(100_000)))))
            {
                log.AddRange(lines);
            }

            await ended.CancelAsync();
            await reading;
        }

        await AssertAcknowledgedAsync(store, log);
        await AssertEveryLockIsFreeAsync(store);
    }

    protected override IObjectStore OpenStore() => new DirectoryObjectStore(_directory.Path);

    private static string Name(int round, int child) => string.Create(CultureInfo.InvariantCulture, $"{round}-{child}");

    private static async Task<IReadOnlyList<string>> RunAndKillAsync(ChildProcess child, int linesBefore, int spins)
    {
        using (child)
        {
            await child.GoAsync(Cancel);
            var lines = new List<string>();
            while (lines.Count < linesBefore)
            {
                lines.Add(Assert.IsType<string>(await child.ReadLineAsync(Cancel)));
            }

            // The child is in the middle of something by now; a little more, so that it is not always the same.
            Thread.SpinWait(spins);
            lines.AddRange(await child.KillAsync(Cancel));
            return lines;
        }
    }

    private static Task ReadSharedAsync(IObjectStore store, CancellationToken ended) => Task.Run(
        async () =>
        {
            for (int i = 0; !ended.IsCancellationRequested; i++)
            {
                string key = string.Create(CultureInfo.InvariantCulture, $"shared/{i % 3}");
                if (await store.GetAsync(key, cancellationToken: Cancel) is { Found: true } result)
                {
                    SelfDescribingContent.Verify(result.Content.Span);
                }
            }
        },
        Cancel);

    private static async Task AssertAcknowledgedAsync(IObjectStore store, List<string> log)
    {
        var state = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string[] words in log.Select(line => line.Split(' ')))
        {
            state[words[1]] = words[0];
        }

        Assert.Contains("put", state.Values);
        Assert.Contains("deleted", state.Values);
        foreach ((string key, string last) in state)
        {
            bool found = (await store.GetAsync(key, cancellationToken: Cancel)).Found;
            Assert.True(last == "deleting" || found == (last == "put"), $"'{last} {key}', but found: {found}");
        }

        string? continuation = null;
        do
        {
            ListPage page = await store.ListAsync(string.Empty, continuation, 50, Cancel);
            foreach (ListEntry entry in page.Entries)
            {
                GetResult result = await store.GetAsync(entry.Key, cancellationToken: Cancel);
                Assert.Equal(entry.Length, result.TotalLength);
                SelfDescribingContent.Verify(result.Content.Span);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    private static async Task AssertEveryLockIsFreeAsync(IObjectStore store)
    {
        // A few hundred keys meet each of the 64 lock files.
        for (int i = 0; i < 400; i++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"after/{i}");
            Assert.True((await store.PutAsync(key, ReadOnlyMemory<byte>.Empty, PutCondition.Absent, Cancel)).Written);
        }
    }
}
