using System.Security.Cryptography;
using System.Text;
using Vektagraf.Api.Routing;

namespace Vektagraf.Server;

/// <summary>The keys clients show; a higher one opens what a lower one does.</summary>
/// <param name="read">Key for reading; null for none.</param>
/// <param name="write">Key for writing objects; null for none.</param>
/// <param name="admin">Key for collections and settings; null for none.</param>
public sealed class AccessKeys(string? read = null, string? write = null, string? admin = null)
{
    /// <summary>Key for reading; null for none.</summary>
    public string? Read { get; set; } = read;

    /// <summary>Key for writing objects; null for none.</summary>
    public string? Write { get; set; } = write;

    /// <summary>Key for collections and settings; null for none.</summary>
    public string? Admin { get; set; } = admin;

    /// <summary>Whether any key is in force.</summary>
    public bool AreInForce => Read is not null || Write is not null || Admin is not null;

    /// <summary>Whether every level has its key.</summary>
    public bool AreComplete => Read is { Length: > 0 } && Write is { Length: > 0 } && Admin is { Length: > 0 };

    /// <summary>Whether a key opens a level.</summary>
    /// <param name="level">The level.</param>
    /// <param name="shown">What the client showed; null or empty for nothing.</param>
    /// <returns>True where it does, or where no keys are in force.</returns>
    public bool Allows(AccessLevel level, string? shown)
    {
        if (!AreInForce || level == AccessLevel.Anonymous)
        {
            return true;
        }

        return Matches(Admin, shown)
            || (level <= AccessLevel.Write && Matches(Write, shown))
            || (level <= AccessLevel.Read && Matches(Read, shown));
    }

    /// <inheritdoc/>
    public override string ToString() => AreInForce ? "keys in force" : "no keys";

    // Hashes have one length, so the comparison takes the same time whatever was shown.
    private static bool Matches(string? key, string? shown) =>
        key is { Length: > 0 }
        && shown is { Length: > 0 }
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(key)), SHA256.HashData(Encoding.UTF8.GetBytes(shown)));
}
