using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;
using Vektagraf.Storage.Segments;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Segments;

/// <summary>Inverted lists in segments: when there are some, and what becomes of a search when they are damaged.</summary>
public class SegmentListTests
{
    private const ushort ListKind = 11;
    private const int Rows = 120;

    private static readonly SegmentSchema Schema = new([new("v", 3, DistanceMetric.Euclidean), new("w", 2)], []);

    [Fact]
    public async Task Write_OfManyVectors_KeepsEveryOneInOneList()
    {
        var content = Write(Rows, least: 100);
        Assert.Equal(3, content.Footer.Version);
        var segment = await OpenAsync(content.Bytes);
        await segment.File.VerifyAsync();
        Assert.Equal((DistanceMetric.Euclidean, (DistanceMetric?)null), (segment.ListMetricOf(0), segment.ListMetricOf(1)));
        var ordinals = new List<int>();
        foreach (var block in content.Footer.Blocks.Where(b => b.Kind == ListKind))
        {
            // Ordinals below 128 take a byte each, and codes three.
            var bytes = (await segment.File.ReadBlockAsync(block)).ToArray();
            Assert.Equal(0, bytes.Length % 4);
            var ordinal = 0;
            ordinals.AddRange(bytes.Take(bytes.Length / 4).Select(difference => ordinal += difference));
        }

        Assert.Equal(Enumerable.Range(0, Rows), ordinals.Order());
        Assert.Equal(content.Bytes.ToArray(), Write(Rows, least: 100).Bytes.ToArray());
        var rows = await SegmentWorld.ListAsync(segment.EnumerateAsync());
        Assert.Equal(Rows, rows.Count);
    }

    [Fact]
    public void Write_OfFewVectors_IsOfTheFirstVersion()
    {
        var content = Write(Rows, least: Rows + 1);
        Assert.Equal(1, content.Footer.Version);
        Assert.DoesNotContain(content.Footer.Blocks, b => b.Kind == ListKind);
    }

    [Fact]
    public void For_ADefinition_WantsListsUnlessTheIndexIsFlat()
    {
        var definition = CollectionJson.Read("""{"vectors":{"a":{"dimensions":2,"index":"flat"},"b":{"dimensions":2,"metric":"dot"},"c":{"dimensions":2,"index":"ivf"}}}"""u8);
        Assert.Equal([null, DistanceMetric.Dot, DistanceMetric.Cosine], SegmentSchema.For(definition).Vectors.Select(v => v.ListMetric));
    }

