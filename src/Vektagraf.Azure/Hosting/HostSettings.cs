using Microsoft.Extensions.Configuration;

namespace Vektagraf.Hosting;

/// <summary>What every host is told: where the data lives, what it may take, when its timers run.</summary>
public class HostSettings
{
    /// <summary>The section of a settings file that holds them.</summary>
    public const string Section = "Vektagraf";

    /// <summary>Where the objects are kept.</summary>
    public StoreOptions Store { get; set; } = new();

    /// <summary>Where what is recorded of requests is kept.</summary>
    public InsightOptions Insights { get; set; } = new();

    /// <summary>What the host may take.</summary>
    public BudgetOptions Budgets { get; set; } = new();

    /// <summary>When the timers run.</summary>
    public ScheduleOptions Schedules { get; set; } = new();

    /// <summary>Reads the settings of a function app.</summary>
    /// <param name="configuration">The host's configuration, the environment included.</param>
    /// <returns>The settings; not yet validated.</returns>
    /// <exception cref="SettingsException">A value is of another type than its setting, or a settings file has one that there is none of.</exception>
    public static HostSettings Read(IConfiguration configuration)
    {
        var settings = new HostSettings();
        BindSection(configuration, section => section.Bind(settings, Strictly));
        return settings;
    }

    /// <summary>What stands in the way of using them.</summary>
    /// <returns>Each problem, with the setting to change. Secrets are not quoted.</returns>
    public virtual IEnumerable<string> Problems() => [.. Store.Problems(), .. Insights.Problems(Store), .. Budgets.Problems(), .. Schedules.Problems()];

    /// <summary>Throws where anything stands in the way of using them.</summary>
    /// <exception cref="SettingsException">All problems.</exception>
    public void Validate()
    {
        if (Problems().ToList() is { Count: > 0 } problems)
        {
            throw new SettingsException(string.Join(Environment.NewLine, problems));
        }
    }

    /// <summary>A name that nothing has is a mistake, which would otherwise show itself much later.</summary>
    protected static void Strictly(BinderOptions options) => options.ErrorOnUnknownConfiguration = true;

    /// <summary>Binds the section, in which settings named on their own, as in the environment, stand over those of files.</summary>
    /// <param name="configuration">Everything the host knows.</param>
    /// <param name="bind">Binds the section.</param>
    /// <exception cref="SettingsException">A value or a name does not fit.</exception>
    protected static void BindSection(IConfiguration configuration, Action<IConfiguration> bind)
    {
        var named = SettingTable.All
            .Where(s => !string.IsNullOrEmpty(configuration[s.Name]))
            .Select(s => KeyValuePair.Create($"{Section}:{s.Key}", configuration[s.Name]));
        var whole = new ConfigurationBuilder().AddConfiguration(configuration).AddInMemoryCollection(named).Build();
        try
        {
            bind(whole.GetSection(Section));
        }
        catch (InvalidOperationException e)
        {
            throw new SettingsException(Explain(e));
        }
    }

    // The binder names the place in the file; whoever set an environment variable looks for that.
    private static string Explain(InvalidOperationException error)
    {
        var setting = SettingTable.All.FirstOrDefault(s => error.Message.Contains($"'{Section}:{s.Key}'", StringComparison.OrdinalIgnoreCase));
        return setting is null ? $"The settings do not fit: {error.Message}" : $"{setting} has a value of another kind: {setting.Summary}";
    }
}

/// <summary>Settings cannot be used as they are.</summary>
public sealed class SettingsException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What to change.</param>
    public SettingsException(string message)
        : base(message)
    {
    }
}
