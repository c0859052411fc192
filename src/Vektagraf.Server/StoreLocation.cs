using Vektagraf.Azure;
using Vektagraf.Storage;

namespace Vektagraf.Server;

/// <summary>Where a server keeps its objects: a directory, or a container of a storage account.</summary>
public sealed record StoreLocation
{
    /// <summary>The container where none is named.</summary>
    public const string DefaultContainer = "vektagraf";

    private const string AzuriteAccount = "UseDevelopmentStorage=true";

    /// <summary>The directory where none is named.</summary>
    public static string DefaultDirectory { get; } = FindDefaultDirectory();

    /// <summary>Directory of the object store; null for the default, or where blob storage is named.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Connection string of a storage account; null for none.</summary>
    public string? Blobs { get; init; }

    /// <summary>Whether to use the account that Azurite has, on the port that it takes by default.</summary>
    public bool Azurite { get; init; }

    /// <summary>Container of the account; null for the default.</summary>
    public string? Container { get; init; }

    /// <summary>The directory in force; null where the objects are in blob storage.</summary>
    public string? DirectoryInForce => IsBlobStorage ? null : DataDirectory ?? DefaultDirectory;

    private bool IsBlobStorage => Blobs is not null || Azurite;

    /// <summary>What stands in the way of using it; null where nothing does.</summary>
    /// <returns>The problem, and what to change. It never quotes the connection string, which holds a secret.</returns>
    public string? Problem()
    {
        if ((DataDirectory is null ? 0 : 1) + (Blobs is null ? 0 : 1) + (Azurite ? 1 : 0) > 1)
        {
            return "A database lives in one place: pass only one of --data (a directory), --blobs (a storage account) and --azurite.";
        }

        if (!IsBlobStorage)
        {
            return Container is null ? null : "--container belongs to --blobs or --azurite: pass one of them, or leave it out.";
        }

        if (!IsContainerName(Container ?? DefaultContainer))
        {
            return $"'{Container}' is no name for a container: use 3 to 63 lower-case letters, digits and single hyphens between them.";
        }

        try
        {
            BlobStore();
            return null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return "--blobs (or VEKTAGRAF_BLOBS) is no connection string of a storage account: copy it from the account's access keys; "
                + "it begins with 'DefaultEndpointsProtocol=' or 'BlobEndpoint='.";
        }
    }

    /// <summary>Opens the store; creates directory or container where missing.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ObjectStoreException">The directory cannot be written, or the account does not answer or refuses.</exception>
    public async Task<IObjectStore> OpenAsync(CancellationToken cancellationToken) =>
        IsBlobStorage ? await OpenContainerAsync(cancellationToken) : new DirectoryObjectStore(DataDirectory ?? DefaultDirectory, TimeProvider.System);

    /// <inheritdoc/>
    public override string ToString() => IsBlobStorage
        ? $"container '{Container ?? DefaultContainer}' of {(Azurite ? "Azurite" : "the storage account")}"
        : DataDirectory ?? DefaultDirectory;

    // A method of its own, so that a server on a directory starts without loading Azure's libraries.
    private async Task<IObjectStore> OpenContainerAsync(CancellationToken cancellationToken)
    {
        var store = BlobStore();
        await store.EnsureContainerAsync(cancellationToken);
        return store;
    }

    private AzureBlobObjectStore BlobStore() =>
        AzureBlobObjectStore.FromConnectionString(Azurite ? AzuriteAccount : Blobs!, Container ?? DefaultContainer);

    private static bool IsContainerName(string name) =>
        name.Length is >= 3 and <= 63
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-'
        && !name.Contains("--", StringComparison.Ordinal);

    private static string FindDefaultDirectory()
    {
        var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(local.Length == 0 ? Environment.CurrentDirectory : local, "vektagraf", "data");
    }
}
