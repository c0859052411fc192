using System.Buffers.Binary;
using System.Numerics;
using CsCheck;

namespace Vektagraf.Embeddings;

public class LsaModelFormatTests
{
    private static readonly LsaModel Model = LsaTrainer.Train(LsaCorpora.Generate(40, seed: 4), new LsaOptions { Dimensions = 10 });
    private static readonly byte[] Bytes = Model.ToBytes();

    [Fact]
    public void Read_WhenWritten_EmbedsToTheBitAsBefore()
    {
        using MemoryStream stream = new();
        Model.Write(stream);
        LsaModel read = LsaModel.Read(stream.ToArray());
        Assert.Equal(Bytes, read.ToBytes());
        Assert.Equal(Model.DocumentCount, read.DocumentCount);
        Assert.Equal(Model.Vocabulary, read.Vocabulary);
        Gen.String.Sample(text =>
        {
            float[] before = new float[Model.Dimensions];
            float[] after = new float[Model.Dimensions];
            return Model.TryEmbed(text + " file", before) && read.TryEmbed(text + " file", after) && before.SequenceEqual(after);
        });
    }

    [Fact]
    public void Read_WhenTheVocabularyIsEmpty_GivesItBack()
    {
        byte[] bytes = LsaTrainer.Train([], new LsaOptions { Dimensions = 3 }).ToBytes();
        Assert.Equal(bytes, LsaModel.Read(bytes).ToBytes());
    }

    [Fact]
    public void Read_WhenTheModelIsOfVersion1_StillEmbedsAsThen()
    {
        LsaModel model = LsaModel.Read(Convert.FromBase64String(GoldenModel));
        Assert.Equal(["appl", "car", "red"], model.Vocabulary);
        float[] vector = model.Embed("red apples\nwith an unknown");
        Assert.Equal(GoldenVector, vector.Select(x => MathF.Round(x, 4)));
    }

    [Fact]
    public void Read_WhenOneBitFlips_SaysCorrupt()
    {
        for (int bit = 0; bit < Bytes.Length * 8; bit += 3)
        {
            byte[] damaged = [.. Bytes];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertCorrupt(damaged);
        }
    }

    [Fact]
    public void Read_WhenTruncatedOrExtended_SaysCorrupt()
    {
        for (int length = 0; length < Bytes.Length; length++)
        {
            AssertCorrupt(Bytes[..length]);
            AssertCorrupt(length >= 4 ? WithChecksum(Bytes[..length]) : []);
        }

        AssertCorrupt(WithChecksum([.. Bytes, 0, 0, 0, 0]));
    }

    /// <summary>Damage behind a valid checksum, as a faulty or hostile writer would leave it.</summary>
    [Fact]
    public void Read_WhenDamageHasAValidChecksum_SaysCorruptOrGivesAUsableModel() =>
        Gen.Select(Gen.Int[0, Bytes.Length - 5], Gen.Byte, Gen.Bool).Array[1, 8].Sample(edits =>
        {
            byte[] damaged = [.. Bytes];
            foreach ((int at, byte value, bool inHeader) in edits)
            {
                damaged[inHeader ? at % 48 : at] = value;
            }

            try
            {
                LsaModel model = LsaModel.Read(WithChecksum(damaged));
                float[] vector = new float[model.Dimensions];
                return model.TryEmbed("file network", vector) && vector.All(float.IsFinite);
            }
            catch (VektagrafException e)
            {
                return e.Kind == ErrorKind.Corrupt && e.Slug == "corrupt-model";
            }
        });

    private static void AssertCorrupt(byte[] bytes)
    {
        VektagrafException error = Assert.Throws<VektagrafException>(() => LsaModel.Read(bytes));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Equal("corrupt-model", error.Slug);
    }

    /// <summary>Overwrites the last four bytes by the checksum of those before, byte by byte as the specification of CRC-32C has it.</summary>
    private static byte[] WithChecksum(byte[] bytes)
    {
        byte[] result = [.. bytes];
        uint crc = uint.MaxValue;
        foreach (byte b in result.AsSpan(0, result.Length - 4))
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(result.AsSpan(result.Length - 4), ~crc);
        return result;
    }

    private const string GoldenModel =
        "VkxTQQEAAAAEAAAAAwAAAAIAAAAAAAAAAQAAAAAAAAAAAMA/YFjlPwAAAD8QAAAAlxOEPx6Udz8AAAAAAAAAABhyMT8YcjE/gbI6PsxYxjviiq"
        + "Y7r2mWO2OB9vZ2f/T0f80zzQAEYXBwbAADY2FyAANyZWTWx3CK";

    private static readonly float[] GoldenVector = [0.8242f, -0.2267f, -0.3238f, -0.4056f];
}
