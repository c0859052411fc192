using Microsoft.Extensions.VectorData;

namespace Vektagraf.Client.VectorData;

/// <summary>Failures as the abstraction wants them, and the metadata they carry.</summary>
internal sealed class StoreFailures(VektagrafClient client, string? collection)
{
    private const string SystemName = "vektagraf";

    public VectorStoreMetadata StoreMetadata { get; } = new() { VectorStoreSystemName = SystemName, VectorStoreName = client.Server.Authority };

    public VectorStoreCollectionMetadata CollectionMetadata { get; } = new()
    {
        VectorStoreSystemName = SystemName,
        VectorStoreName = client.Server.Authority,
        CollectionName = collection,
    };

    public async Task<T> WrapAsync<T>(string operation, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (VektagrafClientException e)
        {
            throw new VectorStoreException(e.Message, e)
            {
                VectorStoreSystemName = SystemName,
                VectorStoreName = StoreMetadata.VectorStoreName,
                CollectionName = collection,
                OperationName = operation,
            };
        }
    }

    public Task WrapAsync(string operation, Func<Task> call) => WrapAsync(operation, async () =>
    {
        await call().ConfigureAwait(false);
        return true;
    });
}
