namespace Vektagraf.Hosting;

/// <summary>A setting that every host takes: from its settings file, the environment, or its command line.</summary>
/// <param name="Name">Name of the environment variable, or of the function app's setting.</param>
/// <param name="Key">Its place in the section <see cref="HostSettings.Section"/> of a settings file, such as <c>Store:Container</c>.</param>
/// <param name="Flag">Its option on the server's command line; null where there is none.</param>
/// <param name="Summary">What it does, and its default.</param>
/// <param name="IsSecret">Whether its value must not be shown.</param>
public sealed record Setting(string Name, string Key, string? Flag, string Summary, bool IsSecret = false)
{
    /// <inheritdoc/>
    public override string ToString() => Flag is null ? Name : $"{Name} ({Flag})";
}
