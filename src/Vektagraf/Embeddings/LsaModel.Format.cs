using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Vektagraf.Embeddings;

/// <content>The stored form; docs/formats/lsa-model.md draws the bytes.</content>
public sealed partial class LsaModel
{
    /// <summary>"VLSA" read as a little-endian number.</summary>
    private const uint Magic = 0x41534C56;

    private const ushort Version = 1;
    private const int HeaderSize = 48;
    private const int ChecksumSize = 4;
    private const int MaxDimensions = 4096;
    private const int MaxTerms = 1_000_000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a stored model.</summary>
    /// <param name="bytes">All bytes of the stored form, no more.</param>
    /// <returns>The model: it embeds to the bit as the one that was written.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>: the bytes fail their checksum or make no valid model.</exception>
    public static LsaModel Read(ReadOnlySpan<byte> bytes)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Models are stored in little-endian order and read in place.");
        }

        Check(bytes.Length >= HeaderSize + ChecksumSize, "it is shorter than its header");
        ReadOnlySpan<byte> body = bytes[..^ChecksumSize];
        Check(BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic, "it does not begin with VLSA");
        Check(BinaryPrimitives.ReadUInt32LittleEndian(bytes[body.Length..]) == Checksum(body), "its checksum does not match");
        Check(BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) == Version, "its version is not known here");
        (Header header, int terms, int vocabularyBytes) = ReadHeader(body);
        long expected = HeaderSize + (4L * header.Dimensions) + (8L * terms) + ((long)terms * header.Dimensions) + vocabularyBytes;
        Check(body.Length == expected, "its length does not fit its header");

        ReadOnlySpan<byte> rest = body[HeaderSize..];
        float[] singularValues = TakeFloats(ref rest, header.Dimensions);
        float[] idf = TakeFloats(ref rest, terms);
        float[] scales = TakeFloats(ref rest, terms);
        sbyte[] codes = MemoryMarshal.Cast<byte, sbyte>(rest[..(terms * header.Dimensions)]).ToArray();
        return new LsaModel(header, singularValues, ReadVocabulary(rest[codes.Length..], terms), idf, scales, codes);
    }

    /// <summary>The stored form as an array.</summary>
    /// <returns>The bytes <see cref="Read"/> takes.</returns>
    public byte[] ToBytes()
    {
        byte[] vocabulary = WriteVocabulary(_terms);
        byte[] bytes = new byte[HeaderSize + (4 * Dimensions) + (8 * _terms.Length) + _codes.Length + vocabulary.Length + ChecksumSize];
        WriteHeader(bytes, vocabulary.Length);
        Span<byte> rest = bytes.AsSpan(HeaderSize);
        foreach (float[] floats in (ReadOnlySpan<float[]>)[_singularValues, _idf, _scales])
        {
            foreach (float value in floats)
            {
                BinaryPrimitives.WriteSingleLittleEndian(rest, value);
                rest = rest[4..];
            }
        }

        MemoryMarshal.AsBytes(_codes.AsSpan()).CopyTo(rest);
        vocabulary.CopyTo(rest[_codes.Length..]);
        int body = bytes.Length - ChecksumSize;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(body), Checksum(bytes.AsSpan(0, body)));
        return bytes;
    }

    /// <summary>Writes the stored form.</summary>
    /// <param name="stream">Where it goes.</param>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(ToBytes());
    }

    /// <summary>Puts together a model that was just learned.</summary>
    internal static LsaModel Create(
        LsaCorpus corpus, LsaOptions options, float[] singularValues, float[] scales, sbyte[] codes, float unknownLength)
    {
        Header header = new(
            options.Dimensions, corpus.DocumentCount, options.Seed, options.TitleWeight, corpus.UnknownIdf, unknownLength);
        return new LsaModel(header, singularValues, corpus.Terms, corpus.Idf, scales, codes);
    }

    private void WriteHeader(Span<byte> bytes, int vocabularyBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Dimensions);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], _terms.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], DocumentCount);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], _seed);
        BinaryPrimitives.WriteSingleLittleEndian(bytes[32..], _titleWeight);
        BinaryPrimitives.WriteSingleLittleEndian(bytes[36..], _unknownIdf);
        BinaryPrimitives.WriteSingleLittleEndian(bytes[40..], _unknownLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[44..], vocabularyBytes);
    }

    private static (Header Header, int Terms, int VocabularyBytes) ReadHeader(ReadOnlySpan<byte> bytes)
    {
        Header header = new(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadSingleLittleEndian(bytes[32..]),
            BinaryPrimitives.ReadSingleLittleEndian(bytes[36..]),
            BinaryPrimitives.ReadSingleLittleEndian(bytes[40..]));
        int terms = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        int vocabularyBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[44..]);
        Check(header.Dimensions is >= 1 and <= MaxDimensions, "its dimensions are out of range");
        Check(header.DocumentCount >= 0, "its document count is negative");
        Check(terms is >= 0 and <= MaxTerms && vocabularyBytes >= 0, "its vocabulary is out of range");
        Check((long)terms * header.Dimensions <= Array.MaxLength, "its projection is out of range");
        Check(IsWeight(header.TitleWeight) && IsWeight(header.UnknownIdf) && IsWeight(header.UnknownLength), "one of its weights is no positive number");
        return (header, terms, vocabularyBytes);
    }

    private static bool IsWeight(float value) => value is > 0 and < 1e6f;

    private static float[] TakeFloats(ref ReadOnlySpan<byte> rest, int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(rest[(4 * i)..]);
            Check(values[i] is >= 0 and < 1e6f, "one of its numbers is negative, too large or none");
        }

        rest = rest[(4 * count)..];
        return values;
    }

    /// <summary>Front coding: length shared with the word before, length of what follows, and that; all in bytes of UTF-8.</summary>
    private static byte[] WriteVocabulary(string[] terms)
    {
        using MemoryStream stream = new();
        byte[] before = [];
        foreach (string term in terms)
        {
            byte[] word = StrictUtf8.GetBytes(term);
            int shared = word.AsSpan().CommonPrefixLength(before);
            stream.WriteByte((byte)shared);
            stream.WriteByte((byte)(word.Length - shared));
            stream.Write(word.AsSpan(shared));
            before = word;
        }

        return stream.ToArray();
    }

    private static string[] ReadVocabulary(ReadOnlySpan<byte> bytes, int count)
    {
        string[] terms = new string[count];
        Span<byte> word = stackalloc byte[2 * byte.MaxValue];
        int before = 0;
        for (int i = 0; i < count; i++)
        {
            Check(bytes.Length >= 2 && bytes[0] <= before && bytes[1] > 0 && bytes.Length >= 2 + bytes[1], "its vocabulary ends too early");
            int length = bytes[0] + bytes[1];
            Check(length <= byte.MaxValue, "one of its words is too long");
            bytes.Slice(2, bytes[1]).CopyTo(word[bytes[0]..]);
            terms[i] = Decode(word[..length]);
            Check(i == 0 || string.CompareOrdinal(terms[i - 1], terms[i]) < 0, "its vocabulary is not in order");
            bytes = bytes[(2 + bytes[1])..];
            before = length;
        }

        Check(bytes.IsEmpty, "bytes follow its vocabulary");
        return terms;
    }

    private static string Decode(ReadOnlySpan<byte> word)
    {
        try
        {
            return StrictUtf8.GetString(word);
        }
        catch (DecoderFallbackException)
        {
            throw Corrupt("one of its words is not UTF-8");
        }
    }

    /// <summary>CRC-32C, initial value and final exclusive or all ones.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte b in bytes[(bytes.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    private static void Check(bool holds, string fault)
    {
        if (!holds)
        {
            throw Corrupt(fault);
        }
    }

    private static VektagrafException Corrupt(string fault) =>
        new(ErrorKind.Corrupt, "corrupt-model", $"The stored LSA model cannot be read: {fault}. Train the model again.");

    private readonly record struct Header(
        int Dimensions, long DocumentCount, ulong Seed, float TitleWeight, float UnknownIdf, float UnknownLength);
}
