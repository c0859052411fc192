using System.Globalization;

namespace Vektagraf.Shards;

/// <summary>
/// A position in the history of a collection: its generation and one WAL sequence number for each shard. Text form
/// <c>generation.1-7-0</c>: short, safe in URLs and headers.
/// </summary>
internal sealed record SessionToken(string Generation, IReadOnlyList<ulong> Sequences)
{
    /// <summary>Reads a token of this collection.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: not a token, or one of another collection or generation.</exception>
    public static SessionToken Parse(string text, string generation, int shards, string pointer)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var parts = dot < 0 ? [] : text[(dot + 1)..].Split('-');
        var sequences = new ulong[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!ulong.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sequences[i]))
            {
                parts = [];
            }
        }

        if (parts.Length == 0)
        {
            throw VektagrafException.Invalid(pointer, "This is not a session token. Pass the 'session' of an earlier answer unchanged.");
        }

        return string.Equals(text[..dot], generation, StringComparison.Ordinal) && sequences.Length == shards
            ? new SessionToken(generation, sequences)
            : throw VektagrafException.Invalid(pointer, "This session token belongs to another collection, or to one that was dropped and created again. Use a newer token.");
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Generation + "." + string.Join('-', Sequences.Select(s => s.ToString(CultureInfo.InvariantCulture)));
}
