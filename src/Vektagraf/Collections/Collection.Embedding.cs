using Vektagraf.Embeddings;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

public sealed partial class Collection
{
    internal const string LsaGenerator = LsaEmbeddingGenerator.GeneratorName;

    // Enough to fill WAL entries; bounds memory and the time a failure takes to show.
    private const int MaxReembeddingInFlight = 1_000;

    private readonly FieldEmbedder[] _embedders;
    private readonly SemaphoreSlim _learning = new(1, 1);

    /// <summary>
    /// Learns the embedding model of a field from texts, before the objects that carry them are saved; they are embedded as they are
    /// saved then. Without this, the model is learned from the objects themselves when it is first needed.
    /// </summary>
    /// <param name="field">The vector field; its generator is <c>lsa</c>.</param>
    /// <param name="texts">The texts: for each object one line for each source property.</param>
    /// <param name="progress">Told the part done, 0 to 1; may be null.</param>
    /// <param name="cancellationToken">Ends the learning; nothing has changed then.</param>
    /// <returns>When the model is stored.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: the field has no model to learn.</exception>
    public async Task LearnEmbeddingsAsync(string field, IEnumerable<string> texts, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var embedder = _embedders.OfType<LearnedEmbedder>().FirstOrDefault(e => string.Equals(e.Field, field, StringComparison.Ordinal))
            ?? throw VektagrafException.Invalid("/vector/field", $"Field '{field}' has no generator '{LsaGenerator}', so it has no model to learn.");
        await _learning.WaitAsync(cancellationToken);
        try
        {
            await embedder.LearnAsync(texts, progress, cancellationToken);
            await ReembedAsync(embedder, cancellationToken);
        }
        finally
        {
            _learning.Release();
        }
    }

    internal static bool IsKnownGenerator(string generator, VektagrafOptions options) =>
        string.Equals(generator, LsaGenerator, StringComparison.Ordinal) || options.Generators.ContainsKey(generator);

    private FieldEmbedder[] CreateEmbedders() =>
    [
        .. Definition.Vectors.Where(v => v.Value.Generator is not null).Select(FieldEmbedder (v) =>
            _engine.Options.Generators.TryGetValue(v.Value.Generator!, out var supplied)
                ? new SuppliedEmbedder(v.Key, v.Value, supplied)
                : new LearnedEmbedder(_engine, _entry.StorageName, v.Key, v.Value)),
    ];

    /// <summary>Adds the vectors that generators make to a draft that does not bring them.</summary>
    private async ValueTask<ObjectDraft> EmbedAsync(ObjectDraft draft, CancellationToken cancellationToken)
    {
        foreach (var embedder in _embedders)
        {
            if (draft.Vectors.Any(v => string.Equals(v.Field, embedder.Field, StringComparison.Ordinal)))
            {
                continue;
            }

            if (await embedder.EmbedAsync(embedder.TextOf(draft.Properties.Span), cancellationToken) is { } vector)
            {
                draft = draft with { Vectors = [.. draft.Vectors, vector] };
            }
        }

        return draft;
    }

    /// <summary>Embeds the text of a query.</summary>
    /// <returns>Null where there is no model because there is nothing to learn from, so nothing to find either.</returns>
    private async Task<ReadOnlyMemory<float>?> EmbedQueryAsync(string field, string text, CancellationToken cancellationToken)
    {
        var embedder = Array.Find(_embedders, e => string.Equals(e.Field, field, StringComparison.Ordinal))
            ?? throw VektagrafException.Invalid("/vector/text", $"Field '{field}' has no generator to embed text with. Send a vector as 'value', or create the collection with a generator.");
        await LearnWhereNeededAsync(cancellationToken);
        if (await embedder.EmbedAsync(text, cancellationToken) is { } vector)
        {
            return vector.Values;
        }

        return embedder is LearnedEmbedder { Version: 0 }
            ? null
            : throw VektagrafException.Invalid("/vector/text", "The text has no word to search for.");
    }

