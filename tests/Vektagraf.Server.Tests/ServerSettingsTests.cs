namespace Vektagraf.Server;

public class ServerSettingsTests
{
    [Fact]
    public void InsightsFileInForce_WhereNoneIsNamed_IsInTheDataDirectory_AndMemoryBesideBlobs()
    {
        Assert.Equal(Path.Combine("/there", "insights.db"), new ServerSettings { Store = new() { DataDirectory = "/there" } }.InsightsFileInForce);
        Assert.Null(new ServerSettings { Store = new() { Azurite = true } }.InsightsFileInForce);
    }

    [Theory]
    [InlineData("certainly no connection string")]
    [InlineData("AccountEndpoint=https://name.documents.azure.com")]
    public void Problem_WhenTheCosmosConnectionIsNotRight_SaysSoWithoutIt(string connection)
    {
        var problem = new ServerSettings { Cosmos = new() { ConnectionString = connection } }.Problem();
        Assert.Contains("AccountEndpoint=", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("certainly", problem, StringComparison.Ordinal);
    }
}
