using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Vektagraf.Client.VectorData;

/// <summary>A collection of records in Vektagraf. Thread-safe.</summary>
/// <typeparam name="TKey">Type of the keys: <see cref="string"/>.</typeparam>
/// <typeparam name="TRecord">Type of the records, described by attributes or by a definition.</typeparam>
public partial class VektagrafCollection<TKey, TRecord> : VectorStoreCollection<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    // A body of vectors as text stays moderate.
    private const int BatchGetSize = 1_000;

    // Enough for the server to commit deletes in groups.
    private const int ParallelDeletes = 16;

    private readonly VektagrafClient _client;
    private readonly VektagrafCollectionOptions _options;
    private readonly CollectionModel _model;
    private readonly RecordMapper<TRecord> _mapper;
    private readonly StoreFailures _failures;

    /// <summary>Creates a view on a collection, which need not exist yet.</summary>
    /// <param name="client">The client.</param>
    /// <param name="name">The collection's name.</param>
    /// <param name="options">Record definition, embedding generator, shards; null for attributes and defaults.</param>
    /// <exception cref="NotSupportedException">Vektagraf cannot hold such keys or records.</exception>
    [RequiresUnreferencedCode("Reads the record's properties by reflection. For trimmed applications, use VektagrafDynamicCollection.")]
    [RequiresDynamicCode("Reads the record's properties by reflection. For native AOT, use VektagrafDynamicCollection.")]
    public VektagrafCollection(VektagrafClient client, string name, VektagrafCollectionOptions? options = null)
        : this(client, name, options, ModelOf)
    {
    }

    private protected VektagrafCollection(
        VektagrafClient client,
        string name,
        VektagrafCollectionOptions? options,
        Func<VektagrafCollectionOptions, CollectionModel> build)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(name);
        _client = client;
        Name = name;
        _options = options ?? new VektagrafCollectionOptions();
        _model = build(_options);
        _mapper = new RecordMapper<TRecord>(_model);
        _failures = new StoreFailures(client, name);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => _failures.WrapAsync(
        "CollectionExists",
        async () => await _client.GetCollectionAsync(Name, cancellationToken).ConfigureAwait(false) is not null);

    /// <inheritdoc/>
    /// <remarks>A collection that exists is left as it is, whatever its definition.</remarks>
    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default) => _failures.WrapAsync(
        "EnsureCollectionExists",
        async () =>
        {
            var definition = DefinitionMapping.ToDefinition(_model, _options);
            return await _client.GetCollectionAsync(Name, cancellationToken).ConfigureAwait(false) is not null
                || (await _client.PutCollectionAsync(Name, definition, cancellationToken).ConfigureAwait(false)).Created;
        });

    /// <inheritdoc/>
    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) =>
        _failures.WrapAsync("EnsureCollectionDeleted", () => _client.DeleteCollectionAsync(Name, cancellationToken));

    /// <inheritdoc/>
    public override Task<TRecord?> GetAsync(TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
    {
        var includeVectors = IncludeVectors(options?.IncludeVectors);
        return _failures.WrapAsync("Get", async () =>
        {
            var found = await _client.GetObjectAsync(Name, IdOf(key), includeVectors, null, cancellationToken).ConfigureAwait(false);
            return found is null ? null : _mapper.ToRecord(found.Id, found.Properties, found.Vectors, includeVectors);
        });
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<TRecord> GetAsync(
        IEnumerable<TKey> keys,
        RecordRetrievalOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var includeVectors = IncludeVectors(options?.IncludeVectors);
        foreach (var ids in keys.Select(IdOf).Chunk(BatchGetSize))
        {
            var found = await _failures.WrapAsync("Get", () => _client.BatchGetObjectsAsync(Name, ids, includeVectors, null, cancellationToken)).ConfigureAwait(false);
            foreach (var item in found.OfType<VektagrafObject>())
            {
                yield return _mapper.ToRecord(item.Id, item.Properties, item.Vectors, includeVectors);
            }
        }
    }

    /// <inheritdoc/>
    public override Task DeleteAsync(TKey key, CancellationToken cancellationToken = default) =>
        _failures.WrapAsync("Delete", () => _client.DeleteObjectAsync(Name, IdOf(key), null, cancellationToken));

    /// <inheritdoc/>
    public override Task DeleteAsync(IEnumerable<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ParallelDeletes, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(keys, parallel, async (key, token) => await DeleteAsync(key, token).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public override Task UpsertAsync(TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return _failures.WrapAsync("Upsert", async () =>
        {
            var item = (await ToObjectsAsync([record], cancellationToken).ConfigureAwait(false))[0];
            return await _client.PutObjectAsync(Name, item, null, cancellationToken).ConfigureAwait(false);
        });
    }

    /// <inheritdoc/>
    /// <remarks>One stream; not atomic: where the server refuses a record, the others are saved, and the error names the first refused.</remarks>
    public override Task UpsertAsync(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return _failures.WrapAsync("UpsertBatch", async () =>
        {
            var items = await ToObjectsAsync([.. records], cancellationToken).ConfigureAwait(false);
            if (items.Count == 0)
            {
                return;
            }

            var result = await _client.ImportAsync(Name, items.ToAsyncEnumerable(), progress: null, cancellationToken).ConfigureAwait(false);
            if (result.FailedCount > 0)
            {
                var first = result.Failed[0];
                throw new VektagrafClientException(
                    $"{result.FailedCount} of {items.Count} records were refused, the others are saved. The first refused is '{items[(int)first.Line - 1].Id}': {first.Detail}");
            }
        });
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreCollectionMetadata) ? _failures.CollectionMetadata
            : serviceType == typeof(VektagrafClient) ? _client
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    private static string IdOf(TKey key) => key as string
        ?? throw new NotSupportedException($"The key is a {key?.GetType().Name ?? "null"}. Keys in Vektagraf are strings.");

    [RequiresUnreferencedCode("Reads the record's properties by reflection.")]
    [RequiresDynamicCode("Reads the record's properties by reflection.")]
    private static CollectionModel ModelOf(VektagrafCollectionOptions options) => typeof(TRecord) == typeof(Dictionary<string, object?>)
        ? throw new NotSupportedException(VectorDataStrings.NonDynamicCollectionWithDictionaryNotSupported(typeof(VektagrafDynamicCollection)))
        : new RecordModelBuilder().Build(typeof(TRecord), typeof(TKey), options.Definition, options.EmbeddingGenerator);

    private bool IncludeVectors(bool? wanted) => wanted == true && _model.EmbeddingGenerationRequired
        ? throw new NotSupportedException(VectorDataStrings.IncludeVectorsNotSupportedWithEmbeddingGeneration)
        : wanted ?? false;

    /// <summary>Objects of records, with vectors made for those properties whose generator is on this side.</summary>
    private async Task<IReadOnlyList<VektagrafObject>> ToObjectsAsync(IReadOnlyList<TRecord> records, CancellationToken cancellationToken)
    {
        var generated = records.Select(_ => new Dictionary<string, ReadOnlyMemory<float>>(StringComparer.Ordinal)).ToList();
        foreach (var property in _model.VectorProperties.Where(p => !RecordModelBuilder.IsVectorType(p.Type)))
        {
            // What has no text gets no vector.
            var sources = records.Select((record, i) => (Value: property.GetValueAsObject(record), Index: i)).Where(s => s.Value is not null).ToList();
            if (sources.Count == 0)
            {
                continue;
            }

            var embeddings = await property.GenerateEmbeddingsAsync(sources.Select(s => s.Value), cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < sources.Count; i++)
            {
                generated[sources[i].Index][property.StorageName] = RecordMapper<TRecord>.VectorOf(embeddings[i])
                    ?? throw new NotSupportedException($"The generator of '{property.ModelName}' makes {embeddings[i].GetType().Name}; vectors are float32.");
            }
        }

        return [.. records.Select((record, i) => _mapper.ToObject(record, generated[i]))];
    }
}
