using System.Text.Json;

namespace Vektagraf.Cli.Tests;

public class ObjectCommandTests(CliFixture cli)
{
    private const string Notes = """
        {"id":"n0","properties":{"text":"the cat sat on the mat","topic":"pets"}}
        {"id":"n1","properties":{"text":"a dog and a cat","topic":"pets"}}
        {"id":"n2","properties":{"text":"stocks fell on monday","topic":"money"}}
        {"id":"n3","properties":{"text":"bonds and stocks rose","topic":"money"}}
        {"id":"n4","properties":{"text":"the mat was red [bold]","topic":"pets","danger":"\u001b[2J\tx"}}

        """;

    [Fact]
    public async Task Import_FromAFileOrStandardInput_SaysHowMany()
    {
        var (name, path) = (await NewAsync(), cli.NewPath());
        await File.WriteAllTextAsync(path, Notes);

        Assert.Equal("5 imported, 0 failed.\n", (await cli.RunAsync($"import {name} {path}")).Ok().Out);
        Assert.Equal("5 imported, 0 failed.\n", (await cli.RunAsync($"import {name} -", Notes)).Ok().Out);
    }

    [Fact]
    public async Task Import_OnATerminal_StillEndsWithTheCounts()
    {
        var name = await NewAsync();

        var run = (await cli.RunAsync($"import {name} -", Notes, isTerminal: true)).Ok();

        Assert.Equal("5 imported, 0 failed.\n", run.Out);
    }

