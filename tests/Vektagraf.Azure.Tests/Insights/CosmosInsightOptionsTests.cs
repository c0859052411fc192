using Microsoft.Azure.Cosmos;

namespace Vektagraf.Azure.Tests.Insights;

public class CosmosInsightOptionsTests
{
    private const string Connection = "AccountEndpoint=https://name.documents.azure.com:443/;AccountKey=c2VjcmV0;";

    [Fact]
    public void EmulatorConnectionString_IsUsable() => Assert.Null(new CosmosInsightOptions { ConnectionString = CosmosInsightOptions.EmulatorConnectionString }.Problem());

    [Fact]
    public void NewStore_WhenAnEndpointIsNamed_AsksForNoToken()
    {
        using var store = new CosmosInsightStore(new CosmosInsightOptions { Endpoint = new Uri("https://name.documents.azure.com") });
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(Connection, "https://name.documents.azure.com")]
    [InlineData("AccountKey=c2VjcmV0", null)]
    [InlineData("AccountEndpoint=https://name.documents.azure.com", null)]
    [InlineData("AccountEndpoint=nowhere;AccountKey=c2VjcmV0", null)]
    [InlineData("c2VjcmV0", null)]
    [InlineData(null, "name")]
    [InlineData(null, "ftp://name")]
    [InlineData(Connection, null, "a/b")]
    [InlineData(Connection, null, "d", "")]
    [InlineData(Connection, null, "d", "c", 0.5)]
    public void Problem_WhenTheOptionsAreNotRight_SaysSoWithoutTheSecret(string? connection, string? endpoint, string database = "d", string container = "c", double timeout = 5)
    {
        var options = new CosmosInsightOptions
        {
            ConnectionString = connection,
            Endpoint = endpoint is null ? null : new Uri(endpoint, UriKind.RelativeOrAbsolute),
            Database = database,
            Container = container,
            Timeout = TimeSpan.FromSeconds(timeout),
        };
        var problem = options.Problem();
        Assert.NotNull(problem);
        Assert.DoesNotContain("c2VjcmV0", problem, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new CosmosInsightStore(options));
    }

    [Fact]
    public void Define_WritesCostOneIndexEntry_AndDocumentsExpireWhereTheySaySo()
    {
        var container = InsightContainer.Define("insights");
        Assert.Equal(("/partition", -1, PartitionKeyDefinitionVersion.V2), (container.PartitionKeyPath, container.DefaultTimeToLive, container.PartitionKeyDefinitionVersion));
        Assert.Equal("/at/?", Assert.Single(container.IndexingPolicy.IncludedPaths).Path);
        Assert.Equal("/*", Assert.Single(container.IndexingPolicy.ExcludedPaths).Path);
        Assert.Empty(container.IndexingPolicy.CompositeIndexes);
    }
}
