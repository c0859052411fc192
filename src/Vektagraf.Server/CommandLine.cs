using System.CommandLine;
using System.Globalization;
using Vektagraf.Hosting;

namespace Vektagraf.Server;

/// <summary>The server's command line: an option for each setting that has one, and a few of its own.</summary>
internal static class CommandLine
{
    private const string SettingsFile = "appsettings.json";

    // Where the command line names a place for the database, the environment and the settings file have no say in it.
    private static readonly string[] Places = ["Store:Directory", "Store:Connection", "Store:Uri", "Store:Azurite"];

    private static readonly (Option<string> Option, string Key)[] Shared =
    [
        .. SettingTable.All.Where(s => s.Flag is not null).Select(s => (new Option<string>(s.Flag!)
        {
            Description = s.IsSecret ? $"{s.Summary} Better set {s.Name}: command lines are visible to others." : $"{s.Summary} Or {s.Name}.",
        }, s.Key)),
    ];

    private static readonly Option<FileInfo> File = new("--settings") { Description = $"Settings file (JSON, section {HostSettings.Section}). Default: {SettingsFile} beside the program, where there is one." };
    private static readonly Option<bool> Azurite = new("--azurite") { Description = "Keep the database in Azurite on its usual port. Start it with --skipApiVersionCheck." };
    private static readonly Option<string> Host = new("--host") { Description = "Host name or address to listen on. Default: localhost." };
    private static readonly Option<string> Port = new("--port") { Description = string.Create(CultureInfo.InvariantCulture, $"Port to listen on; 0 for a free one. Default: {ServerSettings.DefaultPort}.") };
    private static readonly Option<double?> Maintenance = new("--maintenance-seconds") { Description = "Time between two runs of the timers Compact and CollectGarbage, 0.1 to 86,400; 0 leaves that to other hosts." };
    private static readonly Option<string> Sample = new("--sample") { Description = $"Load a sample: {Samples.DotnetDocsCollection.Name} (the .NET class library's documentation)." };

    /// <summary>Parses the arguments and runs the server.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="run">Runs the server; a settings exception is for the user.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> InvokeAsync(string[] args, Func<ServerSettings, CancellationToken, Task<int>> run)
    {
        var root = new RootCommand("Vektagraf: an object and vector database on blob storage. Serves its HTTP API and search page.")
        {
            Azurite, Host, Port, Maintenance, Sample, File,
        };
        foreach (var (option, _) in Shared)
        {
            root.Add(option);
        }

        root.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                return await run(ServerSettings.Read(Configuration(parsed)), cancellationToken);
            }
            catch (SettingsException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 2;
            }
        });
        // The web host stops gracefully by itself; the command line's own two seconds would cut off requests in progress.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static IConfiguration Configuration(ParseResult parsed)
    {
        var given = Given(parsed).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
        if (Places.Any(given.ContainsKey))
        {
            foreach (var place in Places)
            {
                given.TryAdd(place, place == "Store:Azurite" ? bool.FalseString : string.Empty);
            }
        }

        var named = SettingTable.All.Select(s => (s.Key, Value: Environment.GetEnvironmentVariable(s.Name))).Where(s => !string.IsNullOrEmpty(s.Value) && !given.ContainsKey(s.Key));
        return new ConfigurationBuilder()
            .AddJsonFile(SettingsPath(parsed), optional: parsed.GetValue(File) is null)
            .AddInMemoryCollection(named.Select(s => KeyValuePair.Create(Place(s.Key), s.Value)))
            .AddInMemoryCollection(given.Select(pair => KeyValuePair.Create(Place(pair.Key), (string?)pair.Value)))
            .Build();
    }

    private static IEnumerable<KeyValuePair<string, string>> Given(ParseResult parsed)
    {
        foreach (var (option, key) in Shared.Append((Host, "Host")).Append((Port, "Port")).Append((Sample, "Sample")))
        {
            if (parsed.GetValue(option) is { } value)
            {
                yield return new(key, value);
            }
        }

        if (parsed.GetValue(Azurite))
        {
            yield return new("Store:Azurite", bool.TrueString);
        }

        if (parsed.GetValue(Maintenance) is { } seconds)
        {
            yield return new("Schedules:" + nameof(ScheduleOptions.Compact), Period(seconds));
            yield return new("Schedules:" + nameof(ScheduleOptions.CollectGarbage), Period(seconds));
        }
    }

    private static string Place(string key) => $"{HostSettings.Section}:{key}";

    private static string Period(double seconds) => seconds switch
    {
        0 => ScheduleOptions.Off,
        >= 0.1 and <= 86_400 => TimeSpan.FromSeconds(seconds).ToString("c", CultureInfo.InvariantCulture),
        _ => throw new SettingsException("--maintenance-seconds is out of range: pass 0.1 to 86,400 seconds, 0 for no maintenance by this server, or leave it out."),
    };

    private static string SettingsPath(ParseResult parsed) => parsed.GetValue(File) switch
    {
        null => Path.Combine(AppContext.BaseDirectory, SettingsFile),
        { Exists: true } file => file.FullName,
        var file => throw new SettingsException($"There is no settings file '{file.FullName}' (--settings)."),
    };
}
