using System.CommandLine;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>Options that say how to search: the recall wanted, or the parameters themselves, and how unlike each other results should be.</summary>
internal sealed class SearchTuning
{
    private readonly Option<double?> _recall = new("--recall") { Description = "Wanted recall, above 0 up to 1. Default: the collection's objective", HelpName = "0..1" };
    private readonly Option<int?> _efSearch = new("--ef-search") { Description = "Graph indexes: length of the candidate pool; wins over --recall.", HelpName = "n" };
    private readonly Option<int?> _nprobe = new("--nprobe") { Description = "Inverted-list indexes: lists to look into; wins over --recall.", HelpName = "n" };
    private readonly Option<bool> _exact = new("--exact") { Description = "Score every vector." };

    private readonly Option<double?> _lambda = new("--diversity") { Description = "Keep results unlike each other: 1 ranks by nearness alone, 0 by being unlike what stands before.", HelpName = "0..1" };

    /// <summary>Adds the options.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_recall);
        command.Options.Add(_efSearch);
        command.Options.Add(_nprobe);
        command.Options.Add(_exact);
        command.Options.Add(_lambda);
    }

    /// <summary>The request with what was said; what was not stays the server's choice.</summary>
    public SearchRequest Apply(SearchRequest request, ParseResult parsed)
    {
        var parameters = new SearchParameters { EfSearch = parsed.GetValue(_efSearch), Nprobe = parsed.GetValue(_nprobe), Exact = parsed.GetValue(_exact) };
        return request with
        {
            Recall = parsed.GetValue(_recall),
            Parameters = parameters == new SearchParameters() ? null : parameters,
            Diversity = parsed.GetValue(_lambda) is { } lambda ? new Diversity(lambda) : null,
        };
    }
}
