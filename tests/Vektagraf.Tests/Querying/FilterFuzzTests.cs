using System.Text;
using CsCheck;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

/// <summary>Whatever the text, parsing ends with a tree or with the one error that says where and what to change.</summary>
public class FilterFuzzTests
{
    private static readonly string[] Pieces =
    [
        "and", "or", "not", "in", "eq", "ne", "lt", "null", "true", "(", ")", "((((", "))))", ",", "/", ":", "'x'", "'", "\"", "''", "1", "-",
        "1e9", "2024-01-01", "2024-01-01T00:00:00Z", "geography'POINT(1 2)'", "geography'", "geo.distance(", "startswith(", "contains", "tags/any(t:", "/all(",
        "t", "price", "id", "é", "\ud83d", "\0", ".", "not not not not", "$", " ",
    ];

    [Fact]
    public void Parse_OfRandomText_EndsInATreeOrOneError() => Gen.String.Sample(AssertEnds, iter: 5_000, print: Print);

    [Fact]
    public void Parse_OfRandomTokens_EndsInATreeOrOneError() =>
        Gen.Select(Gen.OneOf(Pieces).Array[0, 60], Gen.OneOf(" ", ""), (pieces, separator) => string.Join(separator, pieces))
            .Sample(AssertEnds, iter: 15_000, print: Print);

    [Fact]
    public void Parse_OfMutatedFilters_EndsInATreeOrOneError() =>
        Gen.Select(FilterGen.Any, Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 3], Gen.OneOf(Pieces)).Array[1, 4], Mutate)
            .Sample(AssertEnds, iter: 15_000, print: Print);

    [Theory]
    [InlineData("(")]
    [InlineData("not ")]
    [InlineData("not(")]
    [InlineData("geo.distance(")]
    [InlineData("a/any(e: ")]
    [InlineData("contains(")]
    [InlineData("a/")]
    [InlineData("a and ")]
    [InlineData("a or not (b and ")]
    [InlineData("''")]
    [InlineData("1-")]
    [InlineData("a in (")]
    [InlineData("\ud83d")]
    public void Parse_OfHugeRepetition_EndsInATreeOrOneError(string piece)
    {
        foreach (int count in (int[])[100, FilterParser.MaxBytes / piece.Length, 1_000_000])
        {
            AssertEnds(new StringBuilder().Insert(0, piece, count).ToString());
            AssertEnds(new StringBuilder().Insert(0, piece, count).Append("a eq 1").ToString());
        }
    }

    private static string Mutate(FilterExpression tree, (int Place, int Kind, string Piece)[] mutations)
    {
        string text = tree.ToString();
        foreach ((int place, int kind, string piece) in mutations)
        {
            int at = place % (text.Length + 1);
            text = kind switch
            {
                0 => text.Insert(at, piece),
                1 when at < text.Length => text.Remove(at, 1),
                2 => text[..at],
                _ => text[at..] + text[..at],
            };
        }

        return text;
    }

    private static void AssertEnds(string text)
    {
        try
        {
            FilterExpression tree = FilterParser.Parse(text);
            string canonical = tree.ToString();
            if (Encoding.UTF8.GetByteCount(canonical) <= FilterParser.MaxBytes)
            {
                Assert.Equal(tree, FilterParser.Parse(canonical));
            }
        }
        catch (VektagrafException error)
        {
            Assert.Equal("invalid-filter", error.Slug);
            Assert.Matches("^Filter, character [0-9]+: .", error.Message);
            string digits = error.Message["Filter, character ".Length..].Split(':')[0];
            int position = int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(position, 1, text.Length + 1);
        }
    }

    private static string Print(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c.ToString() : $"\\u{(int)c:x4}"));
}
