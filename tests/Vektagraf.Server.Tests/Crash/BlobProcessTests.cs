using Azure.Storage.Blobs;
using Vektagraf.TestKit.Services;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace Vektagraf.Server.Crash;

/// <summary>On Azurite, or the account of VEKTAGRAF_BLOBS. Servers make the container themselves.</summary>
public sealed class BlobProcessTests(AzuriteServer azurite) : ProcessContract
{
    private readonly string _container = $"c{Guid.NewGuid():N}";
    private string? _connectionString;

    private protected override async Task<CrashStore> OpenStoreAsync()
    {
        _connectionString = await azurite.GetConnectionStringAsync();
        return CrashStore.OfContainer(_connectionString, _container);
    }

    private protected override async Task RemoveStoreAsync()
    {
        if (_connectionString is not null)
        {
            await new BlobContainerClient(_connectionString, _container).DeleteIfExistsAsync();
        }
    }
}
