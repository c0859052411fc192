using Vektagraf.Azure;
using Vektagraf.Storage;

namespace Vektagraf.Functions;

/// <summary>Where the function app keeps its data; the settings are documented in the README.</summary>
/// <param name="Connection">Connection string of the storage account; null to use <paramref name="Account"/> with the app's identity.</param>
/// <param name="Account">Blob endpoint of the storage account; null to use <paramref name="Connection"/>.</param>
/// <param name="Container">Name of the container; it must exist.</param>
public sealed record StoreSettings(string? Connection, Uri? Account, string Container)
{
    private const string DefaultContainer = "vektagraf";

    /// <summary>Reads the settings.</summary>
    /// <returns>The settings.</returns>
    /// <exception cref="InvalidOperationException">A setting is missing or malformed; the message says which.</exception>
    public static StoreSettings FromEnvironment()
    {
        var connection = Read("VEKTAGRAF_STORE_CONNECTION");
        var account = Read("VEKTAGRAF_STORE_URI");
        if (connection is null == account is null)
        {
            throw new InvalidOperationException("Set either VEKTAGRAF_STORE_CONNECTION (a connection string) or VEKTAGRAF_STORE_URI (a blob endpoint, for managed identity).");
        }

        Uri? uri = null;
        if (account is not null && !Uri.TryCreate(account, UriKind.Absolute, out uri))
        {
            throw new InvalidOperationException($"VEKTAGRAF_STORE_URI is '{account}'; it must be a blob endpoint such as https://name.blob.core.windows.net.");
        }

        return new StoreSettings(connection, uri, Read("VEKTAGRAF_STORE_CONTAINER") ?? DefaultContainer);
    }

    /// <summary>Makes the store; nothing has been asked of the service yet.</summary>
    /// <returns>The store.</returns>
    public IObjectStore CreateStore() => Connection is not null
        ? AzureBlobObjectStore.FromConnectionString(Connection, Container)
        : AzureBlobObjectStore.FromAccount(Account!, Container);

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
