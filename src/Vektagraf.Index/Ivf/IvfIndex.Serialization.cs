using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

public sealed partial class IvfIndex
{
    /// <summary>"VKIV".</summary>
    private const uint Magic = 0x5649_4B56;

    private const ushort Version = 1;

    private const int HeaderBytes = 64;

    /// <summary>
    /// Centres, the codec's parameters and which rows are in which list; vectors and codes are not in it, these being made from those again.
    /// Only the thread that indexes may call this. The bytes carry no checksum; what they are kept in must.
    /// </summary>
    /// <returns>Bytes that depend on the index alone; see docs/formats/ivf.md.</returns>
    public byte[] SerializeStructure()
    {
        InvertedLists? lists = _lists;
        int parameterBytes = lists?.Codec?.ParameterBytes ?? 0;
        int count = lists?.Lists.Length ?? 0;
        long entries = lists?.Lists.Sum(list => (long)list.Count) ?? 0;
        long total = HeaderBytes + parameterBytes + ((long)count * ((Dimensions * sizeof(float)) + sizeof(int))) + (entries * sizeof(int));
        byte[] bytes = new byte[checked((int)total)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        bytes[6] = (byte)Metric;
        bytes[7] = (byte)Options.Quantization;
        bytes[8] = (byte)(lists?.Codec?.Kind ?? VectorQuantization.None);
        bytes[9] = (byte)Options.Spill;
        WriteInt32(bytes, 12, Dimensions);
        WriteInt32(bytes, 16, lists?.Indexed ?? 0);
        WriteInt32(bytes, 20, lists?.TrainedRows ?? 0);
        WriteInt32(bytes, 24, count);
        WriteInt32(bytes, 28, lists?.Probes ?? 0);
        WriteInt32(bytes, 32, parameterBytes);
        WriteInt32(bytes, 36, Options.NList);
        WriteInt32(bytes, 40, Options.NProbe);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(44), Options.Seed);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(52), Options.Recall);
        if (lists is not null)
        {
            WriteLists(lists, parameterBytes, bytes.AsSpan(HeaderBytes));
        }

