using System.Buffers;
using System.Globalization;

namespace Vektagraf.Storage;

/// <summary>The rules of object keys: what every store can hold, so that data may move from one to another.</summary>
/// <remarks>
/// A key is 1–1,024 characters of <c>A–Z a–z 0–9 - _ . /</c>; its segments, parted by <c>/</c>, have 1–80 characters and do not end
/// with a dot (which excludes <c>.</c> and <c>..</c>). The length of a segment is bounded by the 255 bytes of a file name after
/// escaping; a final dot is dropped by some URL parsers and by Windows.
/// </remarks>
public static class ObjectKey
{
    /// <summary>Most characters of a key: the limit of Azure blob names.</summary>
    public const int MaxLength = 1_024;

    /// <summary>Most characters between two slashes: three bytes each when escaped, they still fit a file name of 255 bytes.</summary>
    public const int MaxSegmentLength = 80;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./");

    /// <summary>Checks a key.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentException">It is no object key; the message says why.</exception>
    public static void Validate(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        string? problem = key.Length == 0 ? "it is empty" : FindProblem(key, isPrefix: false);
        if (problem is not null)
        {
            throw new ArgumentException($"'{Shorten(key)}' is not an object key: {problem}.", nameof(key));
        }
    }

    /// <summary>Checks the start of keys: empty, or what some key begins with.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <exception cref="ArgumentException">No key can start so; the message says why.</exception>
    public static void ValidatePrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (FindProblem(prefix, isPrefix: true) is { } problem)
        {
            throw new ArgumentException($"No object key starts with '{Shorten(prefix)}': {problem}.", nameof(prefix));
        }
    }

    private static string? FindProblem(ReadOnlySpan<char> key, bool isPrefix)
    {
        if (key.Length > MaxLength)
        {
            return string.Create(CultureInfo.InvariantCulture, $"it has {key.Length} characters, at most {MaxLength} are allowed");
        }

        int bad = key.IndexOfAnyExcept(Allowed);
        if (bad >= 0)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"the character U+{(int)key[bad]:X4} at index {bad} is not one of A-Z a-z 0-9 - _ . /");
        }

        for (int start = 0; start <= key.Length;)
        {
            int length = key[start..].IndexOf('/');
            bool isLast = length < 0;
            ReadOnlySpan<char> segment = isLast ? key[start..] : key.Slice(start, length);
            if (FindSegmentProblem(segment, isOpen: isLast && isPrefix) is { } problem)
            {
                return problem;
            }

            start += segment.Length + 1;
        }

        return null;
    }

    /// <summary>The last segment of a prefix is open: it may be the start of a longer one.</summary>
    private static string? FindSegmentProblem(ReadOnlySpan<char> segment, bool isOpen)
    {
        if (segment.Length > MaxSegmentLength)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"a segment has {segment.Length} characters, at most {MaxSegmentLength} are allowed between two slashes");
        }

        return isOpen ? null
            : segment.IsEmpty ? "a segment is empty (a slash at the start, at the end, or beside another)"
            : segment[^1] == '.' ? "a segment ends with a dot"
            : null;
    }

    private static string Shorten(string text) => text.Length <= 120 ? text : string.Concat(text.AsSpan(0, 120), "…");
}