    /// <summary>Whatever is wrong in metadata or lists under fitting checksums: a search names the damage or gives an answer.</summary>
    [Fact]
    public async Task SearchAsync_WhenListsAreWrongUnderFittingChecksums_IsCorruptOrAnAnswer()
    {
        var world = await CollectionAsync();
        var entry = (await world.ListAsync("c/")).Entries.Single(e => e.Key.EndsWith("/data", StringComparison.Ordinal));
        var manifest = (await world.ListAsync("c/")).Entries.Last(e => e.Key.Contains("/m/", StringComparison.Ordinal)).Key;
        var segment = await Segment.OpenAsync(world, entry.Key);
        var footer = segment.File.Footer;
        var contents = new List<byte[]>();
        foreach (var block in footer.Blocks)
        {
            contents.Add((await segment.File.ReadBlockAsync(block)).ToArray());
        }

        var original = ShardManifest.Decode((await world.GetAsync(manifest)).Content.Span, manifest);
        var first = footer.Blocks.Index().First(b => b.Item.Kind == ListKind).Index;
        var corrupt = 0;
        await Gen.Select(Gen.Int[first, contents.Count + 3], Gen.Int[0, 1 << 20], Gen.Byte, Gen.Int[0, 3]).SampleAsync(async (which, at, value, how) =>
        {
            using var writer = new SegmentFileWriter();
            for (var i = 0; i < contents.Count; i++)
            {
                writer.Add(footer.Blocks[i].Kind, footer.Blocks[i].Number, i == which ? Spoil(contents[i], at, value, how) : contents[i], SegmentCodec.Zstd);
            }

            // The metadata of lists is at its end, the centres and the quantizer's parameters its greatest part.
            var metadata = footer.Metadata.ToArray();
            var spoiled = writer.Finish(which >= contents.Count ? Spoil(metadata, metadata.Length - 1 - (at % (metadata.Length / 2)), value, how) : metadata, footer.Version);
            var store = await CopyAsync(world);
            await store.PutAsync(entry.Key, spoiled.Bytes, PutCondition.None);
            var changed = original with { Segments = [original.Segments[0] with { Footer = spoiled.Footer.Encode(), Length = spoiled.Bytes.Length }] };
            await store.PutAsync(manifest, changed.Encode(), PutCondition.None);
            try
            {
                await using var node = ColdWorld.ColdNode(store);
                var things = await node.GetCollectionAsync(ColdWorld.Name, default);
                var found = await things.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = new float[] { 1, 2 } }, K = 5 }, default);
                Assert.InRange(found.Hits.Count, 0, 5);
                Assert.Equal(found.Hits.Count, found.Hits.DistinctBy(h => h.Object.Id).Count());
            }
            catch (VektagrafException e)
            {
                Assert.Equal((ErrorKind.Corrupt, "corrupt-segment"), (e.Kind, e.Slug));
                Interlocked.Increment(ref corrupt);
            }
        }, iter: 150);
        Assert.True(corrupt > 0);
    }

    private static SegmentFileContent Write(int rows, int least)
    {
        var random = new Random(3);
        return SegmentWriter.Write(
            Schema,
            Enumerable.Range(0, rows).Select(i => new SegmentRow
            {
                Id = $"o{i:d5}",
                Version = new ObjectVersion((ulong)i + 1, 0),
                Properties = "{}"u8.ToArray(),
                Vectors = [new SegmentVector("v", SegmentWorld.Bytes(random.Next(10), random.Next(10), random.Next(10))), new SegmentVector("w", SegmentWorld.Bytes(1, 2))],
            }),
            new SegmentWriterOptions { LeastListedVectors = least });
    }

    private static async Task<MemoryObjectStore> CollectionAsync()
    {
        var store = new MemoryObjectStore();
        await using var node = new VektagrafDatabase(store);
        var definition = CollectionJson.Read("""{"vectors":{"v":{"dimensions":2,"metric":"euclidean"}}}"""u8);
        var (things, _) = await node.PutCollectionAsync(ColdWorld.Name, definition, default);
        var random = new Random(4);
        await things.ImportAsync(
            Enumerable.Range(0, 4200).Select(i => new ObjectDraft
            {
                Id = $"o{i:d5}",
                Properties = "{}"u8.ToArray(),
                Vectors = [new NamedVector("v", new float[] { random.Next(50), random.Next(50) })],
            }),
            progress: null,
            default);
        await things.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, default);
        return store;
    }

    private static async Task<MemoryObjectStore> CopyAsync(MemoryObjectStore store)
    {
        var copy = new MemoryObjectStore();
        foreach (var entry in (await store.ListAsync("")).Entries)
        {
            await copy.PutAsync(entry.Key, (await store.GetAsync(entry.Key)).Content, PutCondition.None);
        }

        return copy;
    }

    private static byte[] Spoil(ReadOnlySpan<byte> bytes, int at, byte value, int how)
    {
        at %= bytes.Length;
        return how switch
        {
            0 => [.. bytes[..at], value, .. bytes[at..]],
            1 when bytes.Length > 1 => [.. bytes[..at], .. bytes[(at + 1)..]],
            2 => [.. bytes[..at], 0xFF, 0xFF, 0xFF, 0xFF, 0x07, .. bytes[at..]],
            _ => [.. bytes[..at], value, .. bytes[(at + 1)..]],
        };
    }

    private static async Task<Segment> OpenAsync(ReadOnlyMemory<byte> bytes)
    {
        var store = new MemoryObjectStore();
        await store.PutAsync(SegmentWorld.Key, bytes, PutCondition.None);
        return await Segment.OpenAsync(store, SegmentWorld.Key);
    }
}
