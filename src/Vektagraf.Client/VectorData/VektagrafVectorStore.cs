using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Vektagraf.Client.VectorData;

/// <summary>Vektagraf as a vector store of Microsoft.Extensions.VectorData. Thread-safe.</summary>
public sealed class VektagrafVectorStore : VectorStore
{
    private readonly VektagrafClient _client;
    private readonly VektagrafVectorStoreOptions _options;
    private readonly StoreFailures _failures;

    /// <summary>Creates a store.</summary>
    /// <param name="client">The client.</param>
    /// <param name="options">Embedding generator; null for defaults.</param>
    public VektagrafVectorStore(VektagrafClient client, VektagrafVectorStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _options = options ?? new VektagrafVectorStoreOptions();
        _failures = new StoreFailures(client, collection: null);
    }

    /// <inheritdoc/>
    [RequiresUnreferencedCode("Reads the record's properties by reflection. For trimmed applications, use GetDynamicCollection.")]
    [RequiresDynamicCode("Reads the record's properties by reflection. For native AOT, use GetDynamicCollection.")]
    public override VectorStoreCollection<TKey, TRecord> GetCollection<TKey, TRecord>(string name, VectorStoreCollectionDefinition? definition = null) =>
        typeof(TRecord) == typeof(Dictionary<string, object?>)
            ? throw new ArgumentException(VectorDataStrings.GetCollectionWithDictionaryNotSupported)
            : new VektagrafCollection<TKey, TRecord>(_client, name, OptionsWith(definition));

    /// <inheritdoc/>
    public override VectorStoreCollection<object, Dictionary<string, object?>> GetDynamicCollection(string name, VectorStoreCollectionDefinition definition) =>
        new VektagrafDynamicCollection(_client, name, OptionsWith(definition));

    /// <inheritdoc/>
    public override async IAsyncEnumerable<string> ListCollectionNamesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var collections = await _failures.WrapAsync("ListCollectionNames", () => _client.ListCollectionsAsync(cancellationToken)).ConfigureAwait(false);
        foreach (var collection in collections)
        {
            yield return collection.Name;
        }
    }

    /// <inheritdoc/>
    public override Task<bool> CollectionExistsAsync(string name, CancellationToken cancellationToken = default) => _failures.WrapAsync(
        "CollectionExists",
        async () => await _client.GetCollectionAsync(name, cancellationToken).ConfigureAwait(false) is not null);

    /// <inheritdoc/>
    public override Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken = default) =>
        _failures.WrapAsync("EnsureCollectionDeleted", () => _client.DeleteCollectionAsync(name, cancellationToken));

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreMetadata) ? _failures.StoreMetadata
            : serviceType == typeof(VektagrafClient) ? _client
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    private VektagrafCollectionOptions OptionsWith(VectorStoreCollectionDefinition? definition) =>
        new() { Definition = definition, EmbeddingGenerator = _options.EmbeddingGenerator };
}
