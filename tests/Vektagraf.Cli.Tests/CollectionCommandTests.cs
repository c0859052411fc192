using System.Text.Json;

namespace Vektagraf.Cli.Tests;

public class CollectionCommandTests(CliFixture cli)
{
    [Fact]
    public async Task Create_ThenShowListAndDrop_GoThroughItsLife()
    {
        var name = cli.NewName();

        var created = (await cli.RunAsync($"collections create {name} --vector place:2:euclidean --field color:string:index --field tags:string[] --shards 2")).Ok();
        var again = (await cli.RunAsync($"collections create {name} --vector place:2:euclidean --field color:string:index --field tags:string[] --shards 2")).Ok();
        var shown = (await cli.RunAsync($"collections show {name}")).Ok();
        var listed = (await cli.RunAsync("collections")).Ok();
        var dropped = (await cli.RunAsync($"collections drop {name} --yes")).Ok();
        var listedAfter = (await cli.RunAsync("collections list")).Ok();

        Assert.Equal($"Collection '{name}' is created.\n", created.Out);
        Assert.Equal($"Collection '{name}' is there, with this definition.\n", again.Out);
        Assert.Contains("vector place\t2 dimensions, euclidean, index auto, quantization auto", shown.Lines);
        Assert.Contains("field color\tstring, indexed, 0 distinct values", shown.Lines);
        Assert.Contains(shown.Lines, l => l.StartsWith("field tags\tstring[]", StringComparison.Ordinal));
        Assert.Contains("shards\t2", shown.Lines);
        Assert.Contains($"{name}\t0\t0\t0", listed.Lines);
        Assert.Equal($"Collection '{name}' is dropped.\n", dropped.Out);
        Assert.DoesNotContain(listedAfter.Lines, l => l.StartsWith(name + "\t", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Create_FromADefinition_TakesItAndOptionsOnTop()
    {
        var name = cli.NewName();
        const string Definition = """{ "objective": { "recall": 0.9 }, "vectors": { "v": { "dimensions": 8, "generator": "lsa", "from": ["text"] } } }""";

        (await cli.RunAsync($"collections create {name} --definition - --field text:text --sparse lexical", Definition)).Ok();
        using var shown = JsonDocument.Parse((await cli.RunAsync($"collections show {name} --json")).Ok().Out);

        var root = shown.RootElement;
        Assert.Equal(0.9, root.GetProperty("objective").GetProperty("recall").GetDouble());
        Assert.Equal(10, root.GetProperty("objective").GetProperty("k").GetInt32());
        Assert.Equal(1, root.GetProperty("shards").GetInt32());
        Assert.Equal("lsa", root.GetProperty("vectors").GetProperty("v").GetProperty("generator").GetString());
        Assert.Equal("cosine", root.GetProperty("vectors").GetProperty("v").GetProperty("metric").GetString());
        Assert.Equal("{}", root.GetProperty("sparse").GetProperty("lexical").GetRawText());
        Assert.Equal("text", root.GetProperty("fields").GetProperty("text").GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("collections create x --vector place", "name:dimensions")]
    [InlineData("collections create x --vector place:two", "name:dimensions")]
    [InlineData("collections create x --vector place:2:7", "name:dimensions")]
    [InlineData("collections create x --field price:money", "name:type")]
    [InlineData("collections create x --field price:number:yes", "name:type")]
    [InlineData("collections create x --definition /nowhere/at-all.json", "no file")]
    [InlineData("collections drop x", "--yes")]
    public async Task Commands_WithWhatCannotBeRead_AreUsageErrorsThatSayWhatToWrite(string line, string hint)
    {
        var run = await cli.RunAsync(line);

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(hint, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Theory]
    [InlineData("""{ "vektors": {} }""", "vektors")]
    [InlineData("{", "cannot be read")]
    public async Task Create_FromABadDefinition_IsAUsageError(string definition, string hint)
    {
        var run = await cli.RunAsync("collections create x --definition -", definition);

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(hint, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WhenTheServerRefuses_ShowsWhereAndWhy()
    {
        var run = await cli.RunAsync($"collections create {cli.NewName()} --vector a:0 --vector b:99999");

        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("/vectors/a/dimensions", run.Error, StringComparison.Ordinal);
        Assert.Contains("/vectors/b/dimensions", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("collections show none")]
    [InlineData("collections drop none --yes")]
    public async Task Commands_OnAMissingCollection_Fail(string line)
    {
        var run = await cli.RunAsync(line);

        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Equal("There is no collection 'none'.\n", run.Error);
    }

    [Theory]
    [InlineData("y", 0)]
    [InlineData("yes", 0)]
    [InlineData("", 2)]
    [InlineData("n", 2)]
    public async Task Drop_WhenAsked_DropsOnYesOnly(string answer, int code)
    {
        var name = cli.NewName();
        (await cli.RunAsync($"collections create {name}")).Ok();

        var run = await cli.RunAsync($"collections drop {name}", isTerminal: true, answer: answer);

        Assert.Equal(code, run.Code);
        Assert.Contains($"Drop '{name}' with all of its objects? [y/N]", run.Error, StringComparison.Ordinal);
        Assert.Equal(code == 0 ? ExitCode.Failed : ExitCode.Ok, (await cli.RunAsync($"collections show {name}")).Code);
    }

    [Fact]
    public async Task List_OnATerminal_IsATable()
    {
        var name = cli.NewName();
        (await cli.RunAsync($"collections create {name}")).Ok();

        var run = (await cli.RunAsync("collections list", isTerminal: true)).Ok();

        Assert.Contains("Collection", run.Lines[1], StringComparison.Ordinal);
        Assert.Contains(run.Lines, l => l.Contains($" {name} ", StringComparison.Ordinal));
        Assert.StartsWith("╭", run.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_AsJson_IsAnArray()
    {
        var name = cli.NewName();
        (await cli.RunAsync($"collections create {name}")).Ok();

        using var listed = JsonDocument.Parse((await cli.RunAsync("collections list --json")).Ok().Out);

        Assert.Contains(listed.RootElement.EnumerateArray(), c => c.GetProperty("name").GetString() == name);
    }
}
