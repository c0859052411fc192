using System.Buffers.Binary;
using CsCheck;

namespace Vektagraf.Index.Tests.Ivf;

public class IvfSerializationTests
{
    [Theory]
    [InlineData(VectorQuantization.None, 1)]
    [InlineData(VectorQuantization.Half, 1)]
    [InlineData(VectorQuantization.Scalar8, 2)]
    [InlineData(VectorQuantization.Rabitq4, 1)]
    [InlineData(VectorQuantization.Rabitq1, 2)]
    public void Load_OfWhatWasSerialized_SearchesAndGrowsAlike(VectorQuantization quantization, int spill)
    {
        var data = new ListCase(DistanceMetric.Cosine, 1200);
        IvfIndex written = data.Build(quantization, spill);
        data.Vectors.Append(data.Data.Queries[0]);
        IvfIndex read = IvfIndex.Load(written.SerializeStructure(), data.Vectors, 2);
        Assert.Equal(written.Options, read.Options);
        Assert.Equal((1200, written.DefaultNProbe, written.ListCount), (read.IndexedCount, read.DefaultNProbe, read.ListCount));
        AssertEqualAnswers(data, written, read);
        Assert.Equal(1, written.IndexPending(int.MaxValue, 1));
        Assert.Equal(1, read.IndexPending(int.MaxValue, 1));
        AssertEqualAnswers(data, written, read);
    }

    [Fact]
    public void Load_OfAnUntrainedIndex_IsUntrained()
    {
        var vectors = new FlatIndex(3, DistanceMetric.Dot);
        IvfIndex read = IvfIndex.Load(new IvfIndex(vectors, new IvfOptions { NProbe = 5 }).SerializeStructure(), vectors);
        Assert.Equal((0, 0, 5), (read.IndexedCount, read.ListCount, read.Options.NProbe));
    }

    /// <summary>The first bytes of every file of version 1; a change here is a new version.</summary>
    [Fact]
    public void Serialize_WritesTheDocumentedHeader()
    {
        var vectors = new FlatIndex(1, DistanceMetric.Euclidean);
        vectors.AppendRange([1, 2, 100, 101]);
        var index = new IvfIndex(vectors, new IvfOptions { NList = 2, Quantization = VectorQuantization.None, Seed = 7, NProbe = 1 });
        index.IndexPending(int.MaxValue, 1);
        byte[] bytes = index.SerializeStructure();
        Assert.Equal("VKIV"u8, bytes.AsSpan(0, 4));
        Assert.Equal([1, 0, (byte)DistanceMetric.Euclidean, 0, 0, 1, 0, 0], bytes[4..12]);
        int[] numbers = [.. Enumerable.Range(0, 8).Select(i => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12 + (4 * i))))];
        Assert.Equal([1, 4, 4, 2, numbers[4], 0, 2, 1], numbers);
        Assert.Equal(7, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(44)));
        Assert.Equal(0.95, BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(52)));
        Assert.Equal([1.5f, 100.5f], new[] { 64, 68 }.Select(at => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at))).Order());
        Assert.Equal([2, 2], new[] { 72, 76 }.Select(at => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at))));
        Assert.Equal([0, 1, 2, 3], new[] { 80, 84, 88, 92 }.Select(at => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at))).Order());
        Assert.Equal(96, bytes.Length);
    }

    [Fact]
    public void Load_OverOtherVectors_IsRefused()
    {
        var data = new ListCase(DistanceMetric.Cosine, 300);
        byte[] bytes = data.Build(VectorQuantization.Scalar8).SerializeStructure();
        Assert.Throws<InvalidDataException>(() => IvfIndex.Load(bytes, new FlatIndex(32, DistanceMetric.Cosine)));
        Assert.Throws<InvalidDataException>(() => IvfIndex.Load(bytes, new FlatIndex(31, DistanceMetric.Cosine)));
        Assert.Throws<InvalidDataException>(() => IvfIndex.Load(bytes, new FlatIndex(32, DistanceMetric.Dot)));
        bytes[4] = 2;
        Assert.Throws<InvalidDataException>(() => IvfIndex.Load(bytes, data.Vectors));
    }

    /// <summary>Whatever bytes are changed or cut off: a named error, or an index that answers within its rows.</summary>
    [Fact]
    public void Load_OfDamagedBytes_IsRefusedOrSafe()
    {
        var data = new ListCase(DistanceMetric.Euclidean, 300);
        byte[][] whole = [.. new[] { VectorQuantization.None, VectorQuantization.Scalar8, VectorQuantization.Rabitq4 }.Select((kind, i) => data.Build(kind, 1 + (i % 2)).SerializeStructure())];
        int refused = 0;
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 1 << 30], Gen.Int[1, 4], Gen.Bool).Sample(
            (which, seed, changes, isHeader) =>
            {
                var random = new Random(seed);
                byte[] bytes = [.. whole[which]];
                for (int i = 0; i < changes; i++)
                {
                    bytes[random.Next(isHeader ? 64 : bytes.Length)] = (byte)random.Next(256);
                }

                bytes = random.Next(5) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
                try
                {
                    IvfIndex index = IvfIndex.Load(bytes, data.Vectors);
                    Neighbor[] found = index.Search(data.Data.Queries[0], new SearchParameters(10), default(AcceptAll), default(OrdinalTieBreaker), new SearchScratch()).ToArray();
                    Assert.All(found, neighbor => Assert.InRange(neighbor.Ordinal, 0, 299));
                }
                catch (InvalidDataException)
                {
                    Interlocked.Increment(ref refused);
                }
            },
            iter: 2000);
        Assert.True(refused > 0);
    }

    private static void AssertEqualAnswers(ListCase data, IvfIndex expected, IvfIndex actual)
    {
        var scratch = new SearchScratch();
        foreach (float[] query in data.Data.Queries)
        {
            Neighbor[] first = expected.Search(query, new SearchParameters(10), default(AcceptAll), default(OrdinalTieBreaker), scratch).ToArray();
            Assert.Equal(first, actual.Search(query, new SearchParameters(10), default(AcceptAll), default(OrdinalTieBreaker), scratch).ToArray());
        }
    }
}
