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
    private CancellationTokenSource? _loading;
    private Shard[]? _loaded;
    private long _loadFailedAt;
    private bool _isLoadWanted;
    private bool _isClosing;

    private bool IsLoaded => Volatile.Read(ref _loaded) is not null;

    /// <summary>Loads all shards, for those that wait and for all to come.</summary>
    private async Task<Shard[]> OpenShardsAsync(CancellationToken cancellationToken)
    {
        // Leave the caller's lock first.
        await Task.Yield();
        try
        {
            var shards = await TracedAsync(
                "load collection",
                () => Task.WhenAll(Enumerable.Range(0, Definition.Shards).Select(i => OpenShardAsync(i, cancellationToken))),
                _engine.Instruments.Loaded);
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

    /// <summary>Loads a shard, by way of the one that answers meanwhile: where nothing was folded yet, that has all there is, and the log
    /// is not replayed twice.</summary>
    private async Task<Shard> OpenShardAsync(int index, CancellationToken cancellationToken)
    {
        var cold = await OpenColdAsync(index).Opening;
        return cold.IsComplete ? cold : await Shard.OpenAsync(_engine, new ShardKeys(_entry.StorageName, index), Definition, cancellationToken);
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
                _isLoadWanted = false;
                _loading = new CancellationTokenSource();
                _opening = OpenShardsAsync(_loading.Token);
            }
        }
    }

    /// <summary>Ends a load that nobody waits for, so that no request is under way once the collection is closed. Calls still in progress
    /// may begin another.</summary>
    /// <returns>The load that is to be waited for; null where there is none.</returns>
    private async Task<Task<Shard[]>?> CloseAsync()
    {
        Task<Shard[]>? unwanted;
        CancellationTokenSource loading;
        lock (_openLock)
        {
            _isClosing = true;
            if (_opening is not { IsCompleted: false } || _isLoadWanted || _loading is null)
            {
                return _opening;
            }

            (unwanted, loading) = (_opening, _loading);
            _opening = null;
        }

        await loading.CancelAsync();
        await ((Task)unwanted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Loading collection {Collection} failed; reads and searches read its segments by range meanwhile, the load is tried again")]
    private partial void LogLoadFailure(Exception error, string collection);
}