        return bytes;
    }

    /// <summary>
    /// An index from the bytes of <see cref="SerializeStructure"/>: nothing is trained, codes are made again. All numbers are checked, so that searches stay
    /// within the index whatever the bytes were; that they are the bytes written, a checksum must say.
    /// </summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="vectors">The vectors, at least those that were in lists, in the same order.</param>
    /// <param name="degreeOfParallelism">Threads to encode with.</param>
    /// <exception cref="InvalidDataException">The bytes are no index of this version over such vectors.</exception>
    public static IvfIndex Load(ReadOnlySpan<byte> bytes, FlatIndex vectors, int degreeOfParallelism = 1)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        Require(bytes.Length >= HeaderBytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic, "They do not begin like one.");
        Require(BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) == Version, "They are of another version.");
        int dimensions = ReadInt32(bytes, 12);
        Require((DistanceMetric)bytes[6] == vectors.Metric && dimensions == vectors.Dimensions, "They are of vectors of another length or metric.");
        var index = new IvfIndex(vectors, ReadOptions(bytes));
        (int indexed, int trained, int count) = (ReadInt32(bytes, 16), ReadInt32(bytes, 20), ReadInt32(bytes, 24));
        (int probes, int parameterBytes) = (ReadInt32(bytes, 28), ReadInt32(bytes, 32));
        Require(indexed >= 0 && indexed <= vectors.Count, $"They have {indexed} rows in lists; there are {vectors.Count} vectors.");
        if (count == 0)
        {
            Require(indexed == 0 && bytes.Length == HeaderBytes, "They have rows without lists.");
            return index;
        }

        Require(count is > 0 and <= IvfOptions.MaxLists && trained >= 1 && indexed >= 1 && probes >= 1 && parameterBytes >= 0, "A count is out of range.");
        long fixedBytes = HeaderBytes + (long)parameterBytes + ((long)count * ((dimensions * sizeof(float)) + sizeof(int)));
        Require(fixedBytes <= bytes.Length && (bytes.Length - fixedBytes) % sizeof(int) == 0, "They are torn.");
        RowCodec? codec = ReadCodec((VectorQuantization)bytes[8], vectors, bytes.Slice(HeaderBytes, parameterBytes));
        ReadOnlySpan<float> components = MemoryMarshal.Cast<byte, float>(bytes.Slice(HeaderBytes + parameterBytes, count * dimensions * sizeof(float)));
        Require(!components.ContainsAnyExceptInRange(float.MinValue, float.MaxValue), "A centre is not finite.");
        var lists = new InvertedLists(vectors, new Centroids(vectors.Metric, dimensions, components), codec, index.Options.Spill, trained) { Probes = probes };
        ReadOnlySpan<int> numbers = MemoryMarshal.Cast<byte, int>(bytes[(HeaderBytes + parameterBytes + (count * dimensions * sizeof(float)))..]);
        int[] rows = new int[indexed];
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row] = row;
        }

        lists.Add(rows, ReadAssignments(numbers, count, indexed, index.Options.Spill), isFinal: true, degreeOfParallelism);
        index._lists = lists;
        return index;
    }

    private static IvfOptions ReadOptions(ReadOnlySpan<byte> bytes)
    {
        var options = new IvfOptions
        {
            Quantization = (VectorQuantization)bytes[7],
            Spill = bytes[9],
            NList = ReadInt32(bytes, 36),
            NProbe = ReadInt32(bytes, 40),
            Seed = BinaryPrimitives.ReadInt64LittleEndian(bytes[44..]),
            Recall = BinaryPrimitives.ReadDoubleLittleEndian(bytes[52..]),
        };
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new InvalidDataException("The bytes are no inverted-list index: an option is out of its range.", e);
        }
    }

    private static RowCodec? ReadCodec(VectorQuantization kind, FlatIndex vectors, ReadOnlySpan<byte> parameters)
    {
        if (kind != VectorQuantization.None)
        {
            return RowCodec.Read(kind, vectors.Metric, vectors.Dimensions, parameters);
        }

        Require(parameters.IsEmpty, "They have a quantizer without codes.");
        return null;
    }

    /// <summary>From rows by list to lists by row.</summary>
    private static int[] ReadAssignments(ReadOnlySpan<int> numbers, int lists, int rows, int spill)
    {
        int[] assigned = new int[checked(rows * spill)];
        Array.Fill(assigned, -1);
        ReadOnlySpan<int> counts = numbers[..lists];
        ReadOnlySpan<int> entries = numbers[lists..];
        Require(entries.Length <= assigned.Length, "They have more entries than rows.");
        for (int list = 0; list < lists; list++)
        {
            Require((uint)counts[list] <= (uint)entries.Length, "A list is longer than what is left.");
            int previous = -1;
            foreach (int row in entries[..counts[list]])
            {
                Require(row > previous && row < rows, "A list's rows are out of order or range.");
                int at = assigned[row] < 0 ? row : rows + row;
                Require(at < assigned.Length && assigned[at] < 0, "A row is in too many lists.");
                assigned[at] = list;
                previous = row;
            }

            entries = entries[counts[list]..];
        }

        Require(entries.IsEmpty && !assigned.AsSpan(0, rows).Contains(-1), "A row is in no list, or an entry in none.");
        return assigned;
    }

    private void WriteLists(InvertedLists lists, int parameterBytes, Span<byte> destination)
    {
        lists.Codec?.WriteParameters(destination[..parameterBytes]);
        Span<float> components = MemoryMarshal.Cast<byte, float>(destination.Slice(parameterBytes, lists.Lists.Length * Dimensions * sizeof(float)));
        Span<int> numbers = MemoryMarshal.Cast<byte, int>(destination[(parameterBytes + (components.Length * sizeof(float)))..]);
        int at = lists.Lists.Length;
        for (int i = 0; i < lists.Lists.Length; i++)
        {
            lists.Centroids.At(i).CopyTo(components.Slice(i * Dimensions, Dimensions));
            InvertedList list = lists.Lists[i];
            numbers[i] = list.Count;
            list.Rows.Ordinals.Slice(0, list.Count).CopyTo(numbers[at..]);
            at += list.Count;
        }
    }

    private static void WriteInt32(byte[] bytes, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);

    private static int ReadInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new InvalidDataException($"The bytes are no inverted-list index of these vectors. {problem}");
        }
    }
}
