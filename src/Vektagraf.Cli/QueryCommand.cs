using System.CommandLine;
using System.Globalization;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>query.</summary>
internal static class QueryCommand
{
    // One page is one request: large enough to be few, small enough to show something soon.
    private const int MaxPage = 1_000;

    public static Command Create(Connection connection)
    {
        var collection = Flags.Collection();
        var filter = new Option<string>("--filter") { Description = "Only objects that fulfil it, such as: price lt 80 and brand eq 'Nord'", HelpName = "filter" };
        var orderBy = new Option<string>("--order-by") { Description = "Order, such as: price desc, title. Default: by id", HelpName = "keys" };
        var limit = new Option<int>("--limit") { Description = "Most objects. Default: 100", HelpName = "n", DefaultValueFactory = _ => 100 };
        var json = Flags.Json();
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--limit is at least 1.");
            }
        });
        var command = new Command("query", "List objects by a filter, in order.") { collection, filter, orderBy, limit, json };
        connection.SetAction(command, async (client, parsed, cancellationToken) =>
        {
            var (terminal, most) = (connection.Terminal, parsed.GetValue(limit));
            var request = new QueryRequest
            {
                Filter = parsed.GetValue(filter),
                OrderBy = parsed.GetValue(orderBy) is { } keys ? [keys] : null,
                Limit = Math.Min(most, MaxPage),
            };
            var found = PagesAsync(client, terminal, parsed.GetRequiredValue(collection), request, most, cancellationToken);
            if (parsed.GetValue(json))
            {
                await JsonOutput.WriteAllAsync(terminal, found, JsonOutput.Object);
            }
            else
            {
                ObjectListing.Write(terminal, [.. await found.Select(o => new ObjectRow(o.Id, o.Properties, Leading: null)).ToListAsync(cancellationToken)], leading: null);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static async IAsyncEnumerable<VektagrafObject> PagesAsync(
        VektagrafClient client,
        Terminal terminal,
        string collection,
        QueryRequest request,
        int most,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = most;
        while (true)
        {
            var page = await client.QueryAsync(collection, request with { Limit = Math.Min(left, MaxPage) }, cancellationToken);
            if (request.Cursor is null)
            {
                ObjectListing.Warn(terminal, page.Warnings);
            }

            foreach (var found in page.Results)
            {
                yield return found;
            }

            left -= page.Results.Count;
            if (page.Cursor is null)
            {
                yield break;
            }

            if (left == 0)
            {
                await terminal.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"There are more than {most:N0}; raise --limit to see them."));
                yield break;
            }

            request = request with { Cursor = page.Cursor };
        }
    }
}
