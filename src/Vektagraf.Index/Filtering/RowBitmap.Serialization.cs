using System.Buffers.Binary;
using System.Numerics;

namespace Vektagraf.Index;

/// <content>
/// Bytes: the portable format that all Roaring implementations share (github.com/RoaringBitmap/RoaringFormatSpec), 32-bit form. A cookie,
/// then for each container its key and count, then where each begins, then the containers.
/// </content>
public sealed partial class RowBitmap
{
    private const uint CookieWithoutRuns = 12346;
    private const ushort CookieWithRuns = 12347;

    /// <summary>With runs, fewer containers than this come without offsets.</summary>
    private const int LeastContainersWithOffsets = 4;

    private const int KeyAndCountBytes = 4;

    private bool HasRuns => Array.Exists(_containers, c => c.Kind == RowContainerKind.Runs);

    /// <summary>Bytes that <see cref="Write"/> fills.</summary>
    public int ByteCount
    {
        get
        {
            var bytes = HeaderBytes(_keys.Length, HasRuns);
            foreach (var container in _containers)
            {
                bytes += StoredBytes(container);
            }

            return bytes;
        }
    }

    /// <summary>Writes the set. Equal sets that a builder made give equal bytes.</summary>
    /// <param name="destination">At least <see cref="ByteCount"/> bytes.</param>
    /// <returns>Count of bytes written.</returns>
    public int Write(Span<byte> destination)
    {
        var hasRuns = HasRuns;
        var at = WriteCookie(destination, hasRuns);
        for (var i = 0; i < _keys.Length; i++, at += KeyAndCountBytes)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(destination[at..], _keys[i]);
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(at + 2)..], (ushort)(_containers[i].Count - 1));
        }

        var content = HeaderBytes(_keys.Length, hasRuns);
        foreach (var container in _containers)
        {
            if (HasOffsets(_keys.Length, hasRuns))
            {
                BinaryPrimitives.WriteInt32LittleEndian(destination[at..], content);
                at += sizeof(int);
            }

            var bytes = destination.Slice(content, StoredBytes(container));
            if (container.Kind == RowContainerKind.Runs)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)(container.Bytes.Length / RowContainer.RunBytes));
                bytes = bytes[sizeof(ushort)..];
            }

            container.Bytes.Span.CopyTo(bytes);
            content += StoredBytes(container);
        }

        return content;
    }

    /// <summary>The set as bytes.</summary>
    /// <returns>The bytes.</returns>
    public byte[] ToBytes()
    {
        var bytes = new byte[ByteCount];
        Write(bytes);
        return bytes;
    }

    /// <summary>Reads a set without copying it, and checks all of it.</summary>
    /// <param name="bytes">All its bytes; they must not change while the set is in use.</param>
    /// <returns>The set.</returns>
    /// <exception cref="InvalidDataException">The bytes are no set of rows below <see cref="MaxRows"/>.</exception>
    public static RowBitmap Read(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        Check(span.Length >= 8 || (span.Length >= 4 && BinaryPrimitives.ReadUInt16LittleEndian(span) == CookieWithRuns));
        var hasRuns = BinaryPrimitives.ReadUInt16LittleEndian(span) == CookieWithRuns;
        Check(hasRuns || BinaryPrimitives.ReadUInt32LittleEndian(span) == CookieWithoutRuns);
        var count = hasRuns ? BinaryPrimitives.ReadUInt16LittleEndian(span[2..]) + 1L : BinaryPrimitives.ReadUInt32LittleEndian(span[4..]);
        Check(count <= MaxRows / RowContainer.Rows);
        var header = HeaderBytes((int)count, hasRuns);
        Check(span.Length >= header);

        var runFlags = hasRuns ? span.Slice(4, ((int)count + 7) / 8) : default;

        // Flags of containers that are not there, or none at all: nobody writes that.
        Check(!hasRuns || (runFlags.IndexOfAnyExcept((byte)0) >= 0 && (count % 8 == 0 || runFlags[^1] >> (int)(count % 8) == 0)));
        var at = hasRuns ? 4 + runFlags.Length : 8;
        var offsets = HasOffsets((int)count, hasRuns) ? span[(at + ((int)count * KeyAndCountBytes))..header] : default;
        var content = header;
        var result = new Assembly((int)count);
        var previous = -1;
        for (var i = 0; i < count; i++, at += KeyAndCountBytes)
        {
            var key = BinaryPrimitives.ReadUInt16LittleEndian(span[at..]);
            Check(key > previous && key < MaxRows / RowContainer.Rows);
            Check(offsets.IsEmpty || BinaryPrimitives.ReadInt32LittleEndian(offsets[(i * sizeof(int))..]) == content);
            var isRuns = hasRuns && (runFlags[i >> 3] & (1 << (i & 7))) != 0;
            var container = ReadContainer(bytes, ref content, BinaryPrimitives.ReadUInt16LittleEndian(span[(at + 2)..]) + 1, isRuns);
            result.Add(key, container);
            previous = key;
        }

        Check(content == span.Length);
        return result.ToBitmap();
    }

    private static RowContainer ReadContainer(ReadOnlyMemory<byte> bytes, ref int at, int count, bool isRuns)
    {
        var kind = isRuns ? RowContainerKind.Runs : count <= RowContainer.MaxArrayCount ? RowContainerKind.Array : RowContainerKind.Bits;
        var length = kind == RowContainerKind.Bits ? RowContainer.BitsBytes : count * sizeof(ushort);
        if (isRuns)
        {
            Check(bytes.Length - at >= sizeof(ushort));
            length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[at..]) * RowContainer.RunBytes;
            at += sizeof(ushort);
        }

        Check(bytes.Length - at >= length);
        var container = new RowContainer(kind, count, bytes.Slice(at, length));
        CheckContent(container);
        at += length;
        return container;
    }

    private static void CheckContent(in RowContainer container)
    {
        var bytes = container.Bytes.Span;
        var (count, last) = (0, -1);
        switch (container.Kind)
        {
            case RowContainerKind.Bits:
                foreach (var b in bytes)
                {
                    count += BitOperations.PopCount((uint)b);
                }

                break;
            case RowContainerKind.Array:
                for (; count < container.Count; count++)
                {
                    var row = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(count * sizeof(ushort))..]);
                    Check(row > last);
                    last = row;
                }

                break;
            default:
                for (var i = 0; i < bytes.Length; i += RowContainer.RunBytes)
                {
                    var first = BinaryPrimitives.ReadUInt16LittleEndian(bytes[i..]);
                    var more = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i + sizeof(ushort))..]);
                    Check((last < 0 || first > last + 1) && first + more < RowContainer.Rows);
                    last = first + more;
                    count += more + 1;
                }

                break;
        }

        Check(count == container.Count);
    }

    private int WriteCookie(Span<byte> destination, bool hasRuns)
    {
        if (!hasRuns)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(destination, CookieWithoutRuns);
            BinaryPrimitives.WriteInt32LittleEndian(destination[4..], _keys.Length);
            return 8;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(destination, CookieWithRuns);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[2..], (ushort)(_keys.Length - 1));
        var flags = destination.Slice(4, (_keys.Length + 7) / 8);
        flags.Clear();
        for (var i = 0; i < _keys.Length; i++)
        {
            flags[i >> 3] |= (byte)(_containers[i].Kind == RowContainerKind.Runs ? 1 << (i & 7) : 0);
        }

        return 4 + flags.Length;
    }

    private static bool HasOffsets(int count, bool hasRuns) => !hasRuns || count >= LeastContainersWithOffsets;

    private static int HeaderBytes(int count, bool hasRuns) =>
        (hasRuns ? 4 + ((count + 7) / 8) : 8) + (count * (KeyAndCountBytes + (HasOffsets(count, hasRuns) ? sizeof(int) : 0)));

    private static int StoredBytes(in RowContainer container) =>
        container.Bytes.Length + (container.Kind == RowContainerKind.Runs ? sizeof(ushort) : 0);

    private static void Check(bool holds)
    {
        if (!holds)
        {
            throw new InvalidDataException("The bytes are not a bitmap of row numbers.");
        }
    }
}
