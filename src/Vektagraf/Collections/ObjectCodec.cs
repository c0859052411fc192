using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Vektagraf.Collections;

/// <summary>
/// Bytes of an object in the payload of a WAL put, as docs/formats/wal.md draws them: type, properties JSON, vectors as little-endian
/// float32, sparse vectors. The entry's checksum covers them.
/// </summary>
internal static class ObjectCodec
{
    // Objects without sparse vectors stay readable for builds that know nothing of those.
    private const byte FirstVersion = 1;
    private const byte SparseVersion = 2;
    private const byte HasTypeFlag = 1;
    private const int HeaderBytes = 12;
    private const int VectorHeaderBytes = 8;
    private const int SparseHeaderBytes = 8;

    /// <summary>Encodes an object; its id stands in the operation.</summary>
    public static byte[] Encode(ObjectDraft draft)
    {
        var typeLength = draft.Type is null ? 0 : Encoding.UTF8.GetByteCount(draft.Type);
        var size = HeaderBytes + typeLength + draft.Properties.Length;
        foreach (var vector in draft.Vectors)
        {
            size += VectorHeaderBytes + Encoding.UTF8.GetByteCount(vector.Field) + (vector.Values.Length * sizeof(float));
        }

        var sparseAt = size;
        size += draft.Sparse.Count == 0 ? 0 : sizeof(int) + draft.Sparse.Sum(s => SparseHeaderBytes + Encoding.UTF8.GetByteCount(s.Field) + s.Bytes);
        var bytes = new byte[size];
        var span = bytes.AsSpan();
        span[0] = draft.Sparse.Count == 0 ? FirstVersion : SparseVersion;
        span[1] = draft.Type is null ? (byte)0 : HasTypeFlag;
        BinaryPrimitives.WriteUInt16LittleEndian(span[2..], (ushort)typeLength);
        BinaryPrimitives.WriteInt32LittleEndian(span[4..], draft.Properties.Length);
        BinaryPrimitives.WriteInt32LittleEndian(span[8..], draft.Vectors.Count);
        span = span[HeaderBytes..];
        Encoding.UTF8.GetBytes(draft.Type ?? string.Empty, span);
        draft.Properties.Span.CopyTo(span[typeLength..]);
        span = span[(typeLength + draft.Properties.Length)..];
        foreach (var vector in draft.Vectors)
        {
            span = span[WriteVector(span, vector)..];
        }

        WriteSparse(bytes.AsSpan(sparseAt), draft.Sparse);
        return bytes;
    }

    /// <summary>Decodes an object's encoding; the result refers to the bytes.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>.</exception>
    public static Decoded Decode(ReadOnlySpan<byte> bytes, string id)
    {
        if (bytes.Length < HeaderBytes || bytes[0] is not (FirstVersion or SparseVersion))
        {
            throw Corrupt(id);
        }

        var typeLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        var propertiesLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        var vectorsAt = (long)HeaderBytes + typeLength + propertiesLength;
        if (propertiesLength < 0 || vectorsAt > bytes.Length)
        {
            throw Corrupt(id);
        }

        var type = (bytes[1] & HasTypeFlag) != 0 ? Encoding.UTF8.GetString(bytes.Slice(HeaderBytes, typeLength)) : null;
        return new Decoded(
            id,
            type,
            bytes.Slice(HeaderBytes + typeLength, propertiesLength),
            new VectorReader(id, bytes[(int)vectorsAt..], BinaryPrimitives.ReadInt32LittleEndian(bytes[8..])),
            hasSparse: bytes[0] == SparseVersion);
    }

    /// <summary>Checks an encoding from end to end, so that decoding it later cannot fail.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>.</exception>
    public static void Verify(ReadOnlySpan<byte> bytes, string id)
    {
        var decoded = Decode(bytes, id);
        _ = decoded.Sparse();
    }

    private static int WriteVector(Span<byte> span, NamedVector vector)
    {
        var nameLength = Encoding.UTF8.GetBytes(vector.Field, span[VectorHeaderBytes..]);
        BinaryPrimitives.WriteInt32LittleEndian(span, vector.Values.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(span[4..], (ushort)nameLength);
        span[6] = vector.GeneratedBy;
        var values = span.Slice(VectorHeaderBytes + nameLength, vector.Values.Length * sizeof(float));
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(vector.Values.Span).CopyTo(values);
        }
        else
        {
            for (var i = 0; i < vector.Values.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(values[(i * sizeof(float))..], vector.Values.Span[i]);
            }
        }

        return VectorHeaderBytes + nameLength + values.Length;
    }

