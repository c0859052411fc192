using Microsoft.Extensions.AI;

namespace Vektagraf.Embeddings;

/// <summary>
/// <see cref="LsaModel"/> behind the interface that embedding models of any maker share, so that one of them can take its place.
/// Needs no download, no network and no key; safe for any number of threads.
/// </summary>
public sealed class LsaEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>The name collections call it by: <c>"generator": "lsa"</c>.</summary>
    public const string GeneratorName = "lsa";

    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Creates a generator.</summary>
    /// <param name="model">What it embeds with.</param>
    public LsaEmbeddingGenerator(LsaModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        _metadata = new EmbeddingGeneratorMetadata("vektagraf", providerUri: null, GeneratorName, model.Dimensions);
    }

    /// <summary>The model.</summary>
    public LsaModel Model { get; }

    /// <summary>Embeds a text without the allocations of the general interface.</summary>
    /// <inheritdoc cref="LsaModel.TryEmbed"/>
    public bool TryEmbed(ReadOnlySpan<char> text, Span<float> destination) => Model.TryEmbed(text, destination);

    /// <summary>Embeds texts.</summary>
    /// <param name="values">The texts.</param>
    /// <param name="options">Only <see cref="EmbeddingGenerationOptions.Dimensions"/> is looked at, and must be the model's where it is given.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>One vector of length 1 per text, in their order.</returns>
    /// <exception cref="VektagrafException">
    /// <see cref="ErrorKind.Invalid"/>: a text has no word at all (see <see cref="TryEmbed"/>), or another length of vector is asked for.
    /// </exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is { } wanted && wanted != Model.Dimensions)
        {
            throw VektagrafException.Invalid("", $"The model makes vectors of {Model.Dimensions} dimensions; {wanted} are not to be had.");
        }

        GeneratedEmbeddings<Embedding<float>> embeddings = [];
        foreach (string text in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[] vector = new float[Model.Dimensions];
            if (!Model.TryEmbed(text, vector))
            {
                throw VektagrafException.Invalid("", $"Text number {embeddings.Count} has no word to embed: neither a letter nor a digit.");
            }

            embeddings.Add(new Embedding<float>(vector) { ModelId = GeneratorName });
        }

        return Task.FromResult(embeddings);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(LsaModel) ? Model
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Does nothing: the model is plain memory.</summary>
    public void Dispose()
    {
    }
}
