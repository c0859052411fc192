using System.Buffers.Binary;
using System.Text;
using Vektagraf.Caching;

namespace Vektagraf.Storage.Decorators;

public sealed partial class CachingObjectStore
{
    private const string ScopePrefix = "block/";

    // Length of the object, length of its ETag, ETag; then the block's bytes.
    private const int ETagStart = sizeof(long) + sizeof(ushort);

    private static string ScopeOf(string key) => ScopePrefix + key;

    /// <summary>Answers from the cache. Outside the gate: this reads, decompresses and copies.</summary>
    private CachedAnswer Find(string key, ByteRange? range, string? ifNoneMatch)
    {
        string scope = ScopeOf(key);
        long first = range is { } asked ? asked.Offset / _options.BlockBytes : 0;
        if (!TryGetBlock(scope, first, out Block head))
        {
            return FindKnown(key, range, ifNoneMatch);
        }

        if (string.Equals(ifNoneMatch, head.ETag, StringComparison.Ordinal))
        {
            return new CachedAnswer(new GetResult(GetStatus.NotModified, default, head.ETag, 0), head.TotalLength, head.Level);
        }

        if (range is null && head.TotalLength > _options.LargestReadBytes)
        {
            return new CachedAnswer(null, head.TotalLength, head.Level);
        }

        // A copy: the caller owns what it gets.
        (long start, int length) = range is { } wanted ? wanted.Within(head.TotalLength) : (0, (int)head.TotalLength);
        byte[] content = length == 0 ? [] : new byte[length];
        CacheLevel level = head.Level;
        for (int filled = 0; filled < length;)
        {
            long index = (start + filled) / _options.BlockBytes;
            Block block = head;
            if (index != first && !(TryGetBlock(scope, index, out block) && block.IsOf(head)))
            {
                return new CachedAnswer(null, head.TotalLength, level);
            }

            ReadOnlySpan<byte> part = block.Content.Span[(int)((start + filled) % _options.BlockBytes)..];
            part = part[..Math.Min(part.Length, length - filled)];
            part.CopyTo(content.AsSpan(filled));
            filled += part.Length;
            level = block.Level > level ? block.Level : level;
        }

        return new CachedAnswer(new GetResult(GetStatus.Found, content, head.ETag, head.TotalLength), head.TotalLength, level);
    }

    /// <summary>Without the block, what an object's version and length are enough for: that it is not modified, or has nothing there.</summary>
    private CachedAnswer FindKnown(string key, ByteRange? range, string? ifNoneMatch)
    {
        (string ETag, long TotalLength) known;
        lock (_gate)
        {
            if (!_known.TryGet(key, out known))
            {
                return default;
            }
        }

        if (string.Equals(ifNoneMatch, known.ETag, StringComparison.Ordinal))
        {
            return new CachedAnswer(new GetResult(GetStatus.NotModified, default, known.ETag, 0), known.TotalLength, CacheLevel.L1);
        }

        bool isEmpty = range is { } wanted && wanted.Within(known.TotalLength).Length == 0;
        return new CachedAnswer(isEmpty ? new GetResult(GetStatus.Found, default, known.ETag, known.TotalLength) : null, known.TotalLength, CacheLevel.L1);
    }

    private bool TryGetBlock(string scope, long index, out Block block)
    {
        if (!Cache.TryGet(new CacheKey(scope, index), out ReadOnlyMemory<byte> value, out CacheLevel? level))
        {
            block = default;
            return false;
        }

        int etag = BinaryPrimitives.ReadUInt16LittleEndian(value.Span[sizeof(long)..]);
        block = new Block(
            BinaryPrimitives.ReadInt64LittleEndian(value.Span), Encoding.UTF8.GetString(value.Span.Slice(ETagStart, etag)), value[(ETagStart + etag)..], level.Value);

        // With other options blocks had another size: they are of no use here.
        return block.Content.Length == Math.Min(_options.BlockBytes, block.TotalLength - (index * _options.BlockBytes));
    }

    /// <summary>Cuts what was loaded, from the start of a block on, into blocks, and keeps them. Outside the gate: this copies and writes.</summary>
    private void Keep(string key, GetResult loaded, long firstBlock, long epoch)
    {
        string scope = ScopeOf(key);
        ReadOnlySpan<byte> rest = loaded.Content.Span;
        byte[] etag = Encoding.UTF8.GetBytes(loaded.ETag!);
        for (long index = firstBlock; !rest.IsEmpty || loaded.TotalLength == 0; index++)
        {
            // Only the object's last block is shorter than the others: loads end with a block or with the object.
            ReadOnlySpan<byte> content = rest[..Math.Min(_options.BlockBytes, rest.Length)];
            byte[] block = new byte[ETagStart + etag.Length + content.Length];
            BinaryPrimitives.WriteInt64LittleEndian(block, loaded.TotalLength);
            BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(sizeof(long)), (ushort)etag.Length);
            etag.CopyTo(block.AsSpan(ETagStart));
            content.CopyTo(block.AsSpan(ETagStart + etag.Length));
            rest = rest[content.Length..];
            if (!Cache.Set(new CacheKey(scope, index), block, timeToLive: null, writesThrough: true, epoch) || loaded.TotalLength == 0)
            {
                // One block without bytes says that an empty object is there.
                return;
            }
        }
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
        bool isIdle = candidate is { Loads.Count: 0, Writes: 0 };

        // It may have left the table before, and its key have come back.
        if (isIdle && _objects.TryGetValue(candidate.Key, out CachedObject? current) && current == candidate)
        {
            _objects.Remove(candidate.Key);
        }
    }

    /// <summary>What the cache knows.</summary>
    /// <param name="Result">The answer; null where a block is missing.</param>
    /// <param name="TotalLength">The object's length; null where nothing is known.</param>
    /// <param name="Level">The slowest level asked.</param>
    private readonly record struct CachedAnswer(GetResult? Result, long? TotalLength, CacheLevel Level);

    /// <summary>A block with what it says of its object.</summary>
    private readonly record struct Block(long TotalLength, string ETag, ReadOnlyMemory<byte> Content, CacheLevel Level)
    {
        public bool IsOf(in Block other) => TotalLength == other.TotalLength && string.Equals(ETag, other.ETag, StringComparison.Ordinal);
    }

    /// <summary>An object that is being read or written.</summary>
    private sealed class CachedObject(string key)
    {
        public string Key { get; } = key;

        /// <summary>Loads under way that a get may join.</summary>
        public List<Load> Loads { get; } = [];

        /// <summary>Own puts and deletes under way.</summary>
        public int Writes { get; set; }
    }
}
