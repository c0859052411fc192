namespace Vektagraf.Embeddings;

public class LsaTrainerTests
{
    [Fact]
    public void Train_WhenThreadsDiffer_GivesTheSameBytes()
    {
        List<string> texts = LsaCorpora.Generate(1500, seed: 7);
        LsaOptions options = new() { Dimensions = 48 };
        byte[] one = LsaTrainer.Train(texts, options with { MaxDegreeOfParallelism = 1 }).ToBytes();
        Assert.Equal(one, LsaTrainer.Train(texts, options with { MaxDegreeOfParallelism = 2 }).ToBytes());
        Assert.Equal(one, LsaTrainer.Train(texts, options with { MaxDegreeOfParallelism = 7 }).ToBytes());
    }

    [Fact]
    public void Train_WhenSeedDiffers_GivesAnotherModel()
    {
        List<string> texts = LsaCorpora.Generate(50, seed: 7);
        byte[] one = LsaTrainer.Train(texts, new LsaOptions { Seed = 1 }).ToBytes();
        Assert.NotEqual(one, LsaTrainer.Train(texts, new LsaOptions { Seed = 2 }).ToBytes());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(60)]
    public void Train_WhenDimensionsExceedTheRank_SpendsAllEnergyAndFillsWithZeros(int count)
    {
        List<string> texts = LsaCorpora.Generate(count, seed: 3);
        LsaModel model = LsaTrainer.Train(texts, new LsaOptions { Dimensions = 96, LexicalWeight = 0 });
        // Every document is a row of length 1, so that the squared singular values add up to the count of documents.
        Assert.Equal(count, model.SingularValues.Sum(value => (double)value * value), 1e-3 * count);
        Assert.InRange(model.SingularValues.Count(value => value > 0), 1, count);
        float[] vector = model.Embed(texts[0]);
        for (int i = 0; i < vector.Length; i++)
        {
            Assert.True(model.SingularValues[i] > 0 || vector[i] == 0, $"dimension {i} is beyond the rank");
        }
    }

    [Fact]
    public void Train_WhenTruncated_FindsTheStrongestSingularValues()
    {
        List<string> texts = LsaCorpora.Generate(300, seed: 11);
        LsaModel exact = LsaTrainer.Train(texts, new LsaOptions { Dimensions = 400, Oversampling = 0 });
        LsaModel truncated = LsaTrainer.Train(texts, new LsaOptions { Dimensions = 12, Oversampling = 20, PowerIterations = 6 });
        for (int i = 0; i < truncated.Dimensions; i++)
        {
            Assert.Equal(exact.SingularValues[i], truncated.SingularValues[i], exact.SingularValues[i] * 0.01f);
        }
    }

    [Fact]
    public void Train_WhenWordsShareTheirContext_BringsThemTogether()
    {
        LsaModel model = LsaTrainer.Train(LsaCorpora.Generate(600, seed: 5), new LsaOptions { Dimensions = 6, LexicalWeight = 0 });
        double related = model.Cosine("socket", "packet");
        double unrelated = model.Cosine("socket", "brush");
        Assert.True(related > 0.5, $"related {related}");
        Assert.True(unrelated < 0.2, $"unrelated {unrelated}");
    }

    [Fact]
    public void Train_WhenFiveDocuments_FindsEachByItsWords()
    {
        string[] texts = ["red apple", "green pear", "blue whale", "fast train", "old castle"];
        LsaModel model = LsaTrainer.Train(texts);
        foreach (string text in texts)
        {
            string word = text.Split(' ')[1];
            Assert.Equal(text, texts.MaxBy(other => model.Cosine(word, other)));
            Assert.All(texts.Where(other => other != text), other => Assert.True(model.Cosine(word, other) < 0.5));
        }
    }

    [Theory]
    [InlineData]
    [InlineData("", "  ", "...")]
    public void Train_WhenNoWords_GivesAModelThatStillEmbeds(params string[] texts)
    {
        LsaModel model = LsaTrainer.Train(texts, new LsaOptions { Dimensions = 64 });
        Assert.Equal(0, model.VocabularySize);
        Assert.Equal(1, model.Cosine("new words", "words, new!"), 1e-5);
        Assert.True(model.Cosine("new words", "something else") < 0.7);
    }

    [Fact]
    public void Train_WhenThePostingsExceedTheLimit_ThinsTheCorpusEvenly()
    {
        List<string> texts = LsaCorpora.Generate(3000, seed: 2);
        LsaModel model = LsaTrainer.Train(texts, new LsaOptions { Dimensions = 6, MaxPostings = 5000 });
        Assert.InRange(model.DocumentCount, 200, 750);
        Assert.True(model.Cosine("river", "boat") > model.Cosine("river", "invoice") + 0.3);
    }

    [Fact]
    public void Train_WhenTheVocabularyIsLimited_KeepsTheCommonWords()
    {
        LsaModel model = LsaTrainer.Train(LsaCorpora.Generate(300, seed: 2), new LsaOptions { Dimensions = 8, MaxVocabulary = 10 });
        Assert.Equal(10, model.VocabularySize);
        Assert.DoesNotContain(model.Vocabulary, word => word.StartsWith("rare", StringComparison.Ordinal));
    }

    [Fact]
    public void Train_WhenCanceled_Throws()
    {
        using CancellationTokenSource source = new();
        IEnumerable<string> CancelsAtTheEnd()
        {
            foreach (string text in LsaCorpora.Generate(50, seed: 1))
            {
                yield return text;
            }

            source.Cancel();
        }

        Assert.ThrowsAny<OperationCanceledException>(() => LsaTrainer.Train(CancelsAtTheEnd(), cancellationToken: source.Token));
    }

    [Fact]
    public void Train_WhenProgressIsWatched_ReportsRisingSharesUpToOne()
    {
        Recorder recorder = new();
        LsaTrainer.Train(LsaCorpora.Generate(50, seed: 1), progress: recorder);
        Assert.Equal(recorder.Shares.Order(), recorder.Shares);
        Assert.Equal(1, recorder.Shares[^1]);
        Assert.True(recorder.Shares.Count > 3);
    }

    [Fact]
    public void Train_WhenAnOptionIsOutOfRange_NamesIt()
    {
        LsaOptions[] wrong =
        [
            new() { Dimensions = 0 }, new() { TitleWeight = float.NaN }, new() { LexicalWeight = 2 }, new() { PowerIterations = -1 },
            new() { Oversampling = 5000 }, new() { MaxVocabulary = 0 }, new() { MaxPostings = 1 }, new() { MaxDegreeOfParallelism = 0 },
        ];
        foreach (LsaOptions options in wrong)
        {
            VektagrafException error = Assert.Throws<VektagrafException>(() => LsaTrainer.Train(["text"], options));
            Assert.Equal(ErrorKind.Invalid, error.Kind);
            Assert.Contains("LsaOptions.", error.Message, StringComparison.Ordinal);
        }
    }

    private sealed class Recorder : IProgress<double>
    {
        public List<double> Shares { get; } = [];

        public void Report(double value) => Shares.Add(value);
    }
}