    /// <summary>
    /// Learns the models that are missing, or that the collection has outgrown, and embeds again what they concern; also what another
    /// node left behind, having saved with an older model or stopped halfway.
    /// </summary>
    private async Task LearnWhereNeededAsync(CancellationToken cancellationToken)
    {
        foreach (var embedder in _embedders.OfType<LearnedEmbedder>())
        {
            var shards = await ShardsAsync(cancellationToken);
            var objects = shards.Sum(s => s.Table.LiveObjects);
            if (!await embedder.ShouldLearnAsync(objects, cancellationToken) && !IsBehind(shards, embedder))
            {
                continue;
            }

            await _learning.WaitAsync(cancellationToken);
            try
            {
                if (await embedder.ShouldLearnAsync(objects, cancellationToken))
                {
                    var snapshots = await SnapshotsAsync(ReadConsistency.Strong, cancellationToken);
                    await embedder.LearnAsync(TextsOf(snapshots, embedder), progress: null, cancellationToken);
                }

                if (IsBehind(shards, embedder))
                {
                    await ReembedAsync(embedder, cancellationToken);
                }
            }
            finally
            {
                _learning.Release();
            }
        }
    }

    private static bool IsBehind(Shard[] shards, LearnedEmbedder embedder)
    {
        var version = embedder.Version;
        return version != 0 && shards.Sum(s =>
        {
            var column = s.Table.Vectors[FieldIndexOf(s.Table, embedder.Field)];
            return column.LiveWithout + column.LiveOfOtherVersions(version);
        }) > embedder.Wordless;
    }

    private static IEnumerable<string> TextsOf(MemtableSnapshot[] snapshots, LearnedEmbedder embedder)
    {
        foreach (var snapshot in snapshots)
        {
            for (var row = 0; row < snapshot.RowCount; row++)
            {
                if (snapshot.IsVisible(row))
                {
                    yield return embedder.TextOf(snapshot.Table.PropertiesOf(row).Span);
                }
            }
        }
    }

    /// <summary>
    /// Gives every object that lacks a vector, or has one of an older model, one of the model in force. Objects saved meanwhile are
    /// left alone: they were embedded on save.
    /// </summary>
    private async Task ReembedAsync(LearnedEmbedder embedder, CancellationToken cancellationToken)
    {
        var shards = await ShardsAsync(cancellationToken);
        var inFlight = new Queue<Task<CommitReceipt>>();
        var wordless = 0;
        foreach (var shard in shards)
        {
            var snapshot = await shard.SnapshotAsync(ReadConsistency.Strong, 0, cancellationToken);
            var column = snapshot.Table.Vectors[FieldIndexOf(snapshot.Table, embedder.Field)];
            for (var row = 0; row < snapshot.RowCount; row++)
            {
                if (!snapshot.IsVisible(row) || (column.GeneratedBy(row) is { } version && (version == 0 || version == embedder.Version)))
                {
                    continue;
                }

                if (await ReembedAsync(shard, snapshot.Read(row, withVectors: true), embedder, cancellationToken) is { } commit)
                {
                    inFlight.Enqueue(commit);
                }
                else
                {
                    wordless++;
                }

                if (inFlight.Count >= MaxReembeddingInFlight)
                {
                    await inFlight.Dequeue();
                }
            }
        }

        while (inFlight.TryDequeue(out var commit))
        {
            await commit;
        }

        embedder.Wordless = wordless;
    }

    private async Task<Task<CommitReceipt>?> ReembedAsync(Shard shard, StoredObject stored, LearnedEmbedder embedder, CancellationToken cancellationToken)
    {
        if (await embedder.EmbedAsync(embedder.TextOf(stored.Properties.Span), cancellationToken) is not { } vector)
        {
            return null;
        }

        var draft = new ObjectDraft
        {
            Id = stored.Id,
            Type = stored.Type,
            Properties = stored.Properties,
            Vectors = [.. stored.Vectors!.Where(v => !string.Equals(v.Field, embedder.Field, StringComparison.Ordinal)), vector],
            Sparse = stored.Sparse ?? [],
        };
        var operation = new PendingOperation(WalOperationKind.Put, stored.Id, ObjectCodec.Encode(draft), new Precondition(PreconditionKind.Version, stored.ETag));
        return shard.Log.CommitAsync(new PendingTransaction(_engine.Entropy.NextUInt128(), [operation]), cancellationToken);
    }
}
