using Microsoft.Extensions.AI;

namespace Vektagraf.Embeddings;

public class LsaEmbeddingGeneratorTests
{
    private static readonly LsaModel Model = LsaTrainer.Train(LsaCorpora.Generate(100, seed: 5), new LsaOptions { Dimensions = 24 });

    [Fact]
    public async Task GenerateAsync_WhenTexts_GivesTheModelsVectorsInOrder()
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator = new LsaEmbeddingGenerator(Model);
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["file", "socket"]);
        Assert.Equal([Model.Embed("file"), Model.Embed("socket")], embeddings.Select(embedding => embedding.Vector.ToArray()));
    }

    [Fact]
    public async Task GenerateAsync_WhenATextHasNoWord_SaysWhich()
    {
        using LsaEmbeddingGenerator generator = new(Model);
        VektagrafException error = await Assert.ThrowsAsync<VektagrafException>(() => generator.GenerateAsync(["file", "?"]));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains("number 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GenerateAsync_WhenOtherDimensionsAreAskedFor_Refuses()
    {
        using LsaEmbeddingGenerator generator = new(Model);
        VektagrafException error = await Assert.ThrowsAsync<VektagrafException>(
            () => generator.GenerateAsync(["file"], new EmbeddingGenerationOptions { Dimensions = 8 }));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
    }

    [Fact]
    public async Task GenerateAsync_WhenCanceled_Throws()
    {
        using LsaEmbeddingGenerator generator = new(Model);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => generator.GenerateAsync(["file"], cancellationToken: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void GetService_WhenAsked_TellsItsDimensions()
    {
        using LsaEmbeddingGenerator generator = new(Model);
        EmbeddingGeneratorMetadata? metadata = generator.GetService<EmbeddingGeneratorMetadata>();
        Assert.Equal(24, metadata?.DefaultModelDimensions);
        Assert.Equal("lsa", metadata?.DefaultModelId);
        Assert.Same(Model, generator.GetService<LsaModel>());
        Assert.Same(generator, generator.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Null(generator.GetService<string>());
    }
}
