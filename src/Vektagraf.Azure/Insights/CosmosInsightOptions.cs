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

    /// <summary>The settings that <see cref="From"/> reads.</summary>
    public const string ConnectionSetting = "VEKTAGRAF_COSMOS_CONNECTION", EndpointSetting = "VEKTAGRAF_COSMOS_ENDPOINT",
        DatabaseSetting = "VEKTAGRAF_COSMOS_DATABASE", ContainerSetting = "VEKTAGRAF_COSMOS_CONTAINER";

    // Published, the same for every emulator.
    private const string EmulatorKey = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

    /// <summary>The emulator, or what stands in for it, on this machine.</summary>
    public static CosmosInsightOptions Emulator { get; } = new() { ConnectionString = $"AccountEndpoint=http://localhost:8081/;AccountKey={EmulatorKey};" };

    /// <summary>Reads the options from settings or the environment.</summary>
    /// <param name="setting">Gives a setting by its name; null or empty where it is not set.</param>
    /// <returns>The options; null where neither a connection string nor an endpoint is set.</returns>
    public static CosmosInsightOptions? From(Func<string, string?> setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        var (connection, endpoint) = (Given(ConnectionSetting), Given(EndpointSetting));
        return connection is null && endpoint is null ? null : new CosmosInsightOptions
        {
            ConnectionString = connection,
            Endpoint = endpoint is null ? null : new Uri(endpoint, UriKind.RelativeOrAbsolute),
            Database = Given(DatabaseSetting) ?? DefaultDatabase,
            Container = Given(ContainerSetting) ?? DefaultContainer,
        };

        string? Given(string name) => setting(name) is { Length: > 0 } value ? value : null;
    }

    internal bool CreatesIfMissing => CreateIfMissing ?? ConnectionString is not null;

    /// <summary>What stands in the way of using the options; null where nothing does.</summary>
    /// <returns>The problem, and what to change. It never quotes the connection string, which holds a secret.</returns>
    public string? Problem()
    {
        if (ConnectionString is null == Endpoint is null)
        {
            return $"Cosmos DB is reached by a connection string or by an endpoint: set one of them ({ConnectionSetting} or {EndpointSetting}).";
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
