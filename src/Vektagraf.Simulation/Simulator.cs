using System.Diagnostics.CodeAnalysis;

namespace Vektagraf.Simulation;

/// <summary>
/// Runs asynchronous code on the calling thread, in an order drawn from a seed, under a clock that only moves when nothing else can
/// run: the same seed gives the same run, and waiting takes no time.
/// </summary>
/// <remarks>Holds as long as every continuation comes back here: no ConfigureAwait(false), no Task.Run, no cancellable tokens (their
/// registrations complete on the thread pool), no WhenAny or WhenAll over a TaskCompletionSource that runs its continuations asynchronously
/// (it completes them there, too).</remarks>
public sealed class Simulator : TaskScheduler
{
    private readonly Random _random;
    private readonly Lock _lock = new();
    private readonly List<Task> _ready = [];

    private Simulator(int seed) => _random = new Random(seed);

    /// <summary>The simulated clock.</summary>
    public SimulatedTime Time { get; } = new();

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Runs a simulation to its end; the exception of a failing one names the seed.</summary>
    public static void Run(int seed, Func<Simulator, Task> body)
    {
        try
        {
            new Simulator(seed).Run(body);
        }
        catch (Exception e)
        {
            throw new SimulationException(seed, e);
        }
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        lock (_lock)
        {
            _ready.Add(task);
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => [.. _ready];

    private void Run(Func<Simulator, Task> body)
    {
        // A context would take the continuations away from the scheduler.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var main = Task.Factory.StartNew(() => body(this), CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();
            while (!main.IsCompleted)
            {
                if (TryTake(out var task))
                {
                    TryExecuteTask(task);
                }
                else if (!Time.FireNext())
                {
                    throw new InvalidOperationException("Nothing can run and no timer is set: the simulation waits for itself.");
                }
            }

            main.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private bool TryTake([NotNullWhen(true)] out Task? task)
    {
        lock (_lock)
        {
            if (_ready.Count == 0)
            {
                task = null;
                return false;
            }

            var index = _random.Next(_ready.Count);
            task = _ready[index];
            _ready[index] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            return true;
        }
    }
}

/// <summary>A simulation failed.</summary>
public sealed class SimulationException(int seed, Exception inner)
    : Exception($"Seed {seed}: {inner.Message}", inner)
{
    /// <summary>The seed that fails.</summary>
    public int Seed { get; } = seed;
}
