using Vektagraf.Azure;
using Vektagraf.Hosting;
using Vektagraf.Insights;

namespace Vektagraf.Server;

public class InsightOptionsTests
{
    private static readonly StoreOptions Blobs = new() { Azurite = true };

    [Fact]
    public void Open_WhereNoPlaceIsNamed_IsAFileBesideTheData_AndMemoryBesideBlobs()
    {
        using var file = Assert.IsType<SqliteInsightStore>(new InsightOptions().Open(new StoreOptions { Directory = Path.GetTempPath() }, TimeProvider.System));
        Assert.Equal(Path.Combine(Path.GetTempPath(), "insights.db"), file.Path);
        Assert.IsType<MemoryInsightStore>(new InsightOptions().Open(Blobs, TimeProvider.System));
    }

    [Theory]
    [InlineData("Connection", "AccountEndpoint=https://name.documents.azure.com;AccountKey=c2VjcmV0")]
    [InlineData("Endpoint", "https://name.documents.azure.com")]
    [InlineData("Emulator", "")]
    public void Open_WhereCosmosIsNamed_AsksNothingOfIt(string place, string value)
    {
        var options = Cosmos(place, value);
        Assert.Empty(options.Problems(Blobs));
        using var store = Assert.IsType<CosmosInsightStore>(options.Open(Blobs, TimeProvider.System));
    }

    [Theory]
    [InlineData("Connection", "certainly no connection string", "VEKTAGRAF_COSMOS_CONNECTION")]
    [InlineData("Connection", "AccountEndpoint=https://name.documents.azure.com", "VEKTAGRAF_COSMOS_CONNECTION")]
    [InlineData("Endpoint", "certainly.nothing", "VEKTAGRAF_COSMOS_ENDPOINT")]
    public void Problems_WhenCosmosIsMisnamed_NameTheSetting_AndNoSecret(string place, string value, string setting)
    {
        var problem = Assert.Single(Cosmos(place, value).Problems(Blobs));
        Assert.Contains(setting, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("certainly no connection", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_WhenTwoPlacesAreNamed_OrTheModeIsUnknown_SayWhatToChange()
    {
        Assert.Contains("--cosmos", Assert.Single(new InsightOptions { File = "insights.db", CosmosEmulator = true }.Problems(Blobs)), StringComparison.Ordinal);
        Assert.Contains("VEKTAGRAF_COSMOS_MODE", Assert.Single(new InsightOptions { CosmosEmulator = true, CosmosMode = "fast" }.Problems(Blobs)), StringComparison.Ordinal);
    }

    private static InsightOptions Cosmos(string place, string value) => place switch
    {
        "Connection" => new() { CosmosConnection = value },
        "Endpoint" => new() { CosmosEndpoint = value },
        _ => new() { CosmosEmulator = true },
    };
}
