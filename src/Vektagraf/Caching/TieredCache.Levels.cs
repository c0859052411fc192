namespace Vektagraf.Caching;

/// <content>How values move between levels.</content>
public sealed partial class TieredCache
{
    /// <summary>Takes note of the files an earlier process left. Nobody else is there yet.</summary>
    private void TakeOver(DiskTier disk)
    {
        var (found, corrupt) = disk.Scan();
        _corrupt = corrupt;
        var now = Now;
        foreach (var (key, file) in found)
        {
            if (file.ExpiresAt <= now)
            {
                disk.Delete(file);
                continue;
            }

            // A later file of the same key counts: whoever wrote it was killed before the other was gone.
            Drop(key);
            InsertFile(key, file);
        }

        Settle(TakeDeparted());
    }

    private MemoryEntry? FindInMemory(CacheKey key)
    {
        var counts = CountsOf(CacheLevel.L1);
        if (_memory.TryGet(key, out var entry))
        {
            if (entry.ExpiresAt > Now)
            {
                counts.Hits++;
                return entry;
            }

            _memory.Remove(key);
            counts.Expirations++;
            ForgetIfGone(key);
        }

        counts.Misses++;
        return null;
    }

    private PackedEntry? FindCompressed(CacheKey key)
    {
        if (_compressed is null)
        {
            return null;
        }

        var counts = CountsOf(CacheLevel.L2);
        if (_compressed.TryGet(key, out var entry))
        {
            if (entry.ExpiresAt > Now)
            {
                counts.Hits++;
                return entry;
            }

            _compressed.Remove(key);
            counts.Expirations++;
            ForgetIfGone(key);
        }

        counts.Misses++;
        return null;
    }

    /// <summary>Finds a file; whether that is a hit is known once it is read.</summary>
    private DiskFile? FindFile(CacheKey key)
    {
        if (_files is null)
        {
            return null;
        }

        if (_files.TryGet(key, out var file))
        {
            if (file.ExpiresAt > Now)
            {
                return file;
            }

            _files.Remove(key);
            CountsOf(CacheLevel.L3).Expirations++;
            ForgetIfGone(key);
            _disk!.Delete(file);
        }

        CountsOf(CacheLevel.L3).Misses++;
        return null;
    }

    private ReadOnlyMemory<byte>? ReadFile(CacheKey key, DiskFile file)
    {
        var value = _disk!.Read(key, file)?.Unpack();
        lock (_gate)
        {
            if (value is not null)
            {
                CountsOf(CacheLevel.L3).Hits++;
                return value;
            }

            CountsOf(CacheLevel.L3).Misses++;

            // Unless it was dropped or replaced while it was read.
            if (_files!.TryPeek(key, out var current) && current == file)
            {
                _files.Remove(key);
                CountsOf(CacheLevel.L3).Removals++;
                _corrupt++;
                ForgetIfGone(key);
                _disk.Delete(file);
            }

            return null;
        }
    }

    /// <summary>A value found in a lower level moves up. A file stays, for the next process.</summary>
    private void Promote(CacheKey key, MemoryEntry entry, CacheLevel from, long epoch)
    {
        Departed departed;
        lock (_gate)
        {
            // Somebody else may have been faster, or have put in something newer.
            if (epoch != _epoch || _memory.TryPeek(key, out _))
            {
                return;
            }

            if (from == CacheLevel.L2 && !_compressed!.Remove(key))
            {
                return;
            }

            CountsOf(CacheLevel.L2).Removals += from == CacheLevel.L2 ? 1 : 0;
            InsertIntoMemory(key, entry);
            departed = TakeDeparted();
        }

        Settle(departed);
    }

    /// <summary>Under the gate, as all that follows up to <see cref="TakeDeparted"/>.</summary>
    private void InsertIntoMemory(CacheKey key, MemoryEntry entry)
    {
        CountsOf(CacheLevel.L1).Insertions++;
        Remember(key);
        _memory.Set(key, entry, entry.Value.Length + CacheOptions.EntryOverhead);
    }

    private void InsertFile(CacheKey key, DiskFile file)
    {
        CountsOf(CacheLevel.L3).Insertions++;
        Remember(key);
        if (!_files!.Set(key, file, file.Length))
        {
            _leftDisk.Add((key, file));
        }
    }

