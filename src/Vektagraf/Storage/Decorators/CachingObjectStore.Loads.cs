using System.Diagnostics.CodeAnalysis;

namespace Vektagraf.Storage.Decorators;

public sealed partial class CachingObjectStore
{
    // Rounding up to blocks must not overflow; no object is nearly as long.
    private const long LargestOffset = long.MaxValue / 2;

    private Task<GetResult> GetImmutableAsync(string key, ByteRange? range, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        CachedAnswer known = Find(key, range, ifNoneMatch);
        if (known.Result is { } found)
        {
            Interlocked.Increment(ref _hits);
            StoreMeter.Current?.AnsweredBy(known.Level);
            return Task.FromResult(found);
        }

        Load? load = null;
        bool isFirst = false;
        lock (_gate)
        {
            if (ifNoneMatch is not null || _objects.GetValueOrDefault(key) is { Writes: > 0 } || !TryAlign(known.TotalLength, range, out ByteRange? aligned))
            {
                _bypassed++;
            }
            else
            {
                (load, isFirst) = JoinOrAdd(FindOrAdd(key), aligned);
            }
        }

        if (load is null)
        {
            return _inner.GetAsync(key, range, ifNoneMatch, cancellationToken);
        }

        if (isFirst)
        {
            _ = RunAsync(load);
        }

        return WaitAsync(load, isFirst, range, cancellationToken);
    }

    /// <summary>The whole blocks to read for a range; null for the whole object.</summary>
    /// <returns>False where the read should go past the cache.</returns>
    private bool TryAlign(long? totalLength, ByteRange? range, out ByteRange? aligned)
    {
        aligned = null;
        if (range is not { } wanted)
        {
            return totalLength is null || totalLength <= _options.LargestReadBytes;
        }

        (long start, int length) = totalLength is { } total ? wanted.Within(total) : (wanted.Offset, wanted.Length);
        if (length > _options.LargestReadBytes || start > LargestOffset)
        {
            return false;
        }

        long first = start / _options.BlockBytes;
        long last = (start + length - 1) / _options.BlockBytes;
        aligned = new ByteRange(first * _options.BlockBytes, (int)((last - first + 1) * _options.BlockBytes));
        return true;
    }

    private (Load Load, bool IsFirst) JoinOrAdd(CachedObject target, ByteRange? aligned)
    {
        if (target.Loads.Find(l => l.Covers(aligned)) is { } running)
        {
            running.Waiting++;
            running.IsShared = true;
            _joined++;
            return (running, false);
        }

        var load = new Load(target, aligned);
        target.Loads.Add(load);
        _loads++;
        return (load, true);
    }

    /// <summary>Carries out a load for all who wait for it. Its end is the load's, it never fails itself.</summary>
    private async Task RunAsync(Load load)
    {
        try
        {
            GetResult loaded = await _inner.GetAsync(load.Target.Key, load.Range, ifNoneMatch: null, load.Cancellation);
            if (loaded.Found && (load.Range is not null || loaded.TotalLength <= _options.LargestReadBytes) && EpochToKeep(load, loaded) is { } epoch)
            {
                // Before it leaves the table: who asks now finds either.
                Keep(load.Target.Key, loaded, load.Start / _options.BlockBytes, epoch);
            }

            End(load);
            load.Succeed(loaded);
        }
        catch (Exception e)
        {
            // Not remembered: the next get asks anew.
            End(load);
            load.Fail(e);
        }
    }

    /// <summary>The cache's epoch; null where the object was written since the load began.</summary>
    private long? EpochToKeep(Load load, GetResult loaded)
    {
        lock (_gate)
        {
            if (load.IsOutdated)
            {
                return null;
            }

            _known.Set(load.Target.Key, (loaded.ETag!, loaded.TotalLength), 1);
            return Cache.Epoch;
        }
    }

    private void End(Load load)
    {
        lock (_gate)
        {
            load.Target.Loads.Remove(load);
            RemoveIfIdle(load.Target);
        }
    }

    private async Task<GetResult> WaitAsync(Load load, bool isFirst, ByteRange? range, CancellationToken cancellationToken)
    {
        GetResult loaded;
        try
        {
            loaded = await load.Completion.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Leave(load);
            throw;
        }

        // The store may have looked before this caller asked, and the object have been put by another process in between.
        return loaded.Found || isFirst ? load.Cut(loaded, range) : await _inner.GetAsync(load.Target.Key, range, ifNoneMatch: null, cancellationToken);
    }

    /// <summary>One caller's cancellation is its own affair; only that of the last ends the load.</summary>
    private void Leave(Load load)
    {
        lock (_gate)
        {
            if (--load.Waiting > 0)
            {
                return;
            }

            load.IsOutdated = true;
            load.Target.Loads.Remove(load);
            RemoveIfIdle(load.Target);
        }

        load.Cancel();
    }

    /// <summary>One request to the store that several gets wait for.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "A token source without timer and wait handle has nothing to dispose, and callers may cancel it after its end.")]
    private sealed class Load(CachedObject target, ByteRange? range)
    {
        private readonly CancellationTokenSource _cancellation = new();
        private readonly TaskCompletionSource<GetResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CachedObject Target { get; } = target;

        /// <summary>Whole blocks; null for the whole object.</summary>
        public ByteRange? Range { get; } = range;

        public long Start => Range?.Offset ?? 0;

        public CancellationToken Cancellation => _cancellation.Token;

        public Task<GetResult> Completion => _completion.Task;

        public int Waiting { get; set; } = 1;

        public bool IsShared { get; set; }

        /// <summary>Whether the result is for those who wait for it only.</summary>
        public bool IsOutdated { get; set; }

        /// <summary>Whether a load of some blocks can be left to this one. Who wants a range does not wait for a whole object.</summary>
        public bool Covers(ByteRange? other) =>
            Range is { } mine
                ? other is { } wanted && mine.Offset <= wanted.Offset && wanted.Offset + wanted.Length <= mine.Offset + mine.Length
                : other is null;

        public void Cancel() => _cancellation.Cancel();

        public void Succeed(GetResult loaded) => _completion.TrySetResult(loaded);

        public void Fail(Exception e)
        {
            _completion.TrySetException(e);

            // All who waited may have left.
            _ = _completion.Task.Exception;
        }

        /// <summary>What one caller asked for. A copy where others read the same bytes, or where it is a part.</summary>
        public GetResult Cut(GetResult loaded, ByteRange? range)
        {
            if (!loaded.Found)
            {
                return loaded;
            }

            (long start, int length) = range is { } wanted ? wanted.Within(loaded.TotalLength) : (0, loaded.Content.Length);
            return length == loaded.Content.Length && !IsShared
                ? loaded
                : loaded with { Content = length == 0 ? default : loaded.Content.Slice((int)(start - Start), length).ToArray() };
        }
    }
}
