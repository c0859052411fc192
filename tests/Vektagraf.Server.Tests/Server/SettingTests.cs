using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Vektagraf.Api.Timers;
using Vektagraf.Hosting;

namespace Vektagraf.Server.Http;

public sealed partial class SettingTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Read_WhenEverySettingIsInTheEnvironment_TakesEachOne()
    {
        // Each setting has a value of its own kind; what was read is written down again under its key and compared.
        foreach (var setting in SettingTable.All)
        {
            var value = Sample(setting);
            var settings = Read((setting.Name, value));
            Assert.Equal(value, Value(settings, setting.Key), ignoreCase: true);
        }
    }

    [Fact]
    public void Read_WhenTheSectionAndTheEnvironmentDiffer_TakesTheEnvironment()
    {
        var settings = Read(("Vektagraf:Store:Container", "of-the-file"), ("Vektagraf:Budgets:ConcurrentRequests", "7"), ("VEKTAGRAF_STORE_CONTAINER", "of-the-environment"));
        Assert.Equal("of-the-environment", settings.Store.Container);
        Assert.Equal(7, settings.Budgets.ConcurrentRequests);
    }

    [Fact]
    public void Read_WhenTheSectionNamesNothingThatThereIs_SaysSo()
    {
        var error = Assert.Throws<SettingsException>(() => Read(("Vektagraf:Store:Contaner", "x")));
        Assert.Contains("Contaner", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("VEKTAGRAF_MEMORY_MB", "much")]
    [InlineData("VEKTAGRAF_CONCURRENT_REQUESTS", "1.5")]
    [InlineData("VEKTAGRAF_STORE_COLLECTION_GRACE_SECONDS", "a day")]
    public void Read_WhenAValueIsOfAnotherKind_NamesTheSetting(string name, string value)
    {
        var error = Assert.Throws<SettingsException>(() => Read((name, value)));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("VEKTAGRAF_MEMORY_MB", "-1")]
    [InlineData("VEKTAGRAF_CONCURRENT_REQUESTS", "0")]
    [InlineData("VEKTAGRAF_STORE_COLLECTION_GRACE_SECONDS", "0.5")]
    [InlineData("VEKTAGRAF_STORE_COLLECTION_GRACE_SECONDS", "NaN")]
    [InlineData("VEKTAGRAF_STORE_URI", "https://name.blob.core.windows.net")]
    [InlineData("VEKTAGRAF_SCHEDULE_COMPACT", "every minute")]
    [InlineData("VEKTAGRAF_SCHEDULE_COMPACT", "0 * * * *")]
    [InlineData("VEKTAGRAF_SCHEDULE_COMPACT", "00:00:00")]
    [InlineData("VEKTAGRAF_SCHEDULE_COMPACT", "-00:00:30")]
    public void Problems_WhenASettingIsOutOfRange_NameItOnce(string name, string value)
    {
        var settings = Read(("VEKTAGRAF_STORE_DIRECTORY", "data"), (name, value));
        Assert.Contains(name, Assert.Single(settings.Problems()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("VEKTAGRAF_STORE_URI", "name.blob.core.windows.net")]
    [InlineData("VEKTAGRAF_STORE_URI", "http://name.blob.core.windows.net")]
    [InlineData("VEKTAGRAF_STORE_CONNECTION", "nonsense")]
    public void Problems_WhenTheAccountIsMisnamed_NameTheSetting(string name, string value) =>
        Assert.Contains(name, Assert.Single(Read((name, value)).Problems()), StringComparison.Ordinal);

    [Fact]
    public void Problems_WhenNothingIsSet_AskForAPlace() =>
        Assert.Contains("VEKTAGRAF_STORE_URI", Assert.Single(Read().Problems()), StringComparison.Ordinal);

    [Theory]
    [InlineData("0 */5 * * * *", "2026-01-01T00:05:00Z")]
    [InlineData("30 59 23 * * *", "2026-01-01T23:59:30Z")]
    [InlineData("0 0 0 29 2 *", "2028-02-29T00:00:00Z")]
    [InlineData("00:01:30", "2026-01-01T00:01:40Z")]
    [InlineData("off", null)]
    [InlineData("0 0 0 30 2 *", null)]
    public void NextRun_AfterATime_IsTheNextOne(string schedule, string? expected)
    {
        var now = DateTimeOffset.Parse("2026-01-01T00:00:10Z", System.Globalization.CultureInfo.InvariantCulture);
        DateTimeOffset? due = expected is null ? null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(due, ScheduleOptions.NextRun(schedule, now));
    }

    [Fact]
    public void Schedules_AndTimers_AreTheSame()
    {
        Assert.Equal(ApiTimers.All.Select(t => t.Name).Order(StringComparer.Ordinal), ScheduleOptions.Timers.Order(StringComparer.Ordinal));
        Assert.All(ScheduleOptions.Timers, timer => Assert.NotEmpty(new ScheduleOptions().Of(timer)));
        Assert.Empty(new ScheduleOptions().Problems());
    }

    [Fact]
    public void Documentation_AndTable_NameTheSameSettings()
    {
        var documented = Name().Matches(File.ReadAllText(Path.Combine(Root, "docs/settings.md"))).Select(m => m.Groups["name"].Value);
        Assert.Equal(SettingTable.All.Select(s => s.Name).Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void SampleSettings_OfTheFunctionApp_AreSettingsAndNameEverySchedule()
    {
        var file = new ConfigurationBuilder().AddJsonFile(Path.Combine(Root, "local.settings.sample.json")).Build();
        var named = file.GetSection("Values").GetChildren().Where(v => v.Key.StartsWith("VEKTAGRAF_", StringComparison.Ordinal)).Select(v => (v.Key, v.Value!)).ToArray();
        Assert.Subset(SettingTable.All.Select(s => s.Name).ToHashSet(), named.Select(v => v.Key).ToHashSet());
        Assert.Superset(ScheduleOptions.Timers.Select(ScheduleOptions.SettingOf).ToHashSet(), named.Select(v => v.Key).ToHashSet());
        Assert.Empty(Read(named).Problems());
        // Only NCRONTAB is for function apps.
        Assert.All(named.Where(v => v.Key.StartsWith("VEKTAGRAF_SCHEDULE_", StringComparison.Ordinal)), v => Assert.Equal(6, v.Item2.Split(' ').Length));
    }

    private static ServerSettings Read(params (string Name, string Value)[] values)
    {
        // As a function app does, without the server's own default place.
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create(v.Name, (string?)v.Value))).Build();
        var settings = ServerSettings.Read(configuration);
        if (settings.Store.Directory == ServerSettings.DefaultDirectory)
        {
            settings.Store.Directory = null;
        }

        return settings;
    }

    private static string Sample(Setting setting) => setting.Key switch
    {
        "Store:CollectionGraceSeconds" => "77",
        _ when setting.Key.StartsWith("Schedules:", StringComparison.Ordinal) => "1 2 3 4 5 6",
        _ when setting.Key.StartsWith("Budgets:", StringComparison.Ordinal) && !setting.Key.EndsWith("Directory", StringComparison.Ordinal) => "77",
        _ => "a value",
    };

    private static string? Value(object settings, string key) => Convert.ToString(
        key.Split(':').Aggregate((object?)settings, (at, name) => at!.GetType().GetProperty(name)!.GetValue(at)), System.Globalization.CultureInfo.InvariantCulture);

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Serverless.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The repository was not found above the tests.");
        }

        return directory;
    }

    [GeneratedRegex(@"^\| `(?<name>[A-Z_]+)`", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
