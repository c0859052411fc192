using Vektagraf.Collections;

namespace Vektagraf.Simulation;

/// <summary>A process with a database of its own over the common store.</summary>
internal sealed class SimulatedNode(FaultInjectingObjectStore store, VektagrafDatabase database, bool maySleep)
{
    public FaultInjectingObjectStore Store { get; } = store;

    public VektagrafDatabase Database { get; } = database;

    /// <summary>Whether the process may be frozen for longer than the grace. Not those that fold: their runs are killed before.</summary>
    public bool MaySleep { get; } = maySleep;

    public bool IsDead => Store.Died.IsCompleted;

    /// <summary>Calls the node over a connection that breaks when it dies: the caller does not learn then what became of the call.</summary>
    public async Task<T> CallAsync<T>(Func<Collection, Task<T>> call)
    {
        var operation = RunAsync(call);
        if (await Task.WhenAny(operation, Store.Died) == operation)
        {
            return await operation;
        }

        // Whatever the dead process still does in the simulation, nobody hears of it.
        _ = operation.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Current);
        throw new VektagrafException(ErrorKind.OutcomeUnknown, "connection-lost", "The node died.");
    }

    private async Task<T> RunAsync<T>(Func<Collection, Task<T>> call)
    {
        try
        {
            return await call(await Database.GetCollectionAsync(Schedule.CollectionName, CancellationToken.None));
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.Corrupt)
        {
            throw new ProtocolViolationException(EnginePromise.NoLiveObjectCollected, "to find whole what the head refers to", $"'{e.Slug}': {e.Message}");
        }
    }
}
