using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Log;

/// <summary>Bytes that exist in stores must stay readable, and what is written must stay the same until the version changes.</summary>
public class GoldenFileTests
{
    private static CancellationToken Cancel => CancellationToken.None;

    [Fact]
    public void Decode_OfTheCheckedInEntry_GivesItsContentAndEncodesToTheSameBytes()
    {
        var decoded = WalEntryCodec.Decode(GoldenEntry.EntryBytes, 7, "golden");
        Assert.Equal(WalText.Of(GoldenEntry.Entry), WalText.Of(decoded));
        Assert.Equal(GoldenEntry.EntryBytes, WalEntryCodec.Encode(decoded));
    }

    [Fact]
    public void Decode_OfTheCheckedInEntryAcrossShards_GivesItsContentAndEncodesToTheSameBytes()
    {
        var decoded = WalEntryCodec.Decode(GoldenEntry.EntryAcrossShardsBytes, 9, "golden");
        Assert.Equal(WalText.Of(GoldenEntry.EntryAcrossShards), WalText.Of(decoded));
        Assert.Equal(GoldenEntry.EntryAcrossShardsBytes, WalEntryCodec.Encode(decoded));
    }

    [Fact]
    public async Task GetAsync_OfTheCheckedInObject_GivesItsContent()
    {
        var (store, keys, collection) = await CreateAsync();
        await store.PutAsync(keys.Head, Encoding.UTF8.GetBytes("""{"formatVersion":1,"folded":6,"floor":6,"epoch":1,"pins":[]}"""), PutCondition.None);
        await store.PutAsync(keys.Wal(7), GoldenEntry.EntryBytes, PutCondition.Absent);

        var read = await collection.GetAsync("čaj", withVectors: true, ReadConsistency.Strong, Cancel);
        Assert.Equal(("Tea", "7-0", """{"price":4.5,"name":"čaj"}"""), (read.Type, read.ETag, Encoding.UTF8.GetString(read.Properties.Span)));
        var vector = Assert.Single(read.Vectors!);
        Assert.Equal(("v", (byte)3), (vector.Field, vector.GeneratedBy));
        Assert.Equal([1f, -2f, 0.5f], vector.Values.ToArray());
    }

    [Fact]
    public async Task SaveAsync_OfTheCheckedInObject_WritesItsBytes()
    {
        var (store, keys, collection) = await CreateAsync();
        var draft = new ObjectDraft
        {
            Id = "čaj",
            Type = "Tea",
            Properties = Encoding.UTF8.GetBytes("""{"price":4.5,"name":"čaj"}"""),
            Vectors = [new NamedVector("v", new[] { 1f, -2f, 0.5f }, GeneratedBy: 3)],
        };
        await collection.SaveAsync(draft, default, Cancel);
        var key = keys.Wal(1);
        var entry = WalEntryCodec.Decode((await store.GetAsync(key)).Content, 1, key);
        Assert.Equal(GoldenEntry.ObjectBytes, Assert.Single(Assert.Single(entry.Transactions).Operations).Payload.ToArray());
    }

    [Fact]
    public async Task SaveAsync_WithSparseVectors_WritesTheSecondVersionOfAnObject()
    {
        // Made after docs/formats/wal.md, not by the code.
        const string Expected = "0201030007000000010000005465617B226E223A317D0300000001000000760000803F000000C00000003F020000000300000001000000730100000007000000FFFFFFFF0000803E0000C0BF000040400100000001000000740000000000000040";
        var (store, keys, collection) = await CreateAsync(sparse: ["s", "t"]);
        var draft = new ObjectDraft
        {
            Id = "x",
            Type = "Tea",
            Properties = Encoding.UTF8.GetBytes("""{"n":1}"""),
            Vectors = [new NamedVector("v", new[] { 1f, -2f, 0.5f })],
            Sparse =
            [
                new NamedSparseVector("s", new[] { 1u, 7u, uint.MaxValue }, new[] { 0.25f, -1.5f, 3f }),
                new NamedSparseVector("t", new[] { 0u }, new[] { 2f }),
            ],
        };
        await collection.SaveAsync(draft, default, Cancel);
        var key = keys.Wal(1);
        var content = (await store.GetAsync(key)).Content.ToArray();
        var payload = Assert.Single(Assert.Single(WalEntryCodec.Decode(content, 1, key).Transactions).Operations).Payload;
        Assert.Equal(Expected, Convert.ToHexString(payload.Span));

        var reader = await new VektagrafDatabase(store).GetCollectionAsync("teas", Cancel);
        var read = await reader.GetAsync("x", withVectors: true, ReadConsistency.Strong, Cancel);
        Assert.Equal(["s 1 7 4294967295 0.25 -1.5 3", "t 0 2"], read.Sparse!.Select(s => FormattableString.Invariant($"{s.Field} {string.Join(' ', s.Indices.ToArray())} {string.Join(' ', s.Values.ToArray().Select(v => v.ToString(System.Globalization.CultureInfo.InvariantCulture)))}")));
    }

