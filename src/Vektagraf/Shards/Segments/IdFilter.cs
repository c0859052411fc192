using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Vektagraf.Shards.Segments;

/// <summary>
/// Which ids a segment may hold: a split-block Bloom filter (Putze, Sanders, Singler 2007). Each id sets one bit in each of the eight
/// words of one block, so that a look-up touches one cache line. Ten bits an id say yes to about one in a hundred ids that are not there.
/// </summary>
/// <remarks>The bytes are those of docs/formats/manifest.md.</remarks>
internal static class IdFilter
{
    private const int WordsPerBlock = 8;
    private const int BlockBytes = WordsPerBlock * sizeof(uint);
    private const int BitsPerId = 10;

    // The first eight bytes of the hash choose the shard, so within a shard they are not free.
    private const int BlockHashOffset = 8;
    private const int BitHashOffset = 16;

    /// <summary>Bytes of a filter for so many ids.</summary>
    public static int SizeFor(int ids) => (int)Math.Max(1, (((long)ids * BitsPerId) + (BlockBytes * 8) - 1) / (BlockBytes * 8)) * BlockBytes;

    /// <summary>Makes the filter of some ids.</summary>
    public static byte[] Of(IReadOnlyCollection<string> ids)
    {
        var filter = new byte[SizeFor(ids.Count)];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (var id in ids)
        {
            Hash(id, hash);
            var block = BlockOf(filter, hash);
            for (var word = 0; word < WordsPerBlock; word++)
            {
                var bit = hash[BitHashOffset + word] & 31;
                filter[block + (word * sizeof(uint)) + (bit >> 3)] |= (byte)(1 << (bit & 7));
            }
        }

        return filter;
    }

    /// <summary>Whether bytes can be a filter.</summary>
    public static bool IsValid(ReadOnlySpan<byte> filter) => filter.Length > 0 && filter.Length % BlockBytes == 0;

    /// <summary>Whether an id may be among those of the filter; false is certain.</summary>
    public static bool MayContain(ReadOnlySpan<byte> filter, string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(id, hash);
        var block = BlockOf(filter, hash);
        for (var word = 0; word < WordsPerBlock; word++)
        {
            var bit = hash[BitHashOffset + word] & 31;
            if ((filter[block + (word * sizeof(uint)) + (bit >> 3)] & (1 << (bit & 7))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static void Hash(string id, Span<byte> hash) => SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);

    private static int BlockOf(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> hash) =>
        (int)(BinaryPrimitives.ReadUInt64LittleEndian(hash[BlockHashOffset..]) % (ulong)(filter.Length / BlockBytes)) * BlockBytes;
}
