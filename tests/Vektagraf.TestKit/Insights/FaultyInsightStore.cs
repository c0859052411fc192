using Vektagraf.Insights;
using Vektagraf.Storage;

namespace Vektagraf.TestKit.Insights;

/// <summary>How an insight store fails.</summary>
public enum InsightFault
{
    None,

    /// <summary>Nothing happens, and it says so.</summary>
    Fails,

    /// <summary>What was asked happens, and it says that it failed.</summary>
    LosesAnswers,

    /// <summary>Nothing happens, and it does not say anything until it recovers; cancellation does not help.</summary>
    Hangs,
}

/// <summary>An insight store that fails when told to.</summary>
public sealed class FaultyInsightStore(IInsightStore inner) : IInsightStore
{
    private TaskCompletionSource _recovery = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InsightFault Fault { get; set; }

    public int Calls { get; set; }

    /// <summary>Ends the fault; calls that hang go on.</summary>
    public void Recover()
    {
        Fault = InsightFault.None;
        var hanging = _recovery;
        _recovery = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        hanging.TrySetResult();
    }

    public Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken) =>
        DoAsync(isWrite: false, () => inner.GetAsync(partition, id, cancellationToken));

    public Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken) =>
        DoAsync(isWrite: true, () => inner.PutAsync(document, condition, cancellationToken));

    public Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken) =>
        DoAsync(isWrite: false, () => inner.QueryAsync(partition, range, continuation, cancellationToken));

    public Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken) =>
        DoAsync(isWrite: true, () => inner.DeleteAsync(partition, id, etag, cancellationToken));

    private async Task<T> DoAsync<T>(bool isWrite, Func<Task<T>> call)
    {
        Calls++;
        switch (Fault)
        {
            case InsightFault.Fails:
                throw new InsightStoreException("It is down.");
            case InsightFault.LosesAnswers when isWrite:
                await call();
                throw new InsightStoreException("The answer was lost.");
            case InsightFault.Hangs:
                await _recovery.Task;
                return await call();
            default:
                return await call();
        }
    }
}
