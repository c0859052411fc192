using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Vektagraf.Azure;
using Vektagraf.Hosting;
using Vektagraf.Telemetry;

namespace Vektagraf.Architecture.Tests.Infra;

/// <summary>What the deployment makes, where the compiler takes any value: roles, settings, keys, protocols, and what queries name.</summary>
public partial class SnapshotTests
{
    private const string BlobDataOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
    private const string BlobDataContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    private const string MonitoringMetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
    private const string CosmosDataContributor = "00000000-0000-0000-0000-000000000002";

    // The platform's own.
    private static readonly string[] OtherSettings =
    [
        "AZURE_CLIENT_ID", "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__clientId", "AzureWebJobsStorage__credential",
    ];

    private static readonly IReadOnlyList<JsonObject> Resources =
        [.. JsonNode.Parse(Repository.Read("infra/main.snapshot.json"))!["predictedResources"]!.AsArray().Select(r => r!.AsObject())];

    [Fact]
    public void Roles_AreExactlyThoseNeededWhereTheyAreNeeded()
    {
        var assigned = Of("Microsoft.Authorization/roleAssignments").Select(r => (
            Role: Text(r, "properties", "roleDefinitionId").Split('/')[^1],
            Scope: ScopeKind().Match(Text(r, "id")).Groups["kind"].Value));
        Assert.Equal(
            [
                (MonitoringMetricsPublisher, "Microsoft.Insights/components"),
                (BlobDataOwner, "Microsoft.Storage/storageAccounts"),
                (BlobDataContributor, "Microsoft.Storage/storageAccounts/blobServices/containers"),
            ],
            assigned.Select(a => (a.Role, Scope: KindOf(a.Scope))).OrderBy(a => a.Role == MonitoringMetricsPublisher ? 0 : a.Role == BlobDataOwner ? 1 : 2));
        var cosmos = Assert.Single(Of("Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"));
        Assert.EndsWith(CosmosDataContributor, Text(cosmos, "properties", "roleDefinitionId"), StringComparison.Ordinal);
        Assert.EndsWith("/dbs/vektagraf", Text(cosmos, "properties", "scope"), StringComparison.Ordinal);
        var principals = Resources.Where(r => r["properties"]?["principalId"] is not null).Select(r => Text(r, "properties", "principalId")).Distinct(StringComparer.Ordinal);
        Assert.Contains("userAssignedIdentities/id-vektagraf-", Assert.Single(principals), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_OfTheApp_AreThoseThatTheHostReads()
    {
        var settings = Assert.Single(Of("Microsoft.Web/sites/config"))["properties"]!.AsObject().Select(p => p.Key).ToList();
        Assert.Empty(settings.Except(SettingTable.All.Select(s => s.Name)).Except(OtherSettings, StringComparer.Ordinal));
        Assert.Subset(settings.ToHashSet(StringComparer.Ordinal), ScheduleOptions.Timers.Select(ScheduleOptions.SettingOf).ToHashSet(StringComparer.Ordinal));
        Assert.Subset(settings.ToHashSet(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal) { "VEKTAGRAF_STORE_URI", "VEKTAGRAF_STORE_CONTAINER" });
    }

    [Fact]
    public void Accounts_TakeIdentitiesOnlyAndNoOldProtocol()
    {
        Assert.Equal(2, Of("Microsoft.Storage/storageAccounts").Count());
        Assert.All(Of("Microsoft.Storage/storageAccounts"), account =>
        {
            var properties = account["properties"]!;
            Assert.False((bool)properties["allowSharedKeyAccess"]!);
            Assert.False((bool)properties["allowBlobPublicAccess"]!);
            Assert.True((bool)properties["supportsHttpsTrafficOnly"]!);
            Assert.Equal("TLS1_2", (string?)properties["minimumTlsVersion"]);
            Assert.Contains((string?)account["sku"]!["name"], new[] { "Standard_LRS", "Standard_ZRS" });
        });
        var cosmos = Assert.Single(Of("Microsoft.DocumentDB/databaseAccounts"))["properties"]!;
        Assert.True((bool)cosmos["disableLocalAuth"]!);
        Assert.Equal("Tls12", (string?)cosmos["minimalTlsVersion"]);
        Assert.Equal("EnableServerless", (string?)Assert.Single(cosmos["capabilities"]!.AsArray())!["name"]);
        Assert.True((bool)Assert.Single(Of("Microsoft.Insights/components"))["properties"]!["DisableLocalAuth"]!);
        Assert.All(Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies"), p => Assert.False((bool)p["properties"]!["allow"]!));
    }

    [Fact]
    public void Cosmos_HasTheContainerThatTheStoreDefines()
    {
        var container = Assert.Single(Of("Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers"))["properties"]!["resource"]!;
        var defined = InsightContainer.Define((string)container["id"]!);
        Assert.Equal(defined.PartitionKeyPath, (string?)Assert.Single(container["partitionKey"]!["paths"]!.AsArray()));
        Assert.Equal((int?)defined.PartitionKeyDefinitionVersion, (int?)container["partitionKey"]!["version"]);
        Assert.Equal(defined.DefaultTimeToLive, (int?)container["defaultTtl"]);
        var policy = container["indexingPolicy"]!;
        Assert.Equal(defined.IndexingPolicy.Automatic, (bool?)policy["automatic"]);
        Assert.Equal(defined.IndexingPolicy.IndexingMode.ToString(), (string?)policy["indexingMode"], ignoreCase: true);
        Assert.Equal(defined.IndexingPolicy.IncludedPaths.Select(p => p.Path), policy["includedPaths"]!.AsArray().Select(p => (string?)p!["path"]));
        Assert.Equal(defined.IndexingPolicy.ExcludedPaths.Select(p => p.Path), policy["excludedPaths"]!.AsArray().Select(p => (string?)p!["path"]));
    }

    [Fact]
    public void App_IsOnFlexConsumptionWithTheRuntimeOfTheProjects()
    {
        var plan = Assert.Single(Of("Microsoft.Web/serverfarms"));
        Assert.Equal(("FC1", "FlexConsumption"), (Text(plan, "sku", "name"), Text(plan, "sku", "tier")));
        var app = Assert.Single(Of("Microsoft.Web/sites"));
        var config = app["properties"]!["functionAppConfig"]!;
        var framework = TargetFramework().Match(Repository.Read("Directory.Build.props")).Groups["version"].Value;
        Assert.Equal(("dotnet-isolated", framework), ((string?)config["runtime"]!["name"], (string?)config["runtime"]!["version"]));
        Assert.Equal("UserAssignedIdentity", (string?)config["deployment"]!["storage"]!["authentication"]!["type"]);
        Assert.Equal("api", Text(app, "tags", "azd-service-name"));
        Assert.Contains("  api:\n    project: src/Vektagraf.Functions\n", Repository.Read("azure.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Queries_NameOnlyInstrumentsAndAttributesThatExist()
    {
        var instruments = Instruments.All.ToDictionary(i => i.Name, StringComparer.Ordinal);
        string[] spans = [.. Instruments.OperationDuration.Attributes];
        var queries = Queries().ToList();
        Assert.True(queries.Count >= 15);
        foreach (var query in queries)
        {
            var named = InstrumentName().Matches(query).Select(m => m.Groups["name"].Value).ToList();
            var attributes = Dimension().Matches(query).Select(m => m.Groups["name"].Value).ToList();
            if (query.StartsWith("customMetrics", StringComparison.Ordinal))
            {
                Assert.NotEmpty(named);
                Assert.All(named, n => Assert.True(instruments.ContainsKey(n), $"There is no instrument {n}: {query}"));
                Assert.All(attributes, a => Assert.True(named.TrueForAll(n => instruments[n].Attributes.Contains(a, StringComparer.Ordinal)), $"{string.Join(", ", named)} has no {a}."));
            }
            else
            {
                Assert.Subset(spans.ToHashSet(StringComparer.Ordinal), attributes.ToHashSet(StringComparer.Ordinal));
            }
        }
    }

    [Fact]
    public void WorkbookAndDashboard_HaveEveryChart()
    {
        var charts = JsonNode.Parse(Repository.Read("infra/charts.json"))!.AsArray();
        var workbook = JsonNode.Parse(Text(Assert.Single(Of("Microsoft.Insights/workbooks")), "properties", "serializedData"))!;
        Assert.Equal(charts.Select(c => (string?)c!["query"]), workbook["items"]!.AsArray().Select(i => (string?)i!["content"]!["query"]));
        var dashboard = Assert.Single(Of("Microsoft.Portal/dashboards"));
        Assert.Equal(charts.Count, dashboard["properties"]!["lenses"]![0]!["parts"]!.AsArray().Count);
    }

    [Fact]
    public void Alerts_AllReachTheActionGroup()
    {
        var group = Text(Assert.Single(Of("Microsoft.Insights/actionGroups")), "id");
        var rules = Of("Microsoft.Insights/scheduledQueryRules").Select(r => (string?)r["properties"]!["actions"]!["actionGroups"]![0])
            .Concat(Of("Microsoft.Insights/metricAlerts").Select(r => (string?)r["properties"]!["actions"]![0]!["actionGroupId"])).ToList();
        Assert.Equal(7, rules.Count);
        Assert.All(rules, r => Assert.Equal(group, r));
    }

    private static IEnumerable<string> Queries() =>
    [
        .. JsonNode.Parse(Repository.Read("infra/charts.json"))!.AsArray().Where(c => (string?)c!["source"] == "logs").Select(c => (string)c!["query"]!),
        .. Of("Microsoft.Insights/scheduledQueryRules").Select(r => (string)r["properties"]!["criteria"]!["allOf"]![0]!["query"]!),
    ];

    private static IEnumerable<JsonObject> Of(string type) => Resources.Where(r => (string?)r["type"] == type);

    private static string Text(JsonNode resource, params string[] path) => (string)path.Aggregate(resource, (node, name) => node[name]!)!;

    /// <summary>The type of a resource, of its path: kinds and names take turns.</summary>
    private static string KindOf(string path) => path.Split('/') is var parts ? string.Join('/', parts.Where((_, i) => i == 0 || i % 2 == 1)) : path;

    [GeneratedRegex("/resourceGroups/[^/]+/providers/(?<kind>.+)/providers/Microsoft.Authorization/", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ScopeKind();

    [GeneratedRegex("<TargetFramework>net(?<version>[0-9.]+)<", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TargetFramework();

    [GeneratedRegex("\"(?<name>(db\\.client|vektagraf)\\.[a-z_.]+)\"(?!\\])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex InstrumentName();

    [GeneratedRegex("customDimensions\\[\"(?<name>[^\"]+)\"\\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Dimension();
}
