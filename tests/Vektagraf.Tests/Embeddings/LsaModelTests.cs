using CsCheck;

namespace Vektagraf.Embeddings;

public class LsaModelTests
{
    private static readonly LsaModel Model = LsaTrainer.Train(LsaCorpora.Generate(600, seed: 5), new LsaOptions { Dimensions = 40 });

    [Fact]
    public void TryEmbed_WhenAnyTextWithAWord_GivesLengthOne() =>
        Gen.String.Sample(text =>
        {
            float[] vector = new float[Model.Dimensions];
            bool embedded = Model.TryEmbed(text, vector);
            double squares = vector.Sum(x => (double)x * x);
            return embedded == (LsaTokenizer.Tokenize(text).Count > 0) && Math.Abs(squares - (embedded ? 1 : 0)) < 1e-5;
        });

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    [InlineData("--- ... !")]
    public void TryEmbed_WhenNoWord_GivesFalseAndZeros(string text)
    {
        float[] vector = [.. Enumerable.Repeat(1f, Model.Dimensions)];
        Assert.False(Model.TryEmbed(text, vector));
        Assert.All(vector, x => Assert.Equal(0, x));
    }

    [Fact]
    public void TryEmbed_WhenTheDestinationHasAnotherLength_Throws() =>
        Assert.Throws<ArgumentException>(() => Model.TryEmbed("file", new float[Model.Dimensions + 1]));

    [Fact]
    public void TryEmbed_WhenWordsChangePlaces_GivesTheSameVector() =>
        Assert.Equal(Model.Embed("file zyx socket qwv"), Model.Embed("qwv socket zyx file"));

    [Fact]
    public void TryEmbed_WhenTheWordIsUnknown_FindsTextsThatHoldIt()
    {
        Assert.DoesNotContain("zyxgraf", Model.Vocabulary);
        double with = Model.Cosine("zyxgraf", "the zyxgraf writes a file");
        double without = Model.Cosine("zyxgraf", "the vuwgraf writes a file");
        Assert.True(with > without + 0.3, $"with {with}, without {without}");
    }

    [Fact]
    public void TryEmbed_WhenAWordIsInTheTitle_CountsMoreThanInTheBody()
    {
        double title = Model.Cosine("river", "river\ninvoice");
        double body = Model.Cosine("river", "invoice\nriver");
        Assert.True(title > body + 0.05, $"title {title}, body {body}");
    }

    [Fact]
    public void TryEmbed_WhenOneLineHasWords_TreatsItAsNoTitle() =>
        Assert.Equal(Model.Embed("river invoice river"), Model.Embed("\n\nriver invoice river\n - \n"));

    [Fact]
    public void TryEmbed_WhenManyThreads_GivesTheSameVectors()
    {
        string[] texts = [.. LsaCorpora.Generate(64, seed: 9)];
        float[][] expected = [.. texts.Select(Model.Embed)];
        float[][] actual = new float[texts.Length][];
        Parallel.For(0, texts.Length, i => actual[i] = Model.Embed(texts[i]));
        Assert.Equal(expected, actual);
    }
}
