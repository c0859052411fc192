using Vektagraf.Optimisation;

namespace Vektagraf.Monitoring;

/// <summary>What this process counts of its operations since it was last asked. Thread-safe; recording allocates nothing.</summary>
internal sealed class NodeMetrics(TimeProvider time)
{
    // Amounts are added up as whole numbers: a trillionth of the currency is far below what one operation costs.
    private const double UnitsOfMoney = 1e12;

    private readonly OperationCounters[] _kinds = [new(), new(), new()];
    private long _measuredMoney;
    private long _measured;

    /// <summary>Takes note of an operation that gave an answer.</summary>
    public void Succeeded(OperationKind kind, TimeSpan took) => _kinds[(int)kind].Add(took);

    /// <summary>Takes note of an operation that failed.</summary>
    public void Failed(OperationKind kind) => _kinds[(int)kind].AddError();

    /// <summary>Takes note of what a search or a query cost; few of them are measured.</summary>
    public void Cost(QueryCost cost)
    {
        Interlocked.Add(ref _measuredMoney, (long)(cost.Money * UnitsOfMoney));
        Interlocked.Increment(ref _measured);
    }

    /// <summary>Begins an operation.</summary>
    public OperationTimer Begin(OperationKind kind) => new(this, time, kind);

    /// <summary>Whether an error is the engine's rather than the caller's.</summary>
    public static bool IsFailure(Exception error) => error is not OperationCanceledException
        and not VektagrafException { Kind: ErrorKind.Invalid or ErrorKind.NotFound or ErrorKind.NotSupported or ErrorKind.TooLarge or ErrorKind.Conflict or ErrorKind.PreconditionFailed };

    /// <summary>What was counted of one kind.</summary>
    public OperationTotals Read(OperationKind kind, bool take) => _kinds[(int)kind].Read(take);

    /// <summary>What a search or a query cost on average, of those measured; 0 where none was.</summary>
    public double MeanCost(bool take)
    {
        var count = take ? Interlocked.Exchange(ref _measured, 0) : Volatile.Read(ref _measured);
        var money = take ? Interlocked.Exchange(ref _measuredMoney, 0) : Volatile.Read(ref _measuredMoney);
        return count == 0 ? 0 : money / UnitsOfMoney / count;
    }
}

/// <summary>An operation under way.</summary>
internal readonly struct OperationTimer(NodeMetrics metrics, TimeProvider time, OperationKind kind)
{
    private readonly long _startedAt = time.GetTimestamp();

    /// <summary>It gave an answer.</summary>
    public T Succeeded<T>(T answer)
    {
        metrics.Succeeded(kind, time.GetElapsedTime(_startedAt));
        return answer;
    }

    /// <summary>It failed.</summary>
    /// <returns>False: as an exception filter it lets the error pass.</returns>
    public bool Failed(Exception error)
    {
        if (NodeMetrics.IsFailure(error))
        {
            metrics.Failed(kind);
        }

        return false;
    }
}
