using System.Linq.Expressions;
using Vektagraf.Client.VectorData;

namespace Vektagraf.Client.Tests.VectorData;

public class FilterTranslatorTests
{
    private static readonly Microsoft.Extensions.VectorData.ProviderServices.CollectionModel Model =
        new RecordModelBuilder().Build(typeof(Hotel), typeof(string), definition: null, defaultEmbeddingGenerator: null);

    private static readonly string[] SomeTags = ["a"];

    [Fact]
    public void Translate_OfNames_UsesStorageNamesAndTheKeysOwn()
    {
        Assert.Equal("\"the_city\" eq 'Malmö' and id ne 'x'", Translate(h => h.City == "Malmö" && h.Key != "x"));
    }

    [Fact]
    public void Translate_OfNestedLogic_AddsParenthesesWhereTheyChangeTheMeaning()
    {
        Assert.Equal(
            "(\"Stars\" eq 1 or \"Stars\" eq 2) and \"Stars\" eq 3 and \"Stars\" eq 4 or \"Stars\" eq 5",
            Translate(h => ((h.Stars == 1 || h.Stars == 2) && h.Stars == 3 && h.Stars == 4) || h.Stars == 5));
        Assert.Equal("not (\"Stars\" eq 1 or \"Open\" eq true)", Translate(h => !(h.Stars == 1 || h.Open)));
    }

    [Fact]
    public void Translate_OfALongChain_StaysFlat()
    {
        // Parentheses are limited to a depth of 64; chains of conditions are not.
        Expression<Func<Hotel, bool>> filter = h => h.Stars == 0;
        for (var i = 1; i <= 200; i++)
        {
            filter = Expression.Lambda<Func<Hotel, bool>>(Expression.OrElse(filter.Body, filter.Body is BinaryExpression { NodeType: ExpressionType.Equal } first ? first : ((BinaryExpression)filter.Body).Right), filter.Parameters);
        }

        Assert.DoesNotContain('(', Translate(filter));
    }

    [Fact]
    public void Translate_OfLiterals_WritesThemAsTheLanguageWants()
    {
        var moment = new DateTimeOffset(2024, 1, 31, 12, 0, 0, TimeSpan.FromHours(2));
        List<string> none = [];

        Assert.Equal("\"Name\" eq 'O''Hara'", Translate(h => h.Name == "O'Hara"));
        Assert.Equal("\"Listed\" gt 2024-01-31T10:00:00.0000000Z", Translate(h => h.Listed > moment));
        Assert.Equal("\"Founded\" eq 1999-12-31", Translate(h => h.Founded == new DateOnly(1999, 12, 31)));
        Assert.Equal("\"Rating\" eq 0.10000000149011612", Translate(h => h.Rating == 0.1f));
        Assert.Equal("\"Price\" lt 9.90", Translate(h => h.Price < 9.90m));
        Assert.Equal("\"Rooms\" eq null", Translate(h => h.Rooms == null));
        Assert.Equal("\"Distance\" gt 2", Translate(h => 2 < h.Distance));
        Assert.Equal("false", Translate(h => none.Contains(h.Name)));
    }

    public static TheoryData<Expression<Func<Hotel, bool>>, string> Untranslatable => new()
    {
        { h => h.Stars == h.Rooms, "two properties" },
        { h => h.Stars + 1 == 2, "cannot be part of a filter" },
        { h => h.Name.Length > 2, "cannot be part of a filter" },
        { h => h.Name.Trim() == "A", "cannot be part of a filter" },
        { h => h.Name.StartsWith("a", StringComparison.OrdinalIgnoreCase), "another comparison than the ordinal" },
        { h => (int)h.Distance!.Value == 2, "cannot be part of a filter" },
        { h => h.Revenue == (1L << 53) + 1, "Store such numbers as strings" },
        { h => h.Place == null, "is a vector" },
        { h => h.Owner > Guid.Empty, "orders by a Guid" },
        { h => h.Tags == SomeTags, "whole array" },
        { h => h.Tags.Any(e => h.Open), "see the element only" },
        { h => h.Name == "\ud800", "surrogate" },
    };

    [Theory]
    [MemberData(nameof(Untranslatable), DisableDiscoveryEnumeration = true)]
    public void Translate_OfWhatTheLanguageLacks_SaysWhat(Expression<Func<Hotel, bool>> filter, string reason)
    {
        var error = Assert.Throws<NotSupportedException>(() => Translate(filter));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private static string Translate(Expression<Func<Hotel, bool>> filter) => FilterTranslator.Translate(filter, Model);
}
