using System.Runtime.InteropServices;

namespace Vektagraf.Index;

public sealed unsafe partial class HnswIndex
{
    /// <summary>
    /// The index as bytes: links, deletion marks, codes and, if wanted, the vectors, each section at a multiple of 64. Only the writer may call
    /// this. The bytes carry no checksum; what they are kept in must.
    /// </summary>
    /// <param name="includeVectors">Whether to write the original vectors. Without them <see cref="Load(ReadOnlySpan{byte}, ReadOnlySpan{float}, HnswOptions?)"/> must be given them.</param>
    /// <returns>Bytes that depend on the index alone.</returns>
    /// <exception cref="OverflowException">They would be 2 GiB or more.</exception>
    public byte[] Serialize(bool includeVectors = true)
    {
        HnswHeader header = Header(includeVectors);
        byte[] bytes = new byte[checked((int)header.TotalBytes)];
        header.Write(bytes);
        long[] lengths = header.SectionBytes();
        int at = HnswFormat.HeaderBytes;
        for (int section = 0; section < lengths.Length; section++)
        {
            WriteSection(section, header, bytes.AsSpan(at, (int)lengths[section]));
            at += (int)HnswHeader.Padded(lengths[section]);
        }

        return bytes;
    }

    /// <summary>
    /// An index from the bytes of <see cref="Serialize"/>, by copying; nothing is built. All numbers in them are checked, so that searches stay
    /// within the index whatever the bytes were; that they are the bytes written, a checksum must say.
    /// </summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="vectors">The vectors, end to end, when the bytes do not hold them.</param>
    /// <param name="options">Options to search and add with from now on; null for those it was written with. M, seed and quantization stay.</param>
    /// <returns>An index that can be searched and added to like the one written.</returns>
    /// <exception cref="InvalidDataException">The bytes are no index of this version.</exception>
    /// <exception cref="ArgumentException">Vectors are missing, superfluous or of another count than the rows.</exception>
    public static HnswIndex Load(ReadOnlySpan<byte> bytes, ReadOnlySpan<float> vectors = default, HnswOptions? options = null)
    {
        HnswHeader header = ReadHeader(bytes);
        if (vectors.Length != (header.HasVectors ? 0 : (long)header.Count * header.Dimensions))
        {
            throw new ArgumentException($"{vectors.Length} components were given for {header.Count} rows of {header.Dimensions}, vectors in the bytes: {header.HasVectors}.", nameof(vectors));
        }

        var index = new HnswIndex(header.Dimensions, header.Metric, Choose(header, options));
        index.Restore(header, bytes, vectors);
        return index;
    }

    /// <summary>The same over vectors that are in memory already, and that someone else appends to: what is beyond the rows written is pending.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="vectors">The vectors, those that the bytes are about first.</param>
    /// <param name="options">Options to search and add with from now on; null for those it was written with. M, seed and quantization stay.</param>
    /// <returns>An index that can be searched and added to like the one written.</returns>
    /// <exception cref="InvalidDataException">The bytes are no index of this version, or of other vectors.</exception>
    public static HnswIndex Load(ReadOnlySpan<byte> bytes, FlatIndex vectors, HnswOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        HnswHeader header = ReadHeader(bytes);
        if (header.HasVectors || header.Dimensions != vectors.Dimensions || header.Metric != vectors.Metric || header.Count > vectors.Count)
        {
            throw new InvalidDataException(
                $"The graph index is of {header.Count} vectors of {header.Dimensions} by {header.Metric}, vectors in the bytes: {header.HasVectors}; there are {vectors.Count} of {vectors.Dimensions} by {vectors.Metric}.");
        }

        var index = new HnswIndex(vectors, Choose(header, options));
        index.RestoreStructure(header, bytes);
        index.FillUnset();
        return index;
    }

    /// <inheritdoc/>
    public byte[] SerializeStructure() => Serialize(includeVectors: false);

    /// <summary>
    /// A node whose vector is no longer there still leads somewhere. It takes the vector of a node that it is linked to: near enough for walks
    /// and for quantizers that are trained anew. Whoever leaves out vectors refuses those rows by a filter.
    /// </summary>
    private void FillUnset()
    {
        GraphView graph = _graph.View(_graph.Entry, _indexed);
        for (int node = 0; node < _indexed; node++)
        {
            if (_vectors.IsUnset(node))
            {
                int* list = graph.List(node);
                int filled = -1;
                for (int i = 0; i < graph.Capacity(0) && list[i] >= 0 && filled < 0; i++)
                {
                    filled = _vectors.IsUnset(list[i]) ? -1 : list[i];
                }

                if (filled >= 0)
                {
                    _vectors.Place(node, _vectors.RowAt(filled));
                }
            }
        }

        graph.KeepAlive();
    }

