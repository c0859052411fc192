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

    private static async Task<(MemoryObjectStore Store, ShardKeys Keys, Collection Collection)> CreateAsync()
    {
        var store = new MemoryObjectStore();
        var database = new VektagrafDatabase(store);
        var definition = new CollectionDefinition { Vectors = new Dictionary<string, VectorFieldDefinition> { ["v"] = new() { Dimensions = 3 } } };
        var (collection, _) = await database.PutCollectionAsync("teas", definition, Cancel);
        using var catalog = JsonDocument.Parse((await store.GetAsync("catalog/teas")).Content);
        return (store, new ShardKeys($"teas.{catalog.RootElement.GetProperty("generation").GetString()}", 0), collection);
    }
}
