using Vektagraf.Azure;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Hosting;

/// <summary>Where a host keeps its objects: a directory, or a container of a storage account.</summary>
public sealed class StoreOptions
{
    /// <summary>The container where none is named.</summary>
    public const string DefaultContainer = "vektagraf";

    private const string AzuriteAccount = "UseDevelopmentStorage=true";

    /// <summary>Directory of the object store; null for none.</summary>
    public string? Directory { get; set; }

    /// <summary>Connection string of a storage account; null for none.</summary>
    public string? Connection { get; set; }

    /// <summary>Blob endpoint of a storage account, for the host's own identity; null for none.</summary>
    public string? Uri { get; set; }

    /// <summary>Whether to use the account that Azurite has, on the port that it takes by default.</summary>
    public bool Azurite { get; set; }

    /// <summary>Container of the account; null for the default.</summary>
    public string? Container { get; set; }

    /// <summary>Age in seconds below which garbage collection spares what nothing refers to. All processes on one store must have the same.</summary>
    public double CollectionGraceSeconds { get; set; } = new ShardLogOptions().CollectionGrace.TotalSeconds;

    /// <summary>Whether the objects are in a storage account.</summary>
    public bool IsBlobStorage => Azurite || !string.IsNullOrEmpty(Connection) || !string.IsNullOrEmpty(Uri);

    private string ContainerInForce => string.IsNullOrEmpty(Container) ? DefaultContainer : Container;

    private string? ConnectionInForce => Azurite ? AzuriteAccount : string.IsNullOrEmpty(Connection) ? null : Connection;

    /// <summary>What stands in the way of using it.</summary>
    /// <returns>Each problem, and what to change. Connection strings, which hold a secret, are never quoted.</returns>
    public IEnumerable<string> Problems()
    {
        if (CollectionGraceSeconds is not (>= 1 and <= 31_536_000))
        {
            yield return $"{SettingTable.Of("Store:CollectionGraceSeconds")} is out of range: 1 to 31,536,000 seconds.";
        }

        bool[] places = [!string.IsNullOrEmpty(Directory), !string.IsNullOrEmpty(Connection), !string.IsNullOrEmpty(Uri), Azurite];
        if (places.Count(p => p) != 1)
        {
            yield return "A database lives in one place: set one, and only one of "
                + $"{SettingTable.Of("Store:Directory")}, {SettingTable.Of("Store:Connection")}, {SettingTable.Of("Store:Uri")} and --azurite.";
        }
        else if (IsBlobStorage && AccountProblem() is { } problem)
        {
            yield return problem;
        }

        if (!IsBlobStorage && !string.IsNullOrEmpty(Container))
        {
            yield return $"{SettingTable.Of("Store:Container")} belongs to a storage account: name one, or leave it out.";
        }
    }

    /// <summary>Makes the store; nothing has been asked of it yet.</summary>
    /// <returns>The store.</returns>
    /// <exception cref="ObjectStoreException">The directory cannot be written.</exception>
    public IObjectStore Open() => IsBlobStorage ? BlobStore() : new DirectoryObjectStore(Directory!, TimeProvider.System);

    /// <summary>Makes the container of a storage account where it is missing.</summary>
    /// <param name="store">The store, as opened.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>When there is one.</returns>
    /// <exception cref="ObjectStoreException">The account does not answer or refuses.</exception>
    public Task EnsureContainerAsync(IObjectStore store, CancellationToken cancellationToken) =>
        IsBlobStorage ? ((AzureBlobObjectStore)store).EnsureContainerAsync(cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public override string ToString() => IsBlobStorage
        ? $"container '{ContainerInForce}' of {(Azurite ? "Azurite" : "the storage account")}"
        : Directory ?? "nowhere";

    private string? AccountProblem()
    {
        if (!IsContainerName(ContainerInForce))
        {
            return $"'{Container}' is no name for a container ({SettingTable.Of("Store:Container")}): use 3 to 63 lower-case letters, digits and single hyphens between them.";
        }

        if (ConnectionInForce is null && !(System.Uri.TryCreate(Uri, UriKind.Absolute, out var uri) && (uri.Scheme == System.Uri.UriSchemeHttps || uri.IsLoopback)))
        {
            return $"{SettingTable.Of("Store:Uri")} is '{Uri}'; it must be a blob endpoint such as https://name.blob.core.windows.net.";
        }

        try
        {
            BlobStore();
            return null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return $"{SettingTable.Of("Store:Connection")} is no connection string of a storage account: copy it from the account's access keys; "
                + "it begins with 'DefaultEndpointsProtocol=' or 'BlobEndpoint='.";
        }
    }

    // A method of its own, so that a host on a directory starts without loading Azure's libraries.
    private AzureBlobObjectStore BlobStore() => ConnectionInForce is { } connection
        ? AzureBlobObjectStore.FromConnectionString(connection, ContainerInForce)
        : AzureBlobObjectStore.FromAccount(new Uri(Uri!), ContainerInForce);

    private static bool IsContainerName(string name) =>
        name.Length is >= 3 and <= 63
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-'
        && !name.Contains("--", StringComparison.Ordinal);
}
