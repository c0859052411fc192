using CsCheck;

namespace Vektagraf.Embeddings;

public class LsaTokenizerTests
{
    [Theory]
    [InlineData("ReadAllLinesAsync", "read lin async readalllinesasync")]
    [InlineData("XMLReader", "xml read xmlread")]
    [InlineData("SHA256", "sha 256 sha256")]
    [InlineData("Base64Url", "bas 64 url base64url")]
    [InlineData("IOException", "io except ioexcept")]
    [InlineData("the URLs of a page", "url pag")]
    [InlineData("file's content, don't", "fil content don")]
    [InlineData("snake_case-word", "snak cas word")]
    [InlineData("grüße Ελλάδα", "grüße ελλάδα")]
    [InlineData("文字 emoji 🚀", "文 字 emoji 🚀")]
    public void Tokenize_WhenTextHasWords_SplitsThem(string text, string expected) =>
        Assert.Equal(expected.Split(' '), LsaTokenizer.Tokenize(text));

    [Theory]
    [InlineData("compress compresses compressed compressing compression")]
    [InlineData("serialize serializes serialized serializer serialization serializing serialise")]
    [InlineData("validate validates validated validating validation validator")]
    [InlineData("cancel cancels cancelled canceled cancelling cancellation")]
    [InlineData("copy copies copied copying")]
    [InlineData("lazy lazily")]
    [InlineData("create creates created creating creation creator")]
    [InlineData("write writes writing writer")]
    [InlineData("process processes processed")]
    public void Tokenize_WhenWordsAreFormsOfOne_GivesOneStem(string forms) =>
        Assert.Single(LsaTokenizer.Tokenize(forms).Distinct(StringComparer.Ordinal));

    [Theory]
    [InlineData("general", "generic")]
    [InlineData("string", "stream")]
    [InlineData("access", "accent")]
    [InlineData("state", "static")]
    [InlineData("user", "use")]
    public void Tokenize_WhenWordsDiffer_KeepsThemApart(string one, string other) =>
        Assert.NotEqual(LsaTokenizer.Tokenize(one), LsaTokenizer.Tokenize(other));

    [Fact]
    public void Tokenize_WhenOnlyStopWords_KeepsThem() => Assert.Equal(["to", "be", "or", "to", "be"], LsaTokenizer.Tokenize("to be or to be"));

    [Theory]
    [InlineData("")]
    [InlineData(" \t\r\n")]
    [InlineData("?!… — (); \ud83d")]
    public void Tokenize_WhenNoLetterNorDigit_GivesNothing(string text) => Assert.Empty(LsaTokenizer.Tokenize(text));

    [Fact]
    public void Tokenize_WhenWordIsVeryLong_CutsIt() =>
        Assert.Equal(LsaTokenizer.MaxTokenLength, Assert.Single(LsaTokenizer.Tokenize(string.Concat(Enumerable.Repeat("xy", 500)))).Length);

    [Fact]
    public void Tokenize_WhenTextIsVeryLong_Stops()
    {
        string text = string.Concat(Enumerable.Repeat("word ", LsaTokenizer.MaxTokens + 100));
        Assert.Equal(LsaTokenizer.MaxTokens, LsaTokenizer.Tokenize(text).Count);
    }

    [Fact]
    public void Tokenize_WhenAnyText_GivesWordsThatCanBeStored() =>
        Gen.String.Sample(text => LsaTokenizer.Tokenize(text).All(word =>
            word.Length is > 0 and <= LsaTokenizer.MaxTokenLength
            && System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(word)) == word));
}
