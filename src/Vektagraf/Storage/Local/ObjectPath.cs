using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Vektagraf.Storage.Local;

/// <summary>
/// Object keys as file paths: a folder per segment, the last one a file with the extension <c>.obj</c>.
/// </summary>
/// <remarks>
/// <para>Characters other than <c>a–z 0–9 - _ .</c> are written <c>%XX</c>, upper-case letters too: on a case-insensitive file system
/// <c>A</c> and <c>a</c> must stay two objects. So are a leading dot (hidden files, and the store's own folders), the first letter of
/// a Windows device name, and the last dot of a folder that ends with the extension: a file and a folder never share a name.</para>
/// <para>The mapping is one to one; a name that encoding does not produce is not an object.</para>
/// </remarks>
internal static class ObjectPath
{
    private const string Extension = ".obj";

    /// <summary>The file of an object.</summary>
    public static string OfObject(string root, string key)
    {
        var path = new StringBuilder(root, root.Length + key.Length + 16);
        int lastSlash = key.LastIndexOf('/');
        AppendDirectory(path, key.AsSpan(0, lastSlash + 1));
        path.Append(Path.DirectorySeparatorChar);
        AppendEscaped(path, key.AsSpan(lastSlash + 1));
        return path.Append(Extension).ToString();
    }

    /// <summary>The folder of the keys that start with <paramref name="directory"/>, which is empty or ends with a slash.</summary>
    public static string OfDirectory(string root, ReadOnlySpan<char> directory)
    {
        var path = new StringBuilder(root, root.Length + directory.Length + 16);
        AppendDirectory(path, directory);
        return path.ToString();
    }

    /// <summary>The key segment that a file or folder name stands for; false where the name is none of the store's.</summary>
    public static bool TryDecode(string name, bool isDirectory, [NotNullWhen(true)] out string? segment)
    {
        segment = null;
        ReadOnlySpan<char> escaped = name;
        if (!isDirectory)
        {
            if (!escaped.EndsWith(Extension, StringComparison.Ordinal))
            {
                return false;
            }

            escaped = escaped[..^Extension.Length];
        }

        if (TryUnescape(escaped) is not { Length: > 0 } decoded || !string.Equals(name, Encode(decoded, isDirectory), StringComparison.Ordinal))
        {
            return false;
        }

        segment = decoded;
        return true;
    }

    private static string Encode(string segment, bool isDirectory)
    {
        var name = new StringBuilder(segment.Length + 16);
        if (isDirectory)
        {
            AppendDirectoryName(name, segment);
        }
        else
        {
            AppendEscaped(name, segment);
            name.Append(Extension);
        }

        return name.ToString();
    }

    private static void AppendDirectory(StringBuilder path, ReadOnlySpan<char> directory)
    {
        while (!directory.IsEmpty)
        {
            int slash = directory.IndexOf('/');
            path.Append(Path.DirectorySeparatorChar);
            AppendDirectoryName(path, directory[..slash]);
            directory = directory[(slash + 1)..];
        }
    }

    private static void AppendDirectoryName(StringBuilder path, ReadOnlySpan<char> segment)
    {
        if (segment.EndsWith(Extension, StringComparison.Ordinal))
        {
            AppendEscaped(path, segment[..^Extension.Length]);
            AppendHex(path, '.');
            path.Append(Extension, 1, Extension.Length - 1);
        }
        else
        {
            AppendEscaped(path, segment);
        }
    }

    private static void AppendEscaped(StringBuilder path, ReadOnlySpan<char> segment)
    {
        bool escapeFirst = segment.StartsWith(".", StringComparison.Ordinal) || IsDeviceName(segment);
        for (int i = 0; i < segment.Length; i++)
        {
            char c = segment[i];
            bool plain = c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_' or '.';
            if (plain && !(escapeFirst && i == 0))
            {
                path.Append(c);
            }
            else
            {
                AppendHex(path, c);
            }
        }
    }

    private static void AppendHex(StringBuilder path, char c) => path.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");

    /// <summary>Names that Windows takes for devices, with any extension. Upper case need not be asked for: it is escaped anyway.</summary>
    private static bool IsDeviceName(ReadOnlySpan<char> segment)
    {
        int dot = segment.IndexOf('.');
        ReadOnlySpan<char> stem = dot < 0 ? segment : segment[..dot];
        return stem is "con" or "prn" or "aux" or "nul"
            || (stem.Length == 4 && char.IsAsciiDigit(stem[3]) && stem[..3] is "com" or "lpt");
    }

    private static string? TryUnescape(ReadOnlySpan<char> escaped)
    {
        var segment = new StringBuilder(escaped.Length);
        for (int i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] != '%')
            {
                segment.Append(escaped[i]);
                continue;
            }

            if (i + 2 >= escaped.Length
                || !byte.TryParse(escaped.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                return null;
            }

            segment.Append((char)value);
            i += 2;
        }

        return segment.ToString();
    }
}