    [Fact]
    public async Task Import_WithBadLines_NamesThemAndFails()
    {
        var name = await NewAsync();

        var run = await cli.RunAsync($"import {name} -", "{\"id\":\"a\"}\nnonsense\n{\"id\":\"b\",\"extra\":1}\n");

        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Equal("1 imported, 2 failed.\n", run.Out);
        Assert.Contains("Line 2: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("Line 3: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_AsJson_PrintsTheAnswer()
    {
        var name = await NewAsync();

        var run = await cli.RunAsync($"import {name} - --json", "nonsense\n");

        using var answer = JsonDocument.Parse(run.Out);
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Equal(1, answer.RootElement.GetProperty("failedCount").GetInt32());
    }

    [Fact]
    public async Task Import_OfAMissingFile_IsAUsageError()
    {
        var run = await cli.RunAsync("import x /nowhere/at-all.ndjson");

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Equal("There is no file '/nowhere/at-all.ndjson'.\n", run.Error);
    }

    [Fact]
    public async Task Import_IntoAMissingCollection_ShowsTheServersWords()
    {
        var run = await cli.RunAsync("import none -", Notes);

        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.StartsWith("There is no collection 'none'.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_ThenImport_CopiesACollection()
    {
        var (name, copy, path) = (await FilledAsync(), await NewAsync(), cli.NewPath());

        var toOutput = (await cli.RunAsync($"export {name}")).Ok();
        var toFile = (await cli.RunAsync($"export {name} {path}")).Ok();
        (await cli.RunAsync($"import {copy} {path}")).Ok();

        Assert.Equal("5 exported.\n", toFile.Out);
        Assert.Equal(toOutput.Out, await File.ReadAllTextAsync(path));
        Assert.False(File.Exists(path + ".partial"));
        Assert.Equal(5, toOutput.Lines.Length);
        Assert.Equal((await cli.RunAsync($"query {name}")).Ok().Out, (await cli.RunAsync($"query {copy}")).Ok().Out);
    }

    [Fact]
    public async Task Export_ThatFails_LeavesTheFileAsItWas()
    {
        var path = cli.NewPath();
        await File.WriteAllTextAsync(path, "before");

        var run = await cli.RunAsync($"export none {path}");

        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Equal("before", await File.ReadAllTextAsync(path));
        Assert.False(File.Exists(path + ".partial"));
    }

    [Fact]
    public async Task Search_ForAText_ListsScoreIdAndProperties()
    {
        var name = await FilledAsync();

        var run = (await cli.RunAsync($"search {name} stocks --k 2")).Ok();

        var cells = run.Lines.Select(l => l.Split('\t')).ToList();
        Assert.Equal(["n2", "n3"], cells.Select(c => c[1]).Order());
        Assert.All(cells, c => Assert.Matches(@"^\d\.\d{4}$", c[0]));
        Assert.Equal("""{"text":"stocks fell on monday","topic":"money"}""", cells.Single(c => c[1] == "n2")[2]);
    }

    [Fact]
    public async Task Search_ByWords_RanksByThem()
    {
        var name = cli.NewName();
        const string Definition = """{ "fields": { "text": { "type": "text" }, "more": { "type": "text" } } }""";
        (await cli.RunAsync($"collections create {name} --definition -", Definition)).Ok();
        (await cli.RunAsync($"import {name} -", Notes)).Ok();

        Assert.Equal(["n2", "n3"], (await cli.RunAsync($"search {name} stock --by words")).Ok().Lines.Select(l => l.Split('\t')[1]).Order());
        Assert.Empty((await cli.RunAsync($"search {name} stock --by words --text-field more")).Ok().Out);
    }

    [Fact]
    public async Task Search_WithFilterAndField_HonoursThem()
    {
        var name = await FilledAsync();

        var found = await CliFixture.RunAsync(
            ["search", name, "cat", "--vector-field", "v", "--filter", "topic eq 'money'", "--json", "--server", cli.Address.ToString()], "", false, null, _ => null);
        using var json = JsonDocument.Parse(found.Ok().Out);

        Assert.All(json.RootElement.GetProperty("results").EnumerateArray(), r => Assert.Equal("money", r.GetProperty("properties").GetProperty("topic").GetString()));
        Assert.Equal(2, json.RootElement.GetProperty("results").GetArrayLength());
    }

    [Fact]
    public async Task Search_WithTuning_SendsIt()
    {
        var name = await FilledAsync();

        (await cli.RunAsync($"search {name} stocks --recall 0.9 --ef-search 40 --nprobe 4 --exact --diversity 0.5")).Ok();
        string[] refused = ["--recall 2", "--ef-search 0", "--nprobe 0", "--diversity 7"];
        foreach (var (option, says) in refused.Zip(["Recall is 2", "efSearch is 0", "nprobe is 0", "lambda is 7"]))
        {
            var run = await cli.RunAsync($"search {name} stocks {option}");
            Assert.Equal(ExitCode.Failed, run.Code);
            Assert.Contains(says, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Search_WithABadFilter_ShowsTheServersWords()
    {
        var name = await FilledAsync();

        var run = await cli.RunAsync($"search {name} cat --filter 'topic = 3'");

        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("write 'eq' for equality", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task Search_ForWhatLooksLikeAResponseFile_SearchesForIt()
    {
        var name = await FilledAsync();

        Assert.Equal(ExitCode.Ok, (await cli.RunAsync($"search {name} '@cat'")).Code);
    }

    [Fact]
    public async Task Query_OnATerminal_ShowsColumnsAndNoControlCharacters()
    {
        var name = await FilledAsync();

        var run = (await cli.RunAsync($"query {name} --order-by 'topic desc, id desc' --limit 2", isTerminal: true)).Ok();

        Assert.Contains("topic", run.Lines[1], StringComparison.Ordinal);
        Assert.Contains("danger", run.Lines[1], StringComparison.Ordinal);
        Assert.Contains("the mat was red [bold]", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Out);
        Assert.Contains("\uFFFD[2J x", run.Out, StringComparison.Ordinal);
        Assert.Contains("There are more than 2", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_AsJson_IsOneArrayOverAllPages()
    {
        var name = await NewAsync();
        var lines = string.Concat(Enumerable.Range(0, 2_500).Select(i => $$"""{"id":"p{{i:00000}}"}""" + "\n"));
        (await cli.RunAsync($"import {name} -", lines)).Ok();

        using var all = JsonDocument.Parse((await cli.RunAsync($"query {name} --limit 2400 --json")).Ok().Out);
        using var none = JsonDocument.Parse((await cli.RunAsync($"query {name} --filter false --json")).Ok().Out);

        Assert.Equal(Enumerable.Range(0, 2_400).Select(i => $"p{i:00000}"), all.RootElement.EnumerateArray().Select(o => o.GetProperty("id").GetString()));
        Assert.Equal(0, none.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Query_ThatFindsNothing_SaysSoOnATerminalOnly()
    {
        var name = await NewAsync();

        Assert.Equal("Nothing was found.\n", (await cli.RunAsync($"query {name}", isTerminal: true)).Ok().Out);
        Assert.Empty((await cli.RunAsync($"query {name}")).Ok().Out);
    }

    [Fact]
    public async Task Query_ForAMisspeltField_Warns()
    {
        var name = await FilledAsync();

        var run = (await cli.RunAsync($"query {name} --filter 'topik ne null'")).Ok();

        Assert.Contains("topic", run.Error, StringComparison.Ordinal);
        Assert.StartsWith("Warning: ", run.Error, StringComparison.Ordinal);
    }

    private async Task<string> NewAsync()
    {
        var name = cli.NewName();
        const string Definition = """{ "vectors": { "v": { "dimensions": 8, "generator": "lsa", "from": ["text"] } }, "fields": { "topic": { "type": "string" } } }""";
        (await cli.RunAsync($"collections create {name} --definition -", Definition)).Ok();
        return name;
    }

    private async Task<string> FilledAsync()
    {
        var name = await NewAsync();
        (await cli.RunAsync($"import {name} -", Notes)).Ok();
        return name;
    }
}
