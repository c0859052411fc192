namespace Vektagraf.Storage.Decorators;

/// <summary>Which objects never change once written: a shard's manifests (<c>m/</c>) and segments (<c>seg/</c>).</summary>
/// <remarks>
/// <para>Their names hold an identifier drawn by their one writer, so no name ever stands for other bytes. Everything else is out:</para>
/// <para><c>head</c>, <c>catalog/</c> and <c>models/</c> are replaced in place.</para>
/// <para><c>txn/</c> has one writer too many: coordinator and readers race to create the decision, and it is its absence that a reader
/// acts upon.</para>
/// <para><c>wal/</c> entries look immutable and are not: a slot that collection emptied can be filled again by a writer that slept
/// through it, with another entry. The floor check keeps that harmless for a reader that asks for the head after its reads, but a
/// writer that found its slot taken has to learn whose entry stands there <em>now</em>, or it takes its own lost reply for a conflict.
/// And there is little to win: a log applies each entry once and keeps the result, so only opening a shard again would hit.</para>
/// </remarks>
public static class ImmutableKeys
{
    /// <summary>Whether the object with a key never changes.</summary>
    /// <param name="key">The key, of the form <c>c/{collection}/s/{shard}/{kind}/…</c>; any other is not immutable.</param>
    /// <returns>True for manifests and segments.</returns>
    public static bool Matches(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ReadOnlySpan<char> rest = key;

        // Position decides, not the mere presence of a word: a collection may be named "seg".
        return TakeSegment(ref rest) is "c"
            && !TakeSegment(ref rest).IsEmpty
            && TakeSegment(ref rest) is "s"
            && IsNumber(TakeSegment(ref rest))
            && TakeSegment(ref rest) is "m" or "seg"
            && !rest.IsEmpty;
    }

    private static ReadOnlySpan<char> TakeSegment(ref ReadOnlySpan<char> rest)
    {
        int slash = rest.IndexOf('/');
        ReadOnlySpan<char> segment = slash < 0 ? rest : rest[..slash];
        rest = slash < 0 ? default : rest[(slash + 1)..];
        return segment;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');
}
