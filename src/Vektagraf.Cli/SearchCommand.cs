using System.CommandLine;
using System.Globalization;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>search.</summary>
internal static class SearchCommand
{
    public static Command Create(Connection connection)
    {
        var collection = Flags.Collection();
        var text = new Argument<string>("text") { Description = "What to search for; the vector field needs a generator." };
        var k = new Option<int>("--k") { Description = "Most results. Default: 10", HelpName = "n", DefaultValueFactory = _ => 10 };
        var filter = new Option<string>("--filter") { Description = "Only objects that fulfil it, such as: price lt 80 and brand eq 'Nord'", HelpName = "filter" };
        var field = new Option<string>("--vector-field") { Description = "The vector field; may be left out where there is one.", HelpName = "name" };
        var tuning = new SearchTuning();
        var json = Flags.Json();
        var command = new Command("search", "Find objects by the meaning of a text.") { collection, text, k, filter, field, json };
        tuning.AddTo(command);
        connection.SetAction(command, async (client, parsed, cancellationToken) =>
        {
            var request = new SearchRequest
            {
                Vector = new VectorQuery { Text = parsed.GetRequiredValue(text), Field = parsed.GetValue(field) },
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
