using Azure.Storage.Blobs;
using Vektagraf.Storage;
using Vektagraf.TestKit.Services;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Azure.Tests.Storage;

public class AzureBlobObjectStoreProcessTests(AzuriteServer server) : ObjectStoreProcessContract
{
    private readonly string _container = $"p{Guid.NewGuid():N}";
    private string _connectionString = string.Empty;

    protected override IEnumerable<string> StoreArguments => ["azure", $"{_container} {_connectionString}"];

    protected override int Slots => 60;

    protected override int Increments => 15;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _connectionString = await server.GetConnectionStringAsync();
        await AzureBlobObjectStore.FromConnectionString(_connectionString, _container).EnsureContainerAsync(Cancel);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_connectionString.Length > 0)
        {
            await new BlobContainerClient(_connectionString, _container).DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
        }

        await base.DisposeAsync();
    }

    protected override IObjectStore OpenStore() => AzureBlobObjectStore.FromConnectionString(_connectionString, _container);
}
