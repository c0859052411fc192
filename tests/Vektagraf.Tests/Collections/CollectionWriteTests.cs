using System.Text;
using Vektagraf.Collections;
using Vektagraf.Storage.Log;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class CollectionWriteTests
{
    private const string Vectors = """{"vectors":{"a":{"dimensions":2,"metric":"euclidean"},"b":{"dimensions":2,"metric":"euclidean"}},"fields":{"price":{"type":"number"}}}""";

    [Fact]
    public async Task SaveAsync_WhenTheObjectIsNewOrNot_SaysSoAndReplacesItWhole()
    {
        await using var things = await CreateAsync(Vectors);
        var first = await things.SaveAsync("""{"id":"x","type":"T","properties":{"a":1,"b":2},"vectors":{"a":[1,2]}}""");
        var second = await things.SaveAsync("""{"id":"x","properties":{"c":3}}""");
        Assert.Equal((true, false), (first.Created, second.Created));
        Assert.NotEqual(first.ETag, second.ETag);
        var read = await things.GetAsync("x");
        Assert.Equal((null, second.ETag, """{"c":3}"""), (read.Type, read.ETag, Encoding.UTF8.GetString(read.Properties.Span)));
        Assert.Empty(read.Vectors!);
    }

    [Fact]
    public async Task SaveAsync_WithPreconditions_HoldsThem()
    {
        await using var things = await CreateAsync();
        await FailsAsync(ErrorKind.PreconditionFailed, () => things.SaveAsync("""{"id":"x"}""", IfPresent));
        await FailsAsync(ErrorKind.PreconditionFailed, () => things.SaveAsync("""{"id":"x"}""", IfMatch("1-0")));
        var first = await things.SaveAsync("""{"id":"x"}""", IfAbsent);
        await FailsAsync(ErrorKind.PreconditionFailed, () => things.SaveAsync("""{"id":"x"}""", IfAbsent));
        var second = await things.SaveAsync("""{"id":"x"}""", IfMatch(first.ETag));
        await FailsAsync(ErrorKind.PreconditionFailed, () => things.SaveAsync("""{"id":"x"}""", IfMatch(first.ETag)));
        await FailsAsync(ErrorKind.PreconditionFailed, () => things.DeleteAsync("x", IfMatch(first.ETag)));
        await FailsAsync(ErrorKind.PreconditionFailed, () => things.PatchAsync("x", "{}", IfMatch(first.ETag)));
        await FailsAsync(ErrorKind.PreconditionFailed, () => things.PatchAsync("x", "{}", IfAbsent));
        Assert.False((await things.SaveAsync("""{"id":"x"}""", IfPresent)).Created);
        Assert.NotEqual(first.ETag, second.ETag);
    }

    [Fact]
    public async Task DeleteAsync_WhenTheObjectIsGone_IsNotFound()
    {
        await using var things = await CreateAsync();
        await FailsAsync(ErrorKind.NotFound, () => things.DeleteAsync("x"));
        await things.SaveAsync("""{"id":"x"}""");
        await things.DeleteAsync("x");
        await FailsAsync(ErrorKind.NotFound, () => things.DeleteAsync("x"));
        await FailsAsync(ErrorKind.NotFound, () => things.GetAsync("x"));
        await FailsAsync(ErrorKind.NotFound, () => things.PatchAsync("x", "{}"));
        Assert.True((await things.SaveAsync("""{"id":"x"}""")).Created);
    }

    [Fact]
    public async Task SaveAsync_WhenTheKeyIsSentAgain_GivesTheFirstAnswer()
    {
        await using var things = await CreateAsync();
        var first = await things.SaveAsync("""{"id":"x","properties":{"n":1}}""", Keyed("k"));
        var later = await things.SaveAsync("""{"id":"x","properties":{"n":2}}""");
        var retry = await things.SaveAsync("""{"id":"x","properties":{"n":1}}""", Keyed("k"));
        Assert.Equal((first.ETag, true), (retry.ETag, retry.Created));
        Assert.Equal(later.ETag, (await things.GetAsync("x")).ETag);
    }

    [Theory]
    [InlineData("other content")]
    [InlineData("other id")]
    [InlineData("other condition")]
    [InlineData("other action")]
    public async Task SaveAsync_WhenTheKeyWasUsedForAnotherRequest_IsAConflict(string what)
    {
        await using var things = await CreateAsync();
        var first = await things.SaveAsync("""{"id":"x","properties":{"n":1}}""", Keyed("k"));
        Func<Task> reuse = what switch
        {
            "other content" => () => things.SaveAsync("""{"id":"x","properties":{"n":2}}""", Keyed("k")),
            "other id" => () => things.SaveAsync("""{"id":"y","properties":{"n":1}}""", Keyed("k")),
            "other condition" => () => things.SaveAsync("""{"id":"x","properties":{"n":1}}""", IfMatch(first.ETag, "k")),
            _ => () => things.DeleteAsync("x", Keyed("k")),
        };
        Assert.Equal("idempotency-key-reused", (await FailsAsync(ErrorKind.Conflict, reuse)).Slug);
        await FailsAsync(ErrorKind.NotFound, () => things.GetAsync("y"));
        Assert.Equal(first.ETag, (await things.GetAsync("x")).ETag);
    }

    [Fact]
    public async Task PatchAsync_WhenTheKeyIsSentAgain_GivesTheFirstAnswerWhateverBecameOfTheObject()
    {
        await using var things = await CreateAsync();
        await things.SaveAsync("""{"id":"x","properties":{"n":1}}""");
        var first = await things.PatchAsync("x", """{"properties":{"m":2}}""", Keyed("p"));
        await things.DeleteAsync("x", Keyed("d"));
        Assert.Equal(first.ETag, (await things.PatchAsync("x", """{"properties":{"m":2}}""", Keyed("p"))).ETag);
        await things.SaveAsync("""{"id":"x","properties":{"n":3}}""");
        await things.DeleteAsync("x", Keyed("d"));
        Assert.Equal("""{"n":3}""", await things.PropertiesAsync("x"));
    }

    // RFC 7396, Appendix A, as far as the target is an object.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    [InlineData("""{"n":12345678901234567890.10}""", """{"a":1e400}""", """{"n":12345678901234567890.10,"a":1e400}""")]
    [InlineData("""{"a":"é\u0022<"}""", """{"b":"ř&"}""", """{"a":"é\"<","b":"ř&"}""")]
    public async Task PatchAsync_OfProperties_MergesThem(string before, string patch, string after)
    {
        await using var things = await CreateAsync();
        await things.SaveAsync($$"""{"id":"x","type":"T","properties":{{before}}}""");
        await things.PatchAsync("x", $$"""{"properties":{{patch}}}""");
        Assert.Equal(after, await things.PropertiesAsync("x"));
        Assert.Equal("T", (await things.GetAsync("x")).Type);
    }

    [Theory]
    [InlineData("""{}""", "a=1,2 b=3,4")]
    [InlineData("""{"vectors":{}}""", "a=1,2 b=3,4")]
    [InlineData("""{"vectors":{"a":[5,6]}}""", "a=5,6 b=3,4")]
    [InlineData("""{"vectors":{"a":null}}""", "b=3,4")]
    [InlineData("""{"vectors":{"a":null,"b":[7,8]}}""", "b=7,8")]
    [InlineData("""{"vectors":null}""", "")]
    public async Task PatchAsync_OfVectors_SetsAndRemovesThem(string patch, string after)
    {
        await using var things = await CreateAsync(Vectors);
        await things.SaveAsync("""{"id":"x","properties":{"p":1},"vectors":{"a":[1,2],"b":[3,4]}}""");
        await things.PatchAsync("x", patch);
        Assert.Equal(after, string.Join(' ', (await things.GetAsync("x")).Vectors!.Select(v => $"{v.Field}={string.Join(',', v.Values.ToArray())}")));
        Assert.Equal("""{"p":1}""", await things.PropertiesAsync("x"));
    }

    [Theory]
    [InlineData("""{"type":"U"}""", "U", """{"p":1}""")]
    [InlineData("""{"type":null}""", null, """{"p":1}""")]
    [InlineData("""{"properties":null}""", "T", """{}""")]
    [InlineData("""{"id":"x"}""", "T", """{"p":1}""")]
    public async Task PatchAsync_OfMembers_SetsAndRemovesThem(string patch, string? type, string properties)
    {
        await using var things = await CreateAsync(Vectors);
        await things.SaveAsync("""{"id":"x","type":"T","properties":{"p":1}}""");
        await things.PatchAsync("x", patch);
        Assert.Equal(type, (await things.GetAsync("x")).Type);
        Assert.Equal(properties, await things.PropertiesAsync("x"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"id":"y"}""")]
    [InlineData("""{"unknown":1}""")]
    [InlineData("""{"properties":{"price":"cheap"}}""")]
    [InlineData("""{"properties":[]}""")]
    [InlineData("""{"properties":{"a":1,"a":2}}""")]
    [InlineData("""{"properties":{"a":{"b":1,"b":2}}}""")]
    [InlineData("""{"properties":{"\ud800":1}}""")]
    [InlineData("""{"properties":{"a":"\ud800"}}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"vectors":{"a":[1]}}""")]
    [InlineData("""{"vectors":{"c":[1,2]}}""")]
    [InlineData("""{"vectors":[]}""")]
    [InlineData("""{"vectors":{"a":"\ud800"}}""")]
    public async Task PatchAsync_WhenThePatchIsInvalid_ChangesNothing(string patch)
    {
        await using var things = await CreateAsync(Vectors);
        var saved = await things.SaveAsync("""{"id":"x","properties":{"a":{"deep":[1,{"b":2}]}}}""");
        await FailsAsync(ErrorKind.Invalid, () => things.PatchAsync("x", patch));
        Assert.Equal(saved.ETag, (await things.GetAsync("x")).ETag);
    }

    [Fact]
    public async Task PatchAsync_WhenManyPatchTheSameObject_AllChangesMeet()
    {
        await using var things = await CreateAsync();
        await things.SaveAsync("""{"id":"x"}""");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => things.PatchAsync("x", $$$"""{"properties":{"p{{{i}}}":{{{i}}}}}""")));
        var properties = await things.PropertiesAsync("x");
        Assert.All(Enumerable.Range(0, 10), i => Assert.Contains($"\"p{i}\":{i}", properties, StringComparison.Ordinal));
    }

    [Fact]
    public async Task SaveAsync_WhenADraftMadeByCodeIsInvalid_RefusesWhatNoNodeCouldReplay()
    {
        await using var things = await CreateAsync(Vectors);
        ObjectDraft valid = new() { Id = "x", Properties = "{}"u8.ToArray() };
        ObjectDraft[] drafts =
        [
            valid with { Id = "a/b" },
            valid with { Type = new string('t', 513) },
            valid with { Properties = default },
            valid with { Properties = "null"u8.ToArray() },
            valid with { Properties = "{"u8.ToArray() },
            valid with { Properties = "{} {}"u8.ToArray() },
            valid with { Properties = "{\"a\":\"\xff\"}"u8[..^3].ToArray() },
            valid with { Properties = new byte[] { (byte)'{', 0xFF, (byte)'}' } },
            valid with { Properties = "{\"price\":\"cheap\"}"u8.ToArray() },
            valid with { Vectors = [new NamedVector("a", new float[3])] },
            valid with { Vectors = [new NamedVector("c", new float[2])] },
            valid with { Vectors = [new NamedVector("a", new[] { float.NaN, 0 })] },
            valid with { Vectors = [new NamedVector("a", new float[2]), new NamedVector("a", new float[2])] },
        ];
        foreach (var draft in drafts)
        {
            await FailsAsync(ErrorKind.Invalid, () => things.Collection.SaveAsync(draft, default, Cancel));
        }

        var imported = await things.Collection.ImportAsync([.. drafts, valid], progress: null, Cancel);
        Assert.Equal((1, drafts.Length), (imported.Imported, imported.FailedCount));
        Assert.Equal("x", await things.IdsAsync());
    }

    [Fact]
    public async Task GetAsync_WhenTheIdCannotBeOne_IsInvalid()
    {
        await using var things = await CreateAsync();
        await FailsAsync(ErrorKind.Invalid, () => things.GetAsync("a/b"));
        await FailsAsync(ErrorKind.Invalid, () => things.DeleteAsync(""));
        await FailsAsync(ErrorKind.Invalid, () => things.PatchAsync("..", "{}"));
    }

    [Fact]
    public async Task SaveAsync_WhenTheEntryHoldsSeveralVersionsOfAnObject_TheLastCounts()
    {
        await using var things = await CreateAsync(Vectors, options: new VektagrafOptions { Log = new ShardLogOptions { Linger = TimeSpan.FromMilliseconds(20) } });
        await things.Collection.WarmAsync(Cancel);
        var results = await Task.WhenAll(
            things.SaveAsync("""{"id":"x","properties":{"n":1},"vectors":{"a":[1,1]}}"""),
            things.SaveAsync("""{"id":"x","properties":{"n":2},"vectors":{"a":[2,2]}}"""),
            things.SaveAsync("""{"id":"x","properties":{"n":3},"vectors":{"a":[3,3]}}"""));
        Assert.Single(results.Select(r => r.ETag.Split('-')[0]).Distinct());
        Assert.Equal([true, false, false], results.Select(r => r.Created));
        Assert.Equal("""{"n":3}""", await things.PropertiesAsync("x"));
        var hits = await things.Collection.SearchAsync(new() { Vector = new() { Field = "a", Value = new[] { 1f, 1f } } }, Cancel);
        Assert.Equal(results[2].ETag, Assert.Single(hits.Hits).Object.ETag);
    }
}
