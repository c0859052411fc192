namespace Vektagraf.Simulation;

/// <summary>What a store is asked to do.</summary>
public enum StoreOperation
{
    /// <summary>Read an object.</summary>
    Get,

    /// <summary>Write an object.</summary>
    Put,

    /// <summary>List objects.</summary>
    List,

    /// <summary>Delete an object.</summary>
    Delete,
}

/// <summary>What goes wrong with one request.</summary>
public enum StoreFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The request does not arrive; the caller sees a transient failure.</summary>
    LostRequest,

    /// <summary>The request is carried out; the caller sees a transient failure.</summary>
    LostReply,

    /// <summary>The caller of a put sees a transient failure; the put is carried out later.</summary>
    DelayedPut,

    /// <summary>The request is not carried out, and never will be; the caller sees a lasting failure.</summary>
    Refusal,

    /// <summary>The store has too much to do: it does not carry the request out and says so; the caller sees a transient failure.</summary>
    Throttled,

    /// <summary>A put or delete is carried out and answered, and arrives once more later: a put's condition is judged anew then.</summary>
    Duplicate,
}

/// <summary>How often what goes wrong, each 0 to 1, and how slow the store is. The default is a fast store without faults.</summary>
public sealed record FaultPlan
{
    /// <summary>Share of requests that get lost.</summary>
    public double LostRequests { get; init; }

    /// <summary>Share of requests that the store turns away for the moment.</summary>
    public double Throttles { get; init; }

    /// <summary>Share of puts and deletes whose reply gets lost.</summary>
    public double LostReplies { get; init; }

    /// <summary>Share of puts and deletes that arrive a second time.</summary>
    public double Duplicates { get; init; }

    /// <summary>Share of puts that arrive after their caller gave up.</summary>
    public double DelayedPuts { get; init; }

    /// <summary>Share of puts that are refused.</summary>
    public double Refusals { get; init; }

    /// <summary>Longest way of a request to the store, and of the reply back; drawn evenly up to it.</summary>
    public TimeSpan MaxLatency { get; init; }

    /// <summary>Share of requests before or after which their node sleeps, as a frozen or starved process does.</summary>
    public double Stalls { get; init; }

    /// <summary>The same for listings and deletes alone: garbage collectors may take any time.</summary>
    public double CollectionStalls { get; init; }

    /// <summary>Longest such sleep; drawn evenly up to it.</summary>
    public TimeSpan MaxStall { get; init; }

    /// <summary>Longest time a delayed put, or a second delivery, is under way; drawn evenly up to it.</summary>
    public TimeSpan MaxPutDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Share of requests after which the store is away for a while: requests get lost, or their replies.</summary>
    public double Outages { get; init; }

    /// <summary>Longest outage; drawn evenly up to it.</summary>
    public TimeSpan MaxOutage { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A request or reply that is held until released.</summary>
public sealed class HeldRequest
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the request is being held.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Lets it go on.</summary>
    public void Release() => _released.TrySetResult();

    internal Task WaitAsync()
    {
        _reached.TrySetResult();
        return _released.Task;
    }
}
