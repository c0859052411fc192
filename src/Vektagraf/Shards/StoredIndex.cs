using System.Buffers.Binary;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;
using Vektagraf.Tuning;

namespace Vektagraf.Shards;

/// <summary>
/// A vector index as it is stored, beside the segments: which version of an object each of its numbers means, and its structure. Versions
/// outlive the segments that hold them, so folds and merges leave an index as it is. docs/formats/vector-index.md draws the bytes.
/// </summary>
/// <param name="Kind">The kind of index and of its codes.</param>
/// <param name="Versions">The version of each vector by its number; a default value where there is none.</param>
/// <param name="Structure">The index without the vectors.</param>
/// <param name="Calibration">What it was measured to give; kept in the manifest.</param>
internal sealed record StoredIndex(string Kind, ObjectVersion[] Versions, ReadOnlyMemory<byte> Structure, CalibrationCurve? Calibration)
{
    // Large enough that few requests fetch it, small enough that several are under way.
    private const int PartBytes = 32 * 1024 * 1024;

    // A quarter more vectors, and those who load have a quarter to link: written each time, all of an index would cost four times its bytes.
    private const double WorthwhileGrowth = 0.25;

    private const int HeaderBytes = 16;
    private const int VersionBytes = sizeof(ulong) + sizeof(int);

    private static ReadOnlySpan<byte> Magic => "VKIX"u8;

    /// <summary>Whether an index serves, though vectors were added or died since.</summary>
    /// <param name="vectors">Vectors in it, the dead included.</param>
    /// <param name="live">Vectors there are.</param>
    public static bool IsFresh(long vectors, long live) => vectors >= live * (1 - WorthwhileGrowth) && vectors <= live * (1 + WorthwhileGrowth);

    /// <summary>Encodes the index.</summary>
    /// <exception cref="OverflowException">It would be 2 GiB or more.</exception>
    public byte[] Encode()
    {
        var bytes = new byte[checked(HeaderBytes + (Versions.Length * VersionBytes) + Structure.Length)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), 1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Versions.Length);
        var sequences = bytes.AsSpan(HeaderBytes, Versions.Length * sizeof(ulong));
        var ordinals = bytes.AsSpan(HeaderBytes + sequences.Length, Versions.Length * sizeof(int));
        for (var i = 0; i < Versions.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(sequences[(i * sizeof(ulong))..], Versions[i].Sequence);
            BinaryPrimitives.WriteInt32LittleEndian(ordinals[(i * sizeof(int))..], Versions[i].Ordinal);
        }

        Structure.Span.CopyTo(bytes.AsSpan(HeaderBytes + (Versions.Length * VersionBytes)));
        return bytes;
    }

    /// <summary>Decodes an index; its structure is checked when it is used.</summary>
    /// <exception cref="InvalidDataException">The bytes are no index of this version.</exception>
    public static StoredIndex Decode(ReadOnlyMemory<byte> bytes, string kind, CalibrationCurve? calibration)
    {
        var span = bytes.Span;
        if (span.Length < HeaderBytes || !span[..4].SequenceEqual(Magic) || BinaryPrimitives.ReadUInt16LittleEndian(span[4..]) != 1)
        {
            throw new InvalidDataException("The bytes are no vector index of version 1.");
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(span[8..]);
        if (count < 0 || HeaderBytes + ((long)count * VersionBytes) > span.Length)
        {
            throw new InvalidDataException($"The vector index has {count} versions, which do not fit its {span.Length} bytes.");
        }

        var versions = new ObjectVersion[count];
        for (var i = 0; i < count; i++)
        {
            versions[i] = new ObjectVersion(
                BinaryPrimitives.ReadUInt64LittleEndian(span[(HeaderBytes + (i * sizeof(ulong)))..]),
                BinaryPrimitives.ReadInt32LittleEndian(span[(HeaderBytes + (count * sizeof(ulong)) + (i * sizeof(int)))..]));
        }

        return new StoredIndex(kind, versions, bytes[(HeaderBytes + (count * VersionBytes))..], calibration);
    }

    /// <summary>Which version has which number. Of a version that stands twice, which would be a defect of its writer, the first counts.</summary>
    public Dictionary<ObjectVersion, int> Places()
    {
        var places = new Dictionary<ObjectVersion, int>(Versions.Length);
        for (var number = 0; number < Versions.Length; number++)
        {
            if (Versions[number] != default)
            {
                places.TryAdd(Versions[number], number);
            }
        }

        return places;
    }

    /// <summary>Writes the index.</summary>
    /// <param name="store">The store.</param>
    /// <param name="keyOf">The key of each part, by its number.</param>
    /// <param name="field">The vector field.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>What the manifest says of it.</returns>
    public async Task<ManifestIndex> WriteAsync(IObjectStore store, Func<int, string> keyOf, string field, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> bytes = Encode();
        var parts = new List<ManifestIndexPart>();
        for (var offset = 0; offset < bytes.Length; offset += PartBytes)
        {
            var part = bytes.Slice(offset, Math.Min(PartBytes, bytes.Length - offset));
            var key = keyOf(parts.Count);
            await store.PutAsync(key, part, PutCondition.Absent, cancellationToken);
            parts.Add(new ManifestIndexPart(key, part.Length, Crc32C.Compute(part.Span)));
        }

        return new ManifestIndex { Field = field, Kind = Kind, Vectors = Versions.Length, Parts = parts, Calibration = Calibration };
    }

    /// <summary>Reads an index.</summary>
    /// <param name="store">The store.</param>
    /// <param name="described">What the manifest says of it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidDataException">It is gone or damaged.</exception>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public static async Task<StoredIndex> ReadAsync(IObjectStore store, ManifestIndex described, CancellationToken cancellationToken)
    {
        var bytes = new byte[checked((int)described.Parts.Sum(p => (long)p.Length))];
        var offset = 0;
        var reads = new List<Task>();
        foreach (var part in described.Parts)
        {
            reads.Add(ReadPartAsync(store, part, bytes.AsMemory(offset, part.Length), cancellationToken));
            offset += part.Length;
        }

        await Task.WhenAll(reads);
        return Decode(bytes, described.Kind, described.Calibration);
    }

    private static async Task ReadPartAsync(IObjectStore store, ManifestIndexPart part, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var read = await store.GetAsync(part.Key, cancellationToken: cancellationToken);
        if (!read.Found || read.Content.Length != part.Length || Crc32C.Compute(read.Content.Span) != part.Checksum)
        {
            throw new InvalidDataException($"Part '{part.Key}' of a vector index is {(read.Found ? "damaged" : "missing")}.");
        }

        read.Content.CopyTo(destination);
    }
}
