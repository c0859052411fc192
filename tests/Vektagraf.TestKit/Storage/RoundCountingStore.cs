using System.Collections.Concurrent;
using Vektagraf.Storage;

namespace Vektagraf.TestKit.Storage;

/// <summary>
/// Counts sequential round trips: requests that are sent before any of them is answered are one round. Answers come only when the code under
/// test has nothing left to do but wait, which is known because all of it runs on the calling thread.
/// </summary>
/// <param name="inner">Where the requests go; it must answer by itself, without the code under test.</param>
public sealed class RoundCountingStore(IObjectStore inner) : IObjectStore
{
    private readonly List<TaskCompletionSource> _waiting = [];

    /// <summary>Rounds so far.</summary>
    public int Rounds { get; private set; }

    /// <summary>Most requests in one round.</summary>
    public int WidestRound { get; private set; }

    /// <summary>Runs asynchronous code on the calling thread to its end.</summary>
    /// <param name="body">The code; it must wait for nothing but this store.</param>
    /// <returns>What it returns.</returns>
    public T Run<T>(Func<Task<T>> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var before = SynchronizationContext.Current;
        var context = new SingleThread();
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            var main = body();
            while (!main.IsCompleted)
            {
                if (!context.TryRunOne() && !TryAnswer() && !main.IsCompleted && !context.TryWait())
                {
                    throw new InvalidOperationException("The code waits for something else than the store.");
                }
            }

            return main.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <inheritdoc/>
    public async Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
    {
        await NextRoundAsync();
        return await inner.GetAsync(key, range, ifNoneMatch, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
    {
        await NextRoundAsync();
        return await inner.PutAsync(key, content, condition, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default)
    {
        await NextRoundAsync();
        return await inner.ListAsync(prefix, continuation, pageSize, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        await NextRoundAsync();
        return await inner.DeleteAsync(key, cancellationToken);
    }

    private Task NextRoundAsync()
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(answered);
        return answered.Task;
    }

    private bool TryAnswer()
    {
        if (_waiting.Count == 0)
        {
            return false;
        }

        Rounds++;
        WidestRound = Math.Max(WidestRound, _waiting.Count);
        var round = _waiting.ToList();
        _waiting.Clear();
        round.ForEach(answered => answered.SetResult());
        return true;
    }

    private sealed class SingleThread : SynchronizationContext
    {
        // The runtime ends cancellations elsewhere: that takes no request, and no longer than this unless something hangs.
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _ready = [];

        public override void Post(SendOrPostCallback d, object? state) => _ready.Add((d, state));

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody sends to the thread that runs everything.");

        public bool TryRunOne() => TryRunOne(TimeSpan.Zero);

        public bool TryWait() => TryRunOne(Patience);

        private bool TryRunOne(TimeSpan patience)
        {
            if (!_ready.TryTake(out var next, patience))
            {
                return false;
            }

            next.Callback(next.State);
            return true;
        }
    }
}
