using System.Security.Cryptography;
using System.Text;
using Vektagraf.Embeddings;
using Vektagraf.Storage;

namespace Vektagraf.Collections;

/// <summary>
/// Embeds with a model learned from the collection's own text (latent semantic analysis). The model is one object beside the shards,
/// replaced by compare-and-swap, so that all nodes embed alike; its version stands with every vector it made.
/// </summary>
internal sealed class LearnedEmbedder(EngineContext engine, string storageName, string field, VectorFieldDefinition definition)
    : FieldEmbedder(field, definition)
{
    /// <summary>Where a collection's models are, after the start of its keys.</summary>
    public const string KeyPart = "models/";

    // Another node may have learned anew; vectors of two versions do not compare well, so not long.
    private static readonly TimeSpan ModelStaleness = TimeSpan.FromSeconds(30);

    // While there is none, one learned on another node should be found soon, yet not every object of an import ask for it.
    private static readonly TimeSpan MissStaleness = TimeSpan.FromSeconds(2);

    // A model of so many documents is good enough for any growth; a smaller one is learned again at four times its size.
    private const long MatureDocuments = 20_000;
    private const long GrowthToRelearn = 4;

    // Field names may be longer, and have other characters, than a segment of an object key.
    private readonly string _key = $"{ShardKeys.ForCollection(storageName)}{KeyPart}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(field)))}";
    private Loaded? _loaded;
    private Miss? _missed;

    /// <summary>Version of the model, 1–255; 0 where there is none.</summary>
    public byte Version => Volatile.Read(ref _loaded)?.Version ?? 0;

    /// <summary>Objects without any word to embed, as the last pass over the collection found them; they stay without a vector.</summary>
    public int Wordless { get; set; }

    public override async Task<NamedVector?> EmbedAsync(string text, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } loaded)
        {
            return null;
        }

        var vector = new float[Definition.Dimensions];
        return loaded.Model.TryEmbed(text, vector) ? new NamedVector(Field, vector, loaded.Version) : null;
    }

    /// <summary>Whether a collection of so many objects should learn a model, or learn it anew.</summary>
    public async Task<bool> ShouldLearnAsync(long objects, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _missed, null);
        var loaded = await LoadAsync(cancellationToken);
        return objects > 0
            && (loaded is null || (loaded.Model.DocumentCount < MatureDocuments && objects >= loaded.Model.DocumentCount * GrowthToRelearn));
    }

    /// <summary>Learns a model and publishes it.</summary>
    /// <returns>False where another node published one meanwhile; that one is in force then.</returns>
    public async Task<bool> LearnAsync(IEnumerable<string> texts, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _missed, null);
        var current = await LoadAsync(cancellationToken);
        var model = LsaTrainer.Train(texts, new LsaOptions { Dimensions = Definition.Dimensions }, progress, cancellationToken);
        var version = (byte)(((current?.Version ?? 0) % byte.MaxValue) + 1);
        byte[] bytes = [version, .. model.ToBytes()];
        var condition = current is null ? PutCondition.Absent : PutCondition.Match(current.ETag);
        var put = await GuardAsync(engine.Store.PutAsync(_key, bytes, condition, cancellationToken));
        if (put.Written)
        {
            // What was written is what every node reads, rounding of the format included.
            Volatile.Write(ref _loaded, new Loaded(LsaModel.Read(bytes.AsSpan(1)), version, put.ETag!, engine.Time.GetTimestamp()));
            return true;
        }

        Volatile.Write(ref _loaded, null);
        Volatile.Write(ref _missed, null);
        await LoadAsync(cancellationToken);
        return false;
    }

    private async Task<Loaded?> LoadAsync(CancellationToken cancellationToken)
    {
        var loaded = Volatile.Read(ref _loaded);
        if (loaded is not null && engine.Time.GetElapsedTime(loaded.ValidatedAt) < ModelStaleness)
        {
            return loaded;
        }

        if (loaded is null && Volatile.Read(ref _missed) is { } missed && engine.Time.GetElapsedTime(missed.At) < MissStaleness)
        {
            return null;
        }

        var startedAt = engine.Time.GetTimestamp();
        var read = await GuardAsync(engine.Store.GetAsync(_key, ifNoneMatch: loaded?.ETag, cancellationToken: cancellationToken));
        loaded = read.Status switch
        {
            GetStatus.NotModified => loaded! with { ValidatedAt = startedAt },
            GetStatus.Found => Decode(read, startedAt),
            _ => null,
        };
        Volatile.Write(ref _loaded, loaded);
        Volatile.Write(ref _missed, loaded is null ? new Miss(startedAt) : null);
        return loaded;
    }

    private Loaded Decode(GetResult read, long startedAt)
    {
        var bytes = read.Content.Span;
        var model = LsaModel.Read(bytes[Math.Min(1, bytes.Length)..]);
        return bytes[0] != 0 && model.Dimensions == Definition.Dimensions
            ? new Loaded(model, bytes[0], read.ETag!, startedAt)
            : throw new VektagrafException(ErrorKind.Corrupt, "corrupt-model", $"The embedding model '{_key}' does not belong to its field. Delete it to have it learned anew.");
    }

    private async Task<T> GuardAsync<T>(Task<T> operation)
    {
        try
        {
            return await operation;
        }
        catch (ObjectStoreException e)
        {
            throw new VektagrafException(ErrorKind.Unavailable, "store-unavailable", $"The object store failed at '{_key}': {e.Message} Try again.", inner: e);
        }
    }

    private sealed record Miss(long At);

    private sealed record Loaded(LsaModel Model, byte Version, string ETag, long ValidatedAt);
}
