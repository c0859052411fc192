using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Vektagraf.Storage;
using Vektagraf.TestKit.Services;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Azure.Tests.Storage;

public class AzureBlobObjectStoreTests(AzuriteServer server) : ObjectStoreContract<AzureBlobObjectStore>
{
    private BlobContainerClient? _container;

    protected override int Increments => 15;

    private BlobContainerClient Container => _container ?? throw new InvalidOperationException("The container was not created.");

    [Fact]
    public async Task EveryMethod_WhenTheContainerIsMissing_FailsInsteadOfAnsweringMissing()
    {
        await Container.DeleteAsync(cancellationToken: Cancel);
        foreach (Func<Task> call in new Func<Task>[]
        {
            () => Store.GetAsync("a", cancellationToken: Cancel),
            () => Store.PutAsync("a", Bytes("x"), PutCondition.Absent, Cancel),
            () => Store.PutAsync("a", Bytes("x"), PutCondition.Match("\"0x1\""), Cancel),
            () => Store.DeleteAsync("a", Cancel),
            () => Store.ListAsync(string.Empty, cancellationToken: Cancel),
        })
        {
            var error = await Assert.ThrowsAsync<ObjectStoreException>(call);
            Assert.Contains(Container.Name, error.Message, StringComparison.Ordinal);
            Assert.Contains("ContainerNotFound", error.Message, StringComparison.Ordinal);
            Assert.False(error.IsTransient);
        }
    }

    [Fact]
    public async Task EnsureContainerAsync_WhenMissingOrPresent_LeavesAContainer()
    {
        await Container.DeleteAsync(cancellationToken: Cancel);
        await Store.EnsureContainerAsync(Cancel);
        await Store.EnsureContainerAsync(Cancel);
        Assert.Empty(await ListKeysAsync(string.Empty));
    }

    [Fact]
    public async Task Writes_WhenTheBlobIsLeased_FailInsteadOfLosingACondition()
    {
        string etag = await PutTextAsync("leased", "one");
        await Container.GetBlobClient("leased").GetBlobLeaseClient().AcquireAsync(TimeSpan.FromSeconds(15), cancellationToken: Cancel);
        foreach (Func<Task> call in new Func<Task>[]
        {
            () => Store.PutAsync("leased", Bytes("two"), PutCondition.None, Cancel),
            () => Store.PutAsync("leased", Bytes("two"), PutCondition.Match(etag), Cancel),
            () => Store.DeleteAsync("leased", Cancel),
        })
        {
            var error = await Assert.ThrowsAsync<ObjectStoreException>(call);
            Assert.Contains("Lease", error.Message, StringComparison.Ordinal);
            Assert.False(error.IsTransient);
        }
    }

    [Fact]
    public async Task EveryMethod_WhenTheKeyIsWrong_FailsForGoodAndSaysWhatToCheck()
    {
        string wrong = (await server.GetConnectionStringAsync()).Replace("AccountKey=", "AccountKey=AAAA", StringComparison.Ordinal);
        var store = AzureBlobObjectStore.FromConnectionString(wrong, Container.Name);
        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => store.GetAsync("a", cancellationToken: Cancel));
        Assert.False(error.IsTransient);
        Assert.Contains("account key", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PutAsync_WhenTheObjectIsLarge_IsOneBlobWithoutBlocks()
    {
        await Store.PutAsync("large", SelfDescribingContent.Create(3, 9 << 20), PutCondition.Absent, Cancel);
        var blocks = await Container.GetBlockBlobClient("large").GetBlockListAsync(cancellationToken: Cancel);
        Assert.Empty(blocks.Value.CommittedBlocks);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_container is not null)
        {
            await _container.DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
        }

        await base.DisposeAsync();
    }

    protected override async ValueTask<AzureBlobObjectStore> CreateEmptyStoreAsync()
    {
        _container = new BlobContainerClient(
            await server.GetConnectionStringAsync(), $"t{Guid.NewGuid():N}", AzureBlobObjectStore.CreateClientOptions());
        await _container.CreateAsync(cancellationToken: Cancel);
        return new AzureBlobObjectStore(_container);
    }
}
