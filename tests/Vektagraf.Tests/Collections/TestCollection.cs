using System.IO.Pipelines;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Collections;

/// <summary>A collection with the few calls tests make over and over.</summary>
internal sealed class TestCollection : IAsyncDisposable
{
    public const string Name = "things";

    private TestCollection(IObjectStore store, VektagrafDatabase database, Collection collection)
    {
        Store = store;
        Database = database;
        Collection = collection;
    }

    public static CancellationToken Cancel => CancellationToken.None;

    public IObjectStore Store { get; }

    public VektagrafDatabase Database { get; }

    public Collection Collection { get; }

    public static async Task<TestCollection> CreateAsync(string definition = "{}", IObjectStore? store = null, VektagrafOptions? options = null)
    {
        store ??= new MemoryObjectStore();
        var database = new VektagrafDatabase(store, options);
        var (collection, _) = await database.PutCollectionAsync(Name, CollectionJson.Read(Encoding.UTF8.GetBytes(definition)), Cancel);
        return new TestCollection(store, database, collection);
    }

    /// <summary>Opens the collection that another one created.</summary>
    public static async Task<TestCollection> OpenAsync(IObjectStore store, VektagrafOptions? options = null)
    {
        var database = new VektagrafDatabase(store, options);
        return new TestCollection(store, database, await database.GetCollectionAsync(Name, Cancel));
    }

    public Task<WriteResult> SaveAsync(string json, WriteOptions options = default) =>
        Collection.SaveAsync(ObjectJson.Read(Encoding.UTF8.GetBytes(json), Collection.Definition), options, Cancel);

    public async Task SaveAllAsync(IEnumerable<string> objects) => await Task.WhenAll(objects.Select(o => SaveAsync(o)));

    public Task<WriteResult> PatchAsync(string id, string json, WriteOptions options = default) =>
        Collection.PatchAsync(id, Encoding.UTF8.GetBytes(json), options, Cancel);

    public Task<string> DeleteAsync(string id, WriteOptions options = default) => Collection.DeleteAsync(id, options, Cancel);

    public Task<StoredObject> GetAsync(string id) => Collection.GetAsync(id, withVectors: true, ReadConsistency.Strong, Cancel);

    public async Task<string> PropertiesAsync(string id) => Encoding.UTF8.GetString((await GetAsync(id)).Properties.Span);

    public async Task<string> IdsAsync(string? filter = null, params string[] orderBy) => Ids((await QueryAsync(filter, orderBy)).Results);

    public Task<QueryResponse> QueryAsync(string? filter = null, params string[] orderBy) =>
        Collection.QueryAsync(new QueryRequest { Filter = filter, OrderBy = orderBy }, Cancel);

    public async Task<string> SearchAsync(SearchRequest request) => Ids((await Collection.SearchAsync(request, Cancel)).Hits.Select(h => h.Object));

    public Task<ImportResult> ImportAsync(string text) => ImportAsync(Encoding.UTF8.GetBytes(text));

    public Task<ImportResult> ImportAsync(byte[] bytes) => Collection.ImportAsync(PipeReader.Create(new MemoryStream(bytes)), Cancel);

    public static string Ids(IEnumerable<StoredObject> objects) => string.Join(' ', objects.Select(o => o.Id));

    public static WriteOptions IfMatch(string etag, string? key = null) => new(new Precondition(PreconditionKind.Version, etag), key);

    public static WriteOptions IfPresent => new(new Precondition(PreconditionKind.Present));

    public static WriteOptions IfAbsent => new(new Precondition(PreconditionKind.Absent));

    public static WriteOptions Keyed(string key) => new(default, key);

    public static async Task<VektagrafException> FailsAsync(ErrorKind kind, Func<Task> action)
    {
        var e = await Assert.ThrowsAsync<VektagrafException>(action);
        Assert.Equal(kind, e.Kind);
        return e;
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
