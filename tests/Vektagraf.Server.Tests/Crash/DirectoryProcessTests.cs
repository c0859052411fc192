using Vektagraf.TestKit;

namespace Vektagraf.Server.Crash;

public sealed class DirectoryProcessTests : ProcessContract
{
    private readonly TemporaryDirectory _directory = new();

    private protected override Task<CrashStore> OpenStoreAsync() => Task.FromResult(CrashStore.OfDirectory(_directory.Path));

    private protected override Task RemoveStoreAsync()
    {
        _directory.Dispose();
        return Task.CompletedTask;
    }
}
