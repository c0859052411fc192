using System.Data.Common;
using Azure.Core;
using Microsoft.Azure.Cosmos;

namespace Vektagraf.Azure;

/// <summary>Which Cosmos DB container holds the insights, and how it is reached: by a connection string, or by an endpoint and an Entra identity.</summary>
public sealed record CosmosInsightOptions
{
    /// <summary>Name of the database unless stated.</summary>
    public const string DefaultDatabase = "vektagraf";

    /// <summary>Name of the container unless stated.</summary>
    public const string DefaultContainer = "insights";

    /// <summary>Connection string with the account's key; null where <see cref="Endpoint"/> is used.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The account, such as <c>https://name.documents.azure.com</c>, used with <see cref="Credential"/>; null where <see cref="ConnectionString"/> is used.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The identity, which has the data plane role <c>Cosmos DB Built-in Data Contributor</c>; null for the managed identity of the host or,
    /// without one, the developer's sign-in.</summary>
    public TokenCredential? Credential { get; init; }

    /// <summary>Name of the database.</summary>
    public string Database { get; init; } = DefaultDatabase;

    /// <summary>Name of the container.</summary>
    public string Container { get; init; } = DefaultContainer;

    /// <summary>
    /// Gateway takes one HTTPS connection and passes firewalls; Direct goes to the replicas over TCP, which saves a hop for many calls.
    /// Insights are few and wait for nobody.
    /// </summary>
    public ConnectionMode Mode { get; init; } = ConnectionMode.Gateway;

    /// <summary>
    /// Whether the first call makes database and container where they are missing. By default with a key only: an Entra identity cannot make them on the
    /// data plane, whatever its roles, so that the deployment has to.
    /// </summary>
    public bool? CreateIfMissing { get; init; }

    /// <summary>Whether writes made at the same time travel together: fewer requests, each of them later by up to a second.</summary>
    public bool Bulk { get; init; }

    /// <summary>How long a call may take, its retries included, 1 second to 5 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Makes the HTTP client of Gateway mode; null for the SDK's own.</summary>
    public Func<HttpClient>? HttpClientFactory { get; init; }

    /// <summary>Connection string of the emulator, or what stands in for it, on this machine. Its key is published, the same for every emulator.</summary>
    public const string EmulatorConnectionString =
        "AccountEndpoint=http://localhost:8081/;AccountKey=C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==;";

    internal bool CreatesIfMissing => CreateIfMissing ?? ConnectionString is not null;

    /// <summary>What stands in the way of using the options; null where nothing does.</summary>
    /// <returns>The problem, and what to change. It never quotes the connection string, which holds a secret.</returns>
    public string? Problem()
    {
        if (ConnectionString is null == Endpoint is null)
        {
            return "Cosmos DB is reached by a connection string or by an endpoint: set one of them.";
        }

        if (AccountEndpoint() is not { IsAbsoluteUri: true, Scheme: "https" or "http" })
        {
            return ConnectionString is null
                ? $"'{Endpoint}' is no endpoint of a Cosmos DB account: it looks like https://name.documents.azure.com."
                : "This is no connection string of a Cosmos DB account: copy it from the account's keys; it begins with 'AccountEndpoint='.";
        }

        if (!IsName(Database) || !IsName(Container))
        {
            return "Names of a Cosmos DB database and container have 1 to 255 characters, none of '/', '\\', '?' and '#', and no space at the end.";
        }

        return Timeout < TimeSpan.FromSeconds(1) || Timeout > TimeSpan.FromMinutes(5) ? "A call to Cosmos DB may take 1 second to 5 minutes." : null;
    }

    /// <summary>The account's endpoint; null where the connection string has none.</summary>
    internal Uri? AccountEndpoint()
    {
        if (ConnectionString is null)
        {
            return Endpoint;
        }

        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = ConnectionString };
            return parts.ContainsKey("AccountKey") && parts.TryGetValue("AccountEndpoint", out var endpoint) && Uri.TryCreate((string)endpoint, UriKind.Absolute, out var uri) ? uri : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool IsName(string name) => name.Length is >= 1 and <= 255 && name.AsSpan().IndexOfAny("/\\?#") < 0 && name[^1] != ' ';
}