    private static HnswHeader ReadHeader(ReadOnlySpan<byte> bytes)
    {
        HnswHeader header = HnswHeader.Read(bytes);
        return header.TotalBytes == bytes.Length
            ? header
            : throw new InvalidDataException($"The graph index takes {header.TotalBytes} bytes by its header, not {bytes.Length}.");
    }

    private static HnswOptions Choose(in HnswHeader header, HnswOptions? options) =>
        options is null ? header.Options : options with { M = header.M, Seed = header.Seed, Quantization = header.Quantization };

    private HnswHeader Header(bool includeVectors)
    {
        CodedRows? codes = _codes;
        return new HnswHeader
        {
            Metric = Metric,
            Quantization = Options.Quantization,
            Codes = codes?.Codec.Kind ?? VectorQuantization.None,
            HasVectors = includeVectors,
            Seed = Options.Seed,
            Dimensions = Dimensions,
            Count = _indexed,
            M = Options.M,
            EfConstruction = Options.EfConstruction,
            EfSearch = Options.EfSearch,
            TrainingRows = Options.TrainingRows,
            ExactRowsPerCandidate = Options.ExactRowsPerCandidate,
            Entry = _graph.Entry,
            UpperLists = _graph.UpperCount,
            ParameterBytes = codes?.Codec.ParameterBytes ?? 0,
            RowBytes = codes?.Codec.RowBytes ?? 0,
            DeletedWords = Math.Min(_graph.Deleted.Length, (_indexed + 63) / 64),
        };
    }

    private void WriteSection(int section, in HnswHeader header, Span<byte> destination)
    {
        switch (section)
        {
            case 0:
                _graph.WriteLists(MemoryMarshal.Cast<byte, int>(destination));
                break;
            case 1:
                _graph.WriteUpperLists(MemoryMarshal.Cast<byte, int>(destination));
                break;
            case 2:
                _graph.Deleted.AsSpan(0, header.DeletedWords).CopyTo(MemoryMarshal.Cast<byte, ulong>(destination));
                break;
            case 3:
                _codes?.Codec.WriteParameters(destination);
                break;
            case 4:
                _codes?.Rows.CopyTo(header.Count, destination);
                break;
            default:
                for (int row = 0; header.HasVectors && row < header.Count; row++)
                {
                    _vectors.RowAt(row).CopyTo(MemoryMarshal.Cast<byte, float>(destination).Slice(row * Dimensions, Dimensions));
                }

                break;
        }
    }

    private void Restore(in HnswHeader header, ReadOnlySpan<byte> bytes, ReadOnlySpan<float> vectors)
    {
        int vectorBytes = (int)header.SectionBytes()[5];
        _vectors.AppendRange(header.HasVectors ? MemoryMarshal.Cast<byte, float>(bytes.Slice(Starts(header)[5], vectorBytes)) : vectors);
        RestoreStructure(header, bytes);
    }

    private static int[] Starts(in HnswHeader header)
    {
        long[] lengths = header.SectionBytes();
        var starts = new int[lengths.Length];
        int at = HnswFormat.HeaderBytes;
        for (int section = 0; section < lengths.Length; section++)
        {
            starts[section] = at;
            at += (int)HnswHeader.Padded(lengths[section]);
        }

        return starts;
    }

    private void RestoreStructure(in HnswHeader header, ReadOnlySpan<byte> bytes)
    {
        long[] lengths = header.SectionBytes();
        int[] starts = Starts(header);
        ReadOnlySpan<int> lists = MemoryMarshal.Cast<byte, int>(bytes.Slice(starts[0], (int)lengths[0]));
        ReadOnlySpan<int> upperLists = MemoryMarshal.Cast<byte, int>(bytes.Slice(starts[1], (int)lengths[1]));
        ReadOnlySpan<ulong> deleted = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(starts[2], (int)lengths[2]));
        _graph.Restore(header.Count, header.Entry, lists, upperLists, deleted);
        if (header.Codes != VectorQuantization.None)
        {
            RowCodec codec = RowCodec.Read(header.Codes, Metric, Dimensions, bytes.Slice(starts[3], (int)lengths[3]));
            if (codec.RowBytes != header.RowBytes)
            {
                throw new InvalidDataException($"A code takes {codec.RowBytes} bytes, not {header.RowBytes}.");
            }

            _codes = new CodedRows(codec, new ChunkedRows<byte>(codec.RowBytes, _chunkBytes));
            _codes.Rows.CopyFrom(header.Count, bytes.Slice(starts[4], (int)lengths[4]));
        }
        else if (lengths[3] != 0)
        {
            throw new InvalidDataException("The graph index has a quantizer without codes.");
        }

        _tables = new VectorTables(_vectors);
        Volatile.Write(ref _coded, header.Count);
        Volatile.Write(ref _indexed, header.Count);
    }
}
