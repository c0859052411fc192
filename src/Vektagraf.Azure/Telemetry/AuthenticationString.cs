using Azure.Core;
using Azure.Identity;

namespace Vektagraf.Azure.Telemetry;

/// <summary>The setting by which apps on Azure say that they show an identity to Azure Monitor: pairs of name and value, separated by semicolons.</summary>
internal static class AuthenticationString
{
    /// <summary>What is wrong with it; null where nothing is.</summary>
    public static string? Problem(string text)
    {
        var isEntra = false;
        foreach (var (name, value) in Pairs(text))
        {
            switch (name.ToUpperInvariant())
            {
                case "AUTHORIZATION":
                    isEntra = string.Equals(value, "AAD", StringComparison.OrdinalIgnoreCase);
                    break;
                case "CLIENTID" when Guid.TryParse(value, out _):
                    break;
                case "CLIENTID":
                    return $"has the client id '{value}', which is none.";
                default:
                    return $"says '{name}', which is not known.";
            }
        }

        return isEntra ? null : "does not say Authorization=AAD.";
    }

    /// <summary>The identity that it names: the user-assigned one with its client id, else the system-assigned one.</summary>
    /// <param name="text">The setting, without a <see cref="Problem"/>.</param>
    public static TokenCredential Parse(string text)
    {
        var client = Pairs(text).FirstOrDefault(p => string.Equals(p.Name, "ClientId", StringComparison.OrdinalIgnoreCase)).Value;
        return new ManagedIdentityCredential(client is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(client));
    }

    private static IEnumerable<(string Name, string Value)> Pairs(string text) =>
        from part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        let at = part.IndexOf('=', StringComparison.Ordinal)
        select at < 0 ? (part, string.Empty) : (part[..at].Trim(), part[(at + 1)..].Trim());
}
