using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Vektagraf.Shards;

/// <summary>
/// Takes vectors into indexes behind the writes: one thread of an engine, a few hundred vectors at a time, shard after shard. Nothing waits
/// for it, since what is not in an index yet is scanned.
/// </summary>
internal sealed partial class IndexWorker : IAsyncDisposable
{
    private const int StepVectors = 256;

    private readonly Channel<Shard> _shards = Channel.CreateUnbounded<Shard>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _startLock = new();
    private Task? _running;

    public IndexWorker(VektagrafOptions options)
    {
        _time = options.Time;
        _log = options.Logging.CreateLogger<IndexWorker>();
    }

    /// <summary>Looks after a shard's indexes soon. A shard asks once until it was looked after.</summary>
    public void Wake(Shard shard)
    {
        _shards.Writer.TryWrite(shard);
        lock (_startLock)
        {
            _running ??= Task.Run(RunAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _shards.Writer.TryComplete();
        await _stop.CancelAsync();
        await (_running ?? Task.CompletedTask);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var shard in _shards.Reader.ReadAllAsync(_stop.Token))
            {
                Step(shard);
            }
        }
        catch (OperationCanceledException)
        {
            // The engine closes; what is pending will be scanned, or indexed by the next one.
        }
    }

    private void Step(Shard shard)
    {
        // Before the work: what is appended during it asks anew.
        shard.IndexingDone();
        try
        {
            if (shard.Table.AdvanceIndexes(StepVectors, _time, _stop.Token))
            {
                shard.WakeIndexer();
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Searches go on by scanning; the next write asks again.
            LogDefect(e, shard.Keys.Prefix);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Indexing vectors of {Shard} failed; they are scanned")]
    private partial void LogDefect(Exception error, string shard);
}
