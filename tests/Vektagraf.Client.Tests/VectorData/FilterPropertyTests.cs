using CsCheck;
using Vektagraf.Client.VectorData;

namespace Vektagraf.Client.Tests.VectorData;

/// <summary>A filter finds in the store what the same expression finds in memory.</summary>
public class FilterPropertyTests(ServerFixture server)
{
    private const int HotelCount = 60;

    [Fact]
    public async Task Filters_OfAnyShape_FindWhatLinqFinds() =>
        await Gen.Select(HotelGen.Hotels.Array[HotelCount], HotelGen.Filters.Array[1, 40]).SampleAsync(
            async (hotels, filters) =>
            {
                using var collection = await CollectionOfAsync(hotels);
                foreach (var filter in filters)
                {
                    var expected = hotels.Where(filter.Compile()).Select(h => h.Key).Order(StringComparer.Ordinal);
                    var found = await collection.GetAsync(filter, HotelCount).Select(h => h.Key).ToListAsync();
                    Assert.True(expected.SequenceEqual(found), $"{filter} finds {string.Join(' ', found)}, not {string.Join(' ', expected)}.");
                }
            },
            iter: 40,
            print: sample => string.Join('\n', sample.Item2.Select(f => f.ToString())));

    [Fact]
    public async Task Records_OfAnyValues_ComeBackAsTheyWere()
    {
        await HotelGen.Hotels.Array[1, 20].SampleAsync(
            async hotels =>
            {
                using var collection = await CollectionOfAsync(hotels);
                var found = await collection.GetAsync(hotels.Select(h => h.Key)).ToListAsync();
                Assert.Equal(hotels.Select(h => h.Describe()), found.Select(h => h.Describe()));
            },
            iter: 20,
            print: hotels => string.Join('\n', hotels.Select(h => h.Describe())));
    }

    private async Task<VektagrafCollection<string, Hotel>> CollectionOfAsync(Hotel[] hotels)
    {
        for (var i = 0; i < hotels.Length; i++)
        {
            hotels[i].Key = "h" + i;
        }

        var collection = new VektagrafCollection<string, Hotel>(server.Client, server.NewName("hotels"), new VektagrafCollectionOptions { Shards = 2 });
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(hotels);
        return collection;
    }
}
