using System.Text;
using Vektagraf.Storage;
using Xunit;

namespace Vektagraf.TestKit.Storage;

/// <summary>
/// What every <see cref="IObjectStore"/> promises. One test class per implementation inherits it and makes a fresh, empty store.
/// </summary>
public abstract partial class ObjectStoreContract<TStore> : IAsyncLifetime
    where TStore : IObjectStore
{
    private TStore? _store;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected TStore Store => _store ?? throw new InvalidOperationException("The store was not created.");

    /// <summary>Increments per task in the compare-and-swap test; fewer where a round trip takes milliseconds.</summary>
    protected virtual int Increments => 50;

    public async ValueTask InitializeAsync() => _store = await CreateEmptyStoreAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    protected abstract ValueTask<TStore> CreateEmptyStoreAsync();

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(GetResult result) => Encoding.UTF8.GetString(result.Content.Span);

    /// <summary>An unconditional put; the ETag it gave.</summary>
    protected async Task<string> PutTextAsync(string key, string text)
    {
        PutResult result = await Store.PutAsync(key, Bytes(text), PutCondition.None, Cancel);
        Assert.True(result.Written);
        return Assert.IsType<string>(result.ETag);
    }

    protected async Task<string> GetTextAsync(string key)
    {
        GetResult result = await Store.GetAsync(key, cancellationToken: Cancel);
        Assert.True(result.Found, $"'{key}' is missing");
        return Text(result);
    }

    private Task<PutResult> PutAsync(string key, string text, PutCondition condition) =>
        Store.PutAsync(key, Bytes(text), condition, Cancel);

    private Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null) =>
        Store.GetAsync(key, range, ifNoneMatch, Cancel);
}