    [Fact]
    public async Task GetAsync_OfADamagedSparseVector_IsCorrupt()
    {
        var (store, keys, collection) = await CreateAsync(sparse: ["s"]);
        var draft = new ObjectDraft { Id = "x", Properties = "{}"u8.ToArray(), Sparse = [new NamedSparseVector("s", new[] { 1u, 7u }, new[] { 1f, 2f })] };
        await collection.SaveAsync(draft, default, Cancel);
        var entry = WalEntryCodec.Decode((await store.GetAsync(keys.Wal(1))).Content, 1, keys.Wal(1));
        var payload = entry.Transactions[0].Operations[0].Payload.ToArray();

        // The count of vectors, of entries, the length of the name, and the first index, which is no longer below the second.
        foreach (var fromEnd in new[] { 29, 25, 21, 16 })
        {
            var spoiled = payload.ToArray();
            spoiled[^fromEnd] = 200;
            var operation = new WalOperation(WalOperationKind.Put, "x", spoiled, Existed: false);
            var damaged = new WalEntry { Sequence = 1, Nonce = entry.Nonce, WrittenAtUnixMs = entry.WrittenAtUnixMs, Transactions = [new WalTransaction { Id = 1, Outcome = TransactionOutcome.Committed, Operations = [operation] }] };
            var copy = new MemoryObjectStore();
            foreach (var stored in (await store.ListAsync(string.Empty)).Entries)
            {
                await copy.PutAsync(stored.Key, (await store.GetAsync(stored.Key)).Content, PutCondition.None);
            }

            await copy.PutAsync(keys.Wal(1), WalEntryCodec.Encode(damaged), PutCondition.None);
            var reader = await new VektagrafDatabase(copy).GetCollectionAsync("teas", Cancel);
            var e = await Assert.ThrowsAsync<VektagrafException>(() => reader.GetAsync("x", withVectors: true, ReadConsistency.Strong, Cancel));
            Assert.Equal("corrupt-object", e.Slug);
        }
    }

    [Fact]
    public void Encode_OfAHead_WritesTheDocumentedJson()
    {
        Assert.Equal("""{"formatVersion":1,"folded":0,"floor":0,"epoch":1,"pins":[]}""", Encoding.UTF8.GetString(new ShardHead().Encode()));
        var full = new ShardHead
        {
            Folded = 9,
            Floor = 8,
            Epoch = 2,
            Manifest = "m/1",
            Pins =
            [
                new ShardPin { Kind = PinKind.Snapshot, Name = "a", Id = "0f", Manifest = "m/0", Folded = 3, Sequence = 5, CreatedAt = New(2029), ExpiresAt = New(2030), Session = "g.5" },
                new ShardPin { Kind = PinKind.Branch, Name = "b", Id = "b.9a", CreatedAt = New(2029) },
            ],
            Lineage = [new ShardLink("p.1", 4), new ShardLink("q.2", 7)],
        };
        const string Json = """{"formatVersion":2,"folded":9,"floor":8,"epoch":2,"manifest":"m/1","pins":[{"kind":"snapshot","name":"a","id":"0f","manifest":"m/0","folded":3,"sequence":5,"createdAt":"2029-01-01T00:00:00+00:00","expiresAt":"2030-01-01T00:00:00+00:00","session":"g.5"},{"kind":"branch","name":"b","id":"b.9a","folded":0,"sequence":0,"createdAt":"2029-01-01T00:00:00+00:00"}],"lineage":[{"collection":"p.1","through":4},{"collection":"q.2","through":7}]}""";
        Assert.Equal(Json, Encoding.UTF8.GetString(full.Encode()));
        Assert.Equal(Json, Encoding.UTF8.GetString(ShardHead.Decode(Encoding.UTF8.GetBytes(Json), "head").Encode()));
    }

    [Theory]
    [InlineData("""{"formatVersion":1}""")]
    [InlineData("""{"formatVersion":1,"pins":null}""")]
    public void Decode_OfAHeadWithoutPins_HasNone(string json)
    {
        var head = ShardHead.Decode(Encoding.UTF8.GetBytes(json), "head");
        Assert.Empty(head.Pins);
        Assert.Contains("\"pins\":[]", Encoding.UTF8.GetString(head.Encode()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"folded\":-1}")]
    [InlineData("{\"folded\":1,\"floor\":2}")]
    [InlineData("{\"formatVersion\":3}")]
    [InlineData("{\"formatVersion\":2,\"pins\":[{\"name\":\"a\"}]}")]
    [InlineData("{\"folded\":1")]
    [InlineData("{\"folded\":18446744073709551616}")]
    public void Decode_OfABadHead_IsCorrupt(string json) =>
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<VektagrafException>(() => ShardHead.Decode(Encoding.UTF8.GetBytes(json), "head")).Kind);

    private static DateTimeOffset New(int year) => new(year, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static async Task<(MemoryObjectStore Store, ShardKeys Keys, Collection Collection)> CreateAsync(params string[] sparse)
    {
        var store = new MemoryObjectStore();
        var database = new VektagrafDatabase(store);
        var definition = new CollectionDefinition { Vectors = new Dictionary<string, VectorFieldDefinition> { ["v"] = new() { Dimensions = 3 } }, Sparse = sparse.ToDictionary(s => s, _ => new SparseFieldDefinition()) };
        var (collection, _) = await database.PutCollectionAsync("teas", definition, Cancel);
        using var catalog = JsonDocument.Parse((await store.GetAsync("catalog/teas")).Content);
        return (store, new ShardKeys($"teas.{catalog.RootElement.GetProperty("generation").GetString()}", 0), collection);
    }
}
