using System.CommandLine;
using System.Globalization;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>search.</summary>
internal static class SearchCommand
{
    private const string Meaning = "meaning";
    private const string Words = "words";
    private const string Both = "both";

    public static Command Create(Connection connection)
    {
        var collection = Flags.Collection();
        var text = new Argument<string>("text") { Description = "What to search for: its meaning, for which a vector field needs a generator, or its words.", HelpName = "text" };
        var by = new Option<string>("--by") { Description = "meaning, words (BM25 over text fields), or both, fused by ranks. Default: meaning", HelpName = "how", DefaultValueFactory = _ => Meaning };
        by.AcceptOnlyFromAmong(Meaning, Words, Both);
        var textFields = new Option<string[]>("--text-field") { Description = "A text field to look for words in; may be repeated. Default: all", HelpName = "name" };
        var k = new Option<int>("--k") { Description = "Most results. Default: 10", HelpName = "n", DefaultValueFactory = _ => 10 };
        var filter = new Option<string>("--filter") { Description = "Only objects that fulfil it, such as: price lt 80 and brand eq 'Nord'", HelpName = "filter" };
        var field = new Option<string>("--vector-field") { Description = "The vector field; may be left out where there is one.", HelpName = "name" };
        var tuning = new SearchTuning();
        var json = Flags.Json();
        var command = new Command("search", "Find objects by the meaning of a text, or by its words.") { collection, text, by, k, filter, field, textFields, json };
        tuning.AddTo(command);
        connection.SetAction(command, async (client, parsed, cancellationToken) =>
        {
            var request = new SearchRequest
            {
                Vector = parsed.GetValue(by) == Words ? null : new VectorQuery { Text = parsed.GetRequiredValue(text), Field = parsed.GetValue(field) },
                Text = parsed.GetValue(by) == Meaning ? null : new TextQuery { Query = parsed.GetRequiredValue(text), Fields = parsed.GetValue(textFields) is { Length: > 0 } names ? names : null },
                K = parsed.GetValue(k),
                Filter = parsed.GetValue(filter),
            };
            request = tuning.Apply(request, parsed);
            var answer = await client.SearchAsync(parsed.GetRequiredValue(collection), request, cancellationToken);
            ObjectListing.Warn(connection.Terminal, answer.Warnings);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(connection.Terminal, answer, JsonOutput.Search);
            }
            else
            {
                var rows = answer.Results.Select(r => new ObjectRow(r.Id, r.Properties, r.Score.ToString("0.0000", CultureInfo.InvariantCulture)));
                ObjectListing.Write(connection.Terminal, [.. rows], leading: "Score");
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
