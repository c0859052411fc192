namespace Vektagraf.Storage.Decorators;

public sealed partial class CachingObjectStore
{
    /// <summary>Answers from memory; null where a block is missing. Under the gate.</summary>
    private CachedAnswer? Find(CachedObject source, ByteRange? range, string? ifNoneMatch)
    {
        if (source.ETag is null)
        {
            return null;
        }

        if (string.Equals(ifNoneMatch, source.ETag, StringComparison.Ordinal))
        {
            return new CachedAnswer(source.ETag, source.TotalLength, [], 0, 0, IsNotModified: true);
        }

        if (range is null && source.TotalLength > _options.LargestReadBytes)
        {
            return null;
        }

        (long start, int length) = range is { } wanted ? wanted.Within(source.TotalLength) : (0, (int)source.TotalLength);
        long first = start / _options.BlockBytes;
        int count = length == 0 ? 0 : (int)(((start + length - 1) / _options.BlockBytes) - first + 1);
        var parts = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            if (!_blocks.TryGet((source, first + i), out byte[]? part))
            {
                return null;
            }

            parts[i] = part;
        }

        return new CachedAnswer(source.ETag, source.TotalLength, parts, (int)(start % _options.BlockBytes), length, IsNotModified: false);
    }

    /// <summary>Cuts what was loaded, from the start of a block on, into blocks. Outside the gate: this copies.</summary>
    private byte[][] CutIntoBlocks(GetResult loaded)
    {
        if (loaded.TotalLength == 0)
        {
            // One block without bytes says that the object is there.
            return [[]];
        }

        ReadOnlySpan<byte> content = loaded.Content.Span;
        var parts = new byte[(int)(((long)content.Length + _options.BlockBytes - 1) / _options.BlockBytes)][];
        for (int i = 0; i < parts.Length; i++)
        {
            // Only the object's last block is shorter than the others: loads end with a block or with the object.
            ReadOnlySpan<byte> rest = content[(i * _options.BlockBytes)..];
            parts[i] = rest[..Math.Min(_options.BlockBytes, rest.Length)].ToArray();
        }

        return parts;
    }

    /// <summary>Keeps blocks of an object. Under the gate.</summary>
    private void Keep(CachedObject target, GetResult loaded, long firstBlock, byte[][] parts)
    {
        if (!string.Equals(target.ETag, loaded.ETag, StringComparison.Ordinal))
        {
            // Not as immutable as promised: at least never mix two versions.
            DropBlocks(target);
        }

        (target.ETag, target.TotalLength) = (loaded.ETag, loaded.TotalLength);
        for (int i = 0; i < parts.Length; i++)
        {
            long index = firstBlock + i;
            target.Blocks.Add(index);
            if (!_blocks.Set((target, index), parts[i], parts[i].Length + CachingOptions.BlockOverhead))
            {
                target.Blocks.Remove(index);
            }
        }
    }

    private void DropBlocks(CachedObject target)
    {
        foreach (long index in target.Blocks)
        {
            _blocks.Remove((target, index));
        }

        target.Blocks.Clear();
        target.ETag = null;
    }

    /// <summary>A block was evicted.</summary>
    private void Forget(CachedObject owner, long index)
    {
        owner.Blocks.Remove(index);
        RemoveIfIdle(owner);
    }

    private CachedObject FindOrAdd(string key)
    {
        if (!_objects.TryGetValue(key, out CachedObject? found))
        {
            found = new CachedObject(key);
            _objects.Add(key, found);
        }

        return found;
    }

    /// <summary>The table must not grow with every key ever asked for.</summary>
    private void RemoveIfIdle(CachedObject candidate)
    {
        bool isIdle = candidate is { Blocks.Count: 0, Loads.Count: 0, Writes: 0 };

        // It may have left the table before, and its key have come back.
        if (isIdle && _objects.TryGetValue(candidate.Key, out CachedObject? current) && current == candidate)
        {
            _objects.Remove(candidate.Key);
        }
    }

    /// <summary>Blocks found, to be put together outside the gate.</summary>
    private readonly record struct CachedAnswer(string ETag, long TotalLength, byte[][] Parts, int Skip, int Length, bool IsNotModified)
    {
        public GetResult ToResult()
        {
            if (IsNotModified)
            {
                return new GetResult(GetStatus.NotModified, default, ETag, 0);
            }

            // A copy: the caller owns what it gets.
            byte[] content = new byte[Length];
            int filled = 0;
            int skip = Skip;
            foreach (byte[] part in Parts)
            {
                ReadOnlySpan<byte> wanted = part.AsSpan(skip, Math.Min(part.Length - skip, Length - filled));
                wanted.CopyTo(content.AsSpan(filled));
                filled += wanted.Length;
                skip = 0;
            }

            return new GetResult(GetStatus.Found, content, ETag, TotalLength);
        }
    }

    /// <summary>What is known of one object. Found by reference in the table of blocks, so that hashing a block takes no look at the key.</summary>
    private sealed class CachedObject(string key)
    {
        public string Key { get; } = key;

        /// <summary>The version all its blocks are of; null before the first, and while it is being written.</summary>
        public string? ETag { get; set; }

        public long TotalLength { get; set; }

        public HashSet<long> Blocks { get; } = [];

        /// <summary>Loads under way that a get may join.</summary>
        public List<Load> Loads { get; } = [];

        /// <summary>Own puts and deletes under way.</summary>
        public int Writes { get; set; }
    }
}
