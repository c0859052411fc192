using System.CommandLine;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>The options that say which server to ask, and the client made of them.</summary>
internal sealed class Connection(Terminal terminal)
{
    private const string DefaultServer = "http://localhost:7071";
    private const string ServerVariable = "VEKTAGRAF_SERVER";
    private const string KeyVariable = "VEKTAGRAF_KEY";

    private readonly Option<string> _server = new("--server")
    {
        Description = $"Address of the server, or {ServerVariable}. Default: {DefaultServer}",
        HelpName = "url",
        Recursive = true,
    };

    private readonly Option<string> _key = new("--key")
    {
        Description = $"Read, write or admin key. Better set {KeyVariable}: command lines are visible to others.",
        HelpName = "key",
        Recursive = true,
    };

    public Terminal Terminal => terminal;

    public IReadOnlyList<Option> Options => [_server, _key];

    /// <summary>An action that asks the server.</summary>
    /// <param name="command">The command to run it.</param>
    /// <param name="run">The action; its result is the exit code.</param>
    /// <param name="isTransfer">Whether one call may take any time.</param>
    public void SetAction(Command command, Func<VektagrafClient, ParseResult, CancellationToken, Task<int>> run, bool isTransfer = false) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var http = new HttpClient();
            if (isTransfer)
            {
                http.Timeout = Timeout.InfiniteTimeSpan;
            }

            return await run(ClientOf(http, parsed), parsed, cancellationToken);
        });

    private VektagrafClient ClientOf(HttpClient http, ParseResult parsed)
    {
        var address = parsed.GetValue(_server) ?? NonEmpty(ServerVariable) ?? DefaultServer;
        return Uri.TryCreate(address, UriKind.Absolute, out var server) && server.Scheme is "http" or "https"
            ? new VektagrafClient(http, new VektagrafClientOptions { Server = server, Key = parsed.GetValue(_key) ?? NonEmpty(KeyVariable) })
            : throw new UsageException($"'{address}' is no address of a server. Write it like {DefaultServer}.");
    }

    private string? NonEmpty(string variable) => terminal.Variable(variable) is { Length: > 0 } value ? value : null;
}
