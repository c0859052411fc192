using System.Buffers.Binary;
using CsCheck;

namespace Vektagraf.Index.Tests.Hnsw;

public class HnswSerializationTests
{
    private const int Rows = 700;

    [Theory]
    [InlineData(VectorQuantization.None)]
    [InlineData(VectorQuantization.Half)]
    [InlineData(VectorQuantization.Scalar8)]
    [InlineData(VectorQuantization.Rabitq4)]
    [InlineData(VectorQuantization.Rabitq1)]
    public void Load_OfWhatWasSerialized_SearchesAndGrowsAlike(VectorQuantization quantization)
    {
        var data = new GraphCase(DistanceMetric.Cosine, Rows);
        HnswIndex written = data.Build(quantization);
        written.Delete(3);
        HnswIndex[] read = [HnswIndex.Load(written.Serialize()), HnswIndex.Load(written.Serialize(includeVectors: false), data.Vectors.SelectMany(vector => vector).ToArray())];
        foreach (HnswIndex index in read)
        {
            Assert.Equal(written.Serialize(), index.Serialize());
            AssertEqualAnswers(data, written, index);
        }

        Array.ForEach([written, .. read], index => index.Append(data.Queries[0]));
        Assert.Equal(written.Serialize(), read[0].Serialize());
        AssertEqualAnswers(data, written, read[1]);
    }

    [Fact]
    public void Load_OfAnEmptyIndex_IsEmpty()
    {
        var index = HnswIndex.Load(new HnswIndex(7, DistanceMetric.Dot).Serialize());
        Assert.Equal((0, 7, DistanceMetric.Dot), (index.Count, index.Dimensions, index.Metric));
        Assert.Equal(0, index.Append(new float[7]));
    }

    /// <summary>The first bytes of every file of version 1; a change here is a new version.</summary>
    [Fact]
    public void Serialize_WritesTheDocumentedHeader()
    {
        var index = new HnswIndex(3, DistanceMetric.Euclidean, new HnswOptions { M = 5, Seed = 9, EfSearch = 33 });
        index.AppendRange([1, 2, 3, 4, 5, 6]);
        byte[] bytes = index.Serialize();
        Assert.Equal("VKHN"u8, bytes.AsSpan(0, 4));
        Assert.Equal([1, 0, 2, 0, 0, 1], bytes[4..10]);
        Assert.Equal(9, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16)));
        int[] numbers = [.. Enumerable.Range(0, 12).Select(i => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(24 + (4 * i))))];
        Assert.Equal([3, 2, 5, 200, 33, 1024, 32, 0, index.Serialize().Length > 0 ? numbers[8] : 0, 0, 0, 0], numbers);
        Assert.Equal([1, -1], new[] { 128, 132 }.Select(at => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at))));
        Assert.Equal(6f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(bytes.Length - 64 + 20)));
    }

    [Fact]
    public void Load_OfAnotherVersion_IsRefused()
    {
        byte[] bytes = new HnswIndex(3, DistanceMetric.Euclidean).Serialize();
        bytes[4] = 2;
        Assert.Contains("version 2", Assert.Throws<InvalidDataException>(() => HnswIndex.Load(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WithVectorsThatDoNotFit_IsRefused()
    {
        var index = new HnswIndex(3, DistanceMetric.Euclidean);
        index.Append([1, 2, 3]);
        Assert.Throws<ArgumentException>(() => HnswIndex.Load(index.Serialize(includeVectors: false)));
        Assert.Throws<ArgumentException>(() => HnswIndex.Load(index.Serialize(), [1, 2, 3]));
    }

    /// <summary>Cut, changed in some bytes, numbers replaced: it is refused, or it is an index that searches and ends.</summary>
    [Fact]
    public void Load_OfDamagedBytes_IsRefusedOrSearches()
    {
        byte[][] whole = [.. Enum.GetValues<VectorQuantization>().Select(quantization => Small(quantization).Serialize())];
        var damage = Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 5], Gen.Int);
        int loaded = 0;
        damage.Sample(
            choice =>
            {
                var random = new Random(choice.Item3);
                byte[] bytes = Damage(whole[choice.Item1], choice.Item2, random);
                try
                {
                    var index = HnswIndex.Load(bytes);
                    var scratch = new SearchScratch();
                    float[] query = Array.ConvertAll(new float[index.Dimensions], _ => random.NextSingle());
                    index.Search(query, new SearchParameters(5), null, null, scratch);
                    index.Search(query, new SearchParameters(5), new BitmapFilter([0x5555_5555_5555_5555]), null, scratch);
                    index.Append(query);
                    index.Delete(0);
                    Interlocked.Increment(ref loaded);
                }
                catch (InvalidDataException)
                {
                }
            },
            iter: 3000);
        Assert.True(loaded > 100, $"only {loaded} of the damaged ones were loaded: the test reaches too little");
    }

    private static HnswIndex Small(VectorQuantization quantization)
    {
        var index = new HnswIndex(6, DistanceMetric.Euclidean, new HnswOptions { M = 3, EfConstruction = 20, TrainingRows = 50, ExactRowsPerCandidate = 0, Quantization = quantization });
        var random = new Random(4);
        index.AppendRange(Array.ConvertAll(new float[6 * 90], _ => random.NextSingle()));
        index.Delete(17);
        return index;
    }

    private static byte[] Damage(byte[] whole, int kind, Random random)
    {
        byte[] bytes = [.. whole];
        switch (kind)
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                bytes[random.Next(HnswFormat.HeaderBytes)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 2:
                int[] numbers = [-1, 0, 1, 2, 89, 90, 91, int.MaxValue, int.MinValue];
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * random.Next(bytes.Length / 4)), numbers[random.Next(numbers.Length)]);
                return bytes;
            case 3:
                // Links among the rows there are, but at random.
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(HnswFormat.HeaderBytes + (4 * random.Next(90 * 6))), random.Next(90));
                return bytes;
            default:
                for (int i = random.Next(1, 20); i > 0; i--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                return bytes;
        }
    }

    private static void AssertEqualAnswers(GraphCase data, HnswIndex first, HnswIndex second)
    {
        var scratch = new SearchScratch();
        foreach (float[] query in data.Queries)
        {
            Neighbor[] expected = first.Search(query, new SearchParameters(10), null, null, scratch).ToArray();
            Assert.Equal(expected, second.Search(query, new SearchParameters(10), null, null, scratch).ToArray());
        }
    }
}
