using System.Text;
using Vektagraf.Collections;
using Vektagraf.Storage;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Querying.Execution;

public class FilterWriteTests
{
    private const string Definition = """{"shards":2,"fields":{"n":{"type":"number","index":true},"state":{"type":"string","index":true} } }""";

    [Fact]
    public async Task DeleteByFilterAsync_OfManyObjects_DeletesThoseAndNoOthers()
    {
        await using var things = await CreateAsync(2_000);
        var result = await things.Collection.DeleteByFilterAsync(new FilterWriteRequest("n lt 1500 and n ge 100"), default);
        Assert.Equal((1_400, 1_400, 0, 0), (result.Matched, result.Changed, result.Skipped, result.FailedCount));
        var left = (await QueryWorld.AllAsync(things)).Select(o => int.Parse(o.Id[1..], null)).Order();
        Assert.Equal(Enumerable.Range(0, 100).Concat(Enumerable.Range(1_500, 500)), left);
    }

    [Fact]
    public async Task DeleteByFilterAsync_Again_SurvivesReopening()
    {
        var store = new MemoryObjectStore();
        await using (var things = await CreateAsync(300, store))
        {
            await things.Collection.DeleteByFilterAsync(new FilterWriteRequest("n ge 10"), default);
        }

        await using var again = await TestCollection.CreateAsync(Definition, store);
        Assert.Equal(10, (await QueryWorld.AllAsync(again)).Count);
        Assert.Equal(0, (await again.Collection.DeleteByFilterAsync(new FilterWriteRequest("n ge 10"), default)).Matched);
    }

    [Fact]
    public async Task PatchByFilterAsync_OfManyObjects_ChangesThoseThatDiffer()
    {
        await using var things = await CreateAsync(1_000);
        await things.PatchAsync("o5", """{"properties":{"state":"done"} }""");
        var before = (await things.GetAsync("o5")).ETag;
        var result = await things.Collection.PatchByFilterAsync(new FilterWriteRequest("n lt 500"), Utf8("""{"properties":{"state":"done"} }"""), default);
        Assert.Equal((500, 499, 0, 0), (result.Matched, result.Changed, result.Skipped, result.FailedCount));
        Assert.Equal(before, (await things.GetAsync("o5")).ETag);
        Assert.Equal("""{"n":7,"state":"done"}""", await things.PropertiesAsync("o7"));
        Assert.Equal(500, (await things.Collection.PlanFilterAsync("state eq 'done'", run: true, default)).ActualRows);
    }

    [Fact]
    public async Task PatchByFilterAsync_WithPropertiesAlone_TakesThemForTheObjects()
    {
        await using var things = await CreateAsync(3);
        await things.Collection.PatchByFilterAsync(new FilterWriteRequest("id eq 'o1'"), Utf8("""{"state":null,"more":1}"""), default);
        Assert.Equal("""{"n":1,"more":1}""", await things.PropertiesAsync("o1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public async Task DeleteByFilterAsync_WithoutAFilter_IsRefused(string filter)
    {
        await using var things = await CreateAsync(3);
        var error = await Assert.ThrowsAsync<VektagrafException>(() => things.Collection.DeleteByFilterAsync(new FilterWriteRequest(filter), default));
        Assert.Equal((ErrorKind.Invalid, "/filter"), (error.Kind, Assert.Single(error.Errors).Key));
        Assert.Equal(3, (await things.Collection.DeleteByFilterAsync(new FilterWriteRequest("true"), default)).Changed);
    }

    [Fact]
    public async Task DeleteByFilterAsync_WithLimitOrAsADryRun_DoesNoMore()
    {
        await using var things = await CreateAsync(50);
        Assert.Equal((40, 0), await Counts(new FilterWriteRequest("n ge 10", DryRun: true)));
        Assert.Equal((7, 7), await Counts(new FilterWriteRequest("n ge 10", Limit: 7)));
        Assert.Equal((33, 33), await Counts(new FilterWriteRequest("n ge 10", Limit: 1_000)));

        async Task<(long, long)> Counts(FilterWriteRequest request) =>
            await things.Collection.DeleteByFilterAsync(request, default) is var result ? (result.Matched, result.Changed) : default;
    }

    [Theory]
    [InlineData("""{"properties":{"n":"seven"} }""")]
    [InlineData("""{"id":"other"}""")]
    [InlineData("""{"vectors":{"none":[1]} }""")]
    [InlineData("""[1]""")]
    public async Task PatchByFilterAsync_WhenThePatchFitsNoObject_IsRefusedAsAWhole(string patch)
    {
        await using var things = await CreateAsync(3);
        var error = await Assert.ThrowsAsync<VektagrafException>(() => things.Collection.PatchByFilterAsync(new FilterWriteRequest("true"), Utf8(patch), default));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Equal("""{"n":1,"state":"new"}""", await things.PropertiesAsync("o1"));
    }

    [Fact]
    public async Task PatchByFilterAsync_WhileOthersWrite_LosesNoWrite()
    {
        await using var things = await CreateAsync(600);
        var patching = Task.WhenAll(Enumerable.Range(0, 3).Select(async round =>
            await things.Collection.PatchByFilterAsync(new FilterWriteRequest("n ge 0"), Utf8($$"""{"properties":{"round{{round}}":true} }"""), default)));
        var writing = Task.WhenAll(Enumerable.Range(0, 600).Select(i => things.PatchAsync($"o{i}", """{"properties":{"mine":1} }""")));
        var deleting = things.Collection.DeleteByFilterAsync(new FilterWriteRequest("n ge 590"), default);
        await Task.WhenAll(patching, deleting);
        // A delete may come before a write of the same object, which then finds none.
        try
        {
            await writing;
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
        {
        }

        var all = await QueryWorld.AllAsync(things);
        Assert.Equal(590, all.Count);
        foreach (var stored in all)
        {
            var json = Encoding.UTF8.GetString(stored.Properties.Span);
            Assert.All((string[])["\"round0\":true", "\"round1\":true", "\"round2\":true", "\"mine\":1"], part => Assert.Contains(part, json, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task DeleteByFilterAsync_WhileOthersTakeObjectsOutOfTheFilter_LeavesThose()
    {
        await using var things = await CreateAsync(800);
        var deleting = things.Collection.DeleteByFilterAsync(new FilterWriteRequest("state eq 'new'"), default);
        var saved = await Task.WhenAll(Enumerable.Range(0, 800).Where(i => i % 4 == 0).Select(async i =>
        {
            try
            {
                await things.PatchAsync($"o{i}", """{"properties":{"state":"kept"} }""");
                return $"o{i}";
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
            {
                return null;
            }
        }));
        var result = await deleting;

        // Whoever was told that a write succeeded finds it: the delete was conditional on what the filter saw.
        var left = (await QueryWorld.AllAsync(things)).Select(o => o.Id).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(saved.OfType<string>().Order(), left.Order());
        Assert.Equal(result.Matched, result.Changed + result.Skipped);
        Assert.Equal(800, left.Count + result.Changed);
    }

    private static ReadOnlyMemory<byte> Utf8(string json) => Encoding.UTF8.GetBytes(json);

    private static async Task<TestCollection> CreateAsync(int objects, IObjectStore? store = null)
    {
        var things = await TestCollection.CreateAsync(Definition, store);
        await things.Collection.ImportAsync(
            Enumerable.Range(0, objects).Select(i => ObjectJson.Read(Encoding.UTF8.GetBytes($$"""{"id":"o{{i}}","properties":{"n":{{i}},"state":"new"} }"""), things.Collection.Definition)), null, default);
        return things;
    }
}
