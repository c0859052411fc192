using Microsoft.Extensions.Logging;
using Vektagraf.Shards;
using Vektagraf.Storage;

namespace Vektagraf.Collections;

/// <content>
/// Loading, and reading before that is done. Two kinds of open shards: those that reads use while the whole is not in memory, opened one by
/// one as they are needed, and the loaded ones, which replace them.
/// </content>
public sealed partial class Collection
{
    // Long enough that what fails for good costs little, short enough that nobody has to restart what failed for a while.
    private static readonly TimeSpan LoadRetryDelay = TimeSpan.FromSeconds(30);

    private readonly ILogger _log;
    private readonly Task<Shard>?[] _cold;
    private readonly CancellationTokenSource _loading = new();
    private Shard[]? _loaded;
    private long _loadFailedAt;
    private bool _isLoadWanted;
    private bool _isClosing;

    private bool IsLoaded => Volatile.Read(ref _loaded) is not null;

    /// <summary>Loads all shards, for those that wait and for all to come.</summary>
    private async Task<Shard[]> OpenShardsAsync()
    {
        // Leave the caller's lock first.
        await Task.Yield();
        try
        {
            var shards = await Task.WhenAll(Enumerable.Range(0, Definition.Shards).Select(OpenShardAsync));
            lock (_openLock)
            {
                Volatile.Write(ref _loaded, shards);
                Array.Clear(_cold);
            }

            return shards;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Volatile.Write(ref _loadFailedAt, _engine.Time.GetTimestamp());
            LogLoadFailure(e, Name);
            throw;
        }
    }

    private async Task<Shard> OpenShardAsync(int index)
    {
        Task<Shard>? cold;
        lock (_openLock)
        {
            cold = _cold[index];
        }

        if (cold is not null)
        {
            // Where nothing was folded yet, that shard has all there is. Its failure is its own callers' to see.
            await ((Task)cold).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (cold.IsCompletedSuccessfully && await cold is { IsComplete: true } complete)
            {
                return complete;
            }
        }

        return await Shard.OpenAsync(_engine, new ShardKeys(_entry.StorageName, index), Definition, _loading.Token);
    }

    /// <summary>A shard to read from, loaded or not, as fresh as asked for.</summary>
    private async Task<Shard> FreshShardAsync(int index, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        var session = SessionOf(consistency, Definition.Shards)?.Sequences[index] ?? 0;
        if (Volatile.Read(ref _loaded) is { } loaded)
        {
            await loaded[index].FreshenAsync(consistency, session, cancellationToken);
            return loaded[index];
        }

        var (opening, isFresh) = OpenColdAsync(index);
        var shard = await opening.WaitAsync(cancellationToken);
        if (!(isFresh && consistency.Level == ConsistencyLevel.Strong))
        {
            await shard.FreshenAsync(consistency, session, cancellationToken);
        }

        return shard;
    }

    /// <summary>Opens a shard for reading, or joins who does.</summary>
    /// <returns>The shard, and whether its opening began after this call, so that it is as fresh as a strong read asks for.</returns>
    private (Task<Shard> Opening, bool IsFresh) OpenColdAsync(int index)
    {
        lock (_openLock)
        {
            if (_loaded is { } loaded)
            {
                return (Task.FromResult(loaded[index]), false);
            }

            if (_cold[index] is { IsFaulted: false, IsCanceled: false } known)
            {
                return (known, false);
            }

            var opening = OpenColdShardAsync(index);
            _cold[index] = opening;
            return (opening, true);
        }
    }

    private async Task<Shard> OpenColdShardAsync(int index)
    {
        // Leave the caller's lock first.
        await Task.Yield();
        return await Shard.OpenColdAsync(_engine, new ShardKeys(_entry.StorageName, index), Definition, CancellationToken.None);
    }

    /// <summary>Starts loading, unless that is under way or failed a moment ago. Called once a first answer is out of its way.</summary>
    private void LoadInBackground()
    {
        if (IsLoaded || !_engine.Options.LoadsInBackground)
        {
            return;
        }

        lock (_openLock)
        {
            var hasFailed = _opening is { IsFaulted: true } or { IsCanceled: true };
            var isSoonAfter = hasFailed && _engine.Time.GetElapsedTime(Volatile.Read(ref _loadFailedAt)) < LoadRetryDelay;
            if (!_isClosing && !isSoonAfter && (_opening is null || hasFailed))
            {
                _opening = OpenShardsAsync();
            }
        }
    }

    /// <summary>Ends a load that nobody waits for, so that no request is under way once the collection is closed.</summary>
    private async Task StopUnwantedLoadAsync(Task<Shard[]>? opening)
    {
        if (opening is { IsCompleted: false } && !_isLoadWanted)
        {
            await _loading.CancelAsync();
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Loading collection {Collection} failed; reads and searches read its segments by range meanwhile, the load is tried again")]
    private partial void LogLoadFailure(Exception error, string collection);
}