    private void Remember(CacheKey key)
    {
        if (!_scopes.TryGetValue(key.Scope, out var parts))
        {
            _scopes.Add(key.Scope, parts = []);
        }

        parts.Add(key.Part);
    }

    private void ForgetIfGone(CacheKey key)
    {
        if (!_memory.TryPeek(key, out _) && _compressed?.TryPeek(key, out _) != true && _files?.TryPeek(key, out _) != true
            && _scopes.TryGetValue(key.Scope, out var parts) && parts.Remove(key.Part) && parts.Count == 0)
        {
            _scopes.Remove(key.Scope);
        }
    }

    /// <summary>Counts what levels let go of, and takes it over, to be settled outside the gate.</summary>
    private Departed TakeDeparted()
    {
        if (_leftMemory.Count + _leftCompressed.Count + _leftDisk.Count == 0)
        {
            return new Departed(_epoch, [], [], []);
        }

        CountsOf(CacheLevel.L1).Evictions += _leftMemory.Count;
        CountsOf(CacheLevel.L2).Evictions += _leftCompressed.Count;
        CountsOf(CacheLevel.L3).Evictions += _leftDisk.Count;
        var departed = new Departed(_epoch, [.. _leftMemory], [.. _leftCompressed], [.. _leftDisk]);
        foreach (var key in _leftMemory.Select(l => l.Key).Concat(_leftCompressed.Select(l => l.Key)).Concat(_leftDisk.Select(l => l.Key)))
        {
            ForgetIfGone(key);
        }

        _leftMemory.Clear();
        _leftCompressed.Clear();
        _leftDisk.Clear();
        return departed;
    }

    /// <summary>Moves what left a level to the next one.</summary>
    private void Settle(Departed departed)
    {
        foreach (var (_, file) in departed.Disk)
        {
            _disk!.Delete(file);
        }

        foreach (var (key, entry) in departed.Compressed)
        {
            if (_disk is not null && entry.ExpiresAt > Now && !IsOnDisk(key))
            {
                WriteFile(key, entry.Value, entry.ExpiresAt, departed.Epoch);
            }
        }

        foreach (var (key, entry) in departed.Memory)
        {
            if (entry.ExpiresAt > Now && (_compressed is not null || (_disk is not null && !IsOnDisk(key))))
            {
                Demote(key, new PackedEntry(PackedValue.Pack(entry.Value, _options.CompressionLevel), entry.ExpiresAt), departed.Epoch);
            }
        }
    }

    private bool IsOnDisk(CacheKey key)
    {
        lock (_gate)
        {
            return _files!.TryPeek(key, out _);
        }
    }

    private void Demote(CacheKey key, PackedEntry entry, long epoch)
    {
        if (_compressed is null)
        {
            WriteFile(key, entry.Value, entry.ExpiresAt, epoch);
            return;
        }

        Departed departed;
        lock (_gate)
        {
            if (epoch != _epoch || _memory.TryPeek(key, out _) || _compressed.TryPeek(key, out _))
            {
                return;
            }

            CountsOf(CacheLevel.L2).Insertions++;
            Remember(key);
            if (!_compressed.Set(key, entry, entry.Value.Stored.Length + CacheOptions.EntryOverhead))
            {
                _leftCompressed.Add((key, entry));
            }

            departed = TakeDeparted();
        }

        Settle(departed);
    }

    private void WriteFile(CacheKey key, PackedValue value, long expiresAt, long epoch)
    {
        var written = _disk!.TryWrite(key, value, expiresAt, out var problem);
        Departed departed;
        lock (_gate)
        {
            if (written is not { } file)
            {
                _diskProblem = problem;
                return;
            }

            if (epoch != _epoch || _files!.TryPeek(key, out _) || !_disk.TryName(file))
            {
                departed = new Departed(_epoch, [], [], [(key, file)]);
            }
            else
            {
                InsertFile(key, file);
                departed = TakeDeparted();
            }
        }

        Settle(departed);
    }

    /// <summary>What levels let go of.</summary>
    private readonly record struct Departed(
        long Epoch, (CacheKey Key, MemoryEntry Entry)[] Memory, (CacheKey Key, PackedEntry Entry)[] Compressed, (CacheKey Key, DiskFile File)[] Disk);
}