    private static void WriteSparse(Span<byte> span, IReadOnlyList<NamedSparseVector> vectors)
    {
        if (vectors.Count == 0)
        {
            return;
        }

        BinaryPrimitives.WriteInt32LittleEndian(span, vectors.Count);
        span = span[sizeof(int)..];
        foreach (var vector in vectors)
        {
            var nameLength = Encoding.UTF8.GetBytes(vector.Field, span[SparseHeaderBytes..]);
            BinaryPrimitives.WriteInt32LittleEndian(span, vector.Indices.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(span[4..], (ushort)nameLength);
            span = span[(SparseHeaderBytes + nameLength)..];
            for (var i = 0; i < vector.Indices.Length; i++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(span[(i * sizeof(uint))..], vector.Indices.Span[i]);
                BinaryPrimitives.WriteSingleLittleEndian(span[((vector.Indices.Length + i) * sizeof(float))..], vector.Values.Span[i]);
            }

            span = span[vector.Bytes..];
        }
    }

    private static NamedSparseVector[] ReadSparse(ReadOnlySpan<byte> bytes, string id)
    {
        var count = bytes.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (count < 0 || count > bytes.Length / SparseHeaderBytes)
        {
            throw Corrupt(id);
        }

        var vectors = new NamedSparseVector[count];
        bytes = bytes[sizeof(int)..];
        for (var i = 0; i < count; i++)
        {
            vectors[i] = ReadSparseVector(ref bytes, id);
        }

        return bytes.IsEmpty ? vectors : throw Corrupt(id);
    }

    private static NamedSparseVector ReadSparseVector(ref ReadOnlySpan<byte> bytes, string id)
    {
        if (bytes.Length < SparseHeaderBytes)
        {
            throw Corrupt(id);
        }

        var entries = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        if (entries < 0 || SparseHeaderBytes + nameLength + (8L * entries) > bytes.Length)
        {
            throw Corrupt(id);
        }

        var field = Encoding.UTF8.GetString(bytes.Slice(SparseHeaderBytes, nameLength));
        bytes = bytes[(SparseHeaderBytes + nameLength)..];
        var (indices, values) = (new uint[entries], new float[entries]);
        for (var i = 0; i < entries; i++)
        {
            indices[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * sizeof(uint))..]);
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[((entries + i) * sizeof(float))..]);
        }

        bytes = bytes[(8 * entries)..];
        return SparseVectorJson.IsCanonical(indices, values) ? new NamedSparseVector(field, indices, values) : throw Corrupt(id);
    }

    private static VektagrafException Corrupt(string id) =>
        new(ErrorKind.Corrupt, "corrupt-object", $"The stored encoding of object '{id}' is damaged.");

    /// <summary>A decoded object.</summary>
    public readonly ref struct Decoded(string id, string? type, ReadOnlySpan<byte> properties, VectorReader vectors, bool hasSparse)
    {
        public string Id { get; } = id;

        public string? Type { get; } = type;

        public ReadOnlySpan<byte> Properties { get; } = properties;

        public VectorReader Vectors { get; } = vectors;

        /// <summary>Reads the sparse vectors, which follow the others to the end.</summary>
        public NamedSparseVector[] Sparse()
        {
            var before = Vectors;
            while (before.TrySkip())
            {
            }

            return !before.IsThrough ? throw Corrupt(Id) : hasSparse ? ReadSparse(before.Rest, Id) : before.Rest.IsEmpty ? [] : throw Corrupt(Id);
        }
    }

    /// <summary>Reads the vectors of a decoded object one after the other.</summary>
    public ref struct VectorReader(string id, ReadOnlySpan<byte> bytes, int count)
    {
        private ReadOnlySpan<byte> _rest = bytes;
        private int _left = count;

        public readonly bool IsThrough => _left == 0;

        /// <summary>What follows the vectors read so far.</summary>
        public readonly ReadOnlySpan<byte> Rest => _rest;

        public bool TryRead(out string field, out byte generatedBy, out ReadOnlySpan<byte> values)
        {
            if (!TryTake(out var name, out generatedBy, out values))
            {
                field = string.Empty;
                return false;
            }

            field = Encoding.UTF8.GetString(name);
            return true;
        }

        public bool TrySkip() => TryTake(out _, out _, out _);

        private bool TryTake(out ReadOnlySpan<byte> name, out byte generatedBy, out ReadOnlySpan<byte> values)
        {
            name = values = default;
            generatedBy = 0;
            if (_left <= 0)
            {
                return false;
            }

            _left--;
            if (_rest.Length < VectorHeaderBytes)
            {
                throw Corrupt(id);
            }

            var valueBytes = (long)BinaryPrimitives.ReadInt32LittleEndian(_rest) * sizeof(float);
            var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(_rest[4..]);
            generatedBy = _rest[6];
            if (valueBytes < 0 || VectorHeaderBytes + nameLength + valueBytes > _rest.Length)
            {
                throw Corrupt(id);
            }

            name = _rest.Slice(VectorHeaderBytes, nameLength);
            values = _rest.Slice(VectorHeaderBytes + nameLength, (int)valueBytes);
            _rest = _rest[(VectorHeaderBytes + nameLength + (int)valueBytes)..];
            return true;
        }
    }
}
