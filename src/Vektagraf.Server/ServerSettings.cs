using System.Net;
using Vektagraf.Hosting;

namespace Vektagraf.Server;

/// <summary>What the server was asked to do.</summary>
public sealed class ServerSettings : HostSettings
{
    /// <summary>Port that `func start` uses as well, so clients need no change.</summary>
    public const int DefaultPort = 7071;

    /// <summary>The directory where no place is named.</summary>
    public static string DefaultDirectory { get; } = FindDefaultDirectory();

    /// <summary>Host name or address to listen on.</summary>
    public string Host { get; set; } = "localhost";

    /// <summary>Port to listen on; 0 for a free one.</summary>
    public int Port { get; set; } = DefaultPort;

    /// <summary>Name of a sample to load; null for none.</summary>
    public string? Sample { get; set; }

    /// <summary>The keys in force.</summary>
    public AccessKeys Keys { get; set; } = new();

    /// <summary>Whether only this machine can reach the server.</summary>
    public bool IsLoopback => string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Reads the settings of a server; where they name no place for the database, it is the default directory.</summary>
    /// <param name="configuration">Settings file, environment and command line.</param>
    /// <returns>The settings; not yet validated.</returns>
    /// <exception cref="SettingsException">A value is of another type than its setting, or a settings file has one that there is none of.</exception>
    public static new ServerSettings Read(IConfiguration configuration)
    {
        var settings = new ServerSettings();
        BindSection(configuration, section => section.Bind(settings, Strictly));
        if (!settings.Store.IsBlobStorage && string.IsNullOrEmpty(settings.Store.Directory))
        {
            settings.Store.Directory = DefaultDirectory;
        }

        return settings;
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Problems()
    {
        if (Port is < 0 or > ushort.MaxValue)
        {
            yield return $"Port {Port} does not exist: 0 (any free one) to {ushort.MaxValue}.";
        }

        foreach (var problem in base.Problems())
        {
            yield return problem;
        }

        if (!IsLoopback && !Keys.AreComplete)
        {
            yield return $"On '{Host}' others can reach the server, so it needs keys: set {SettingTable.Of("Keys:Read")}, "
                + $"{SettingTable.Of("Keys:Write")} and {SettingTable.Of("Keys:Admin")}, or listen on localhost.";
        }

        if (Sample is not (null or Samples.DotnetDocsCollection.Name))
        {
            yield return $"There is no sample '{Sample}'. Available: {Samples.DotnetDocsCollection.Name}.";
        }
    }

    private static string FindDefaultDirectory()
    {
        var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(local.Length == 0 ? Environment.CurrentDirectory : local, "vektagraf", "data");
    }
}
