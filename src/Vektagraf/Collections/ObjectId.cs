using System.Globalization;
using System.Text;

namespace Vektagraf.Collections;

/// <summary>Rules for object ids: anything readable that can stand in one segment of a URL path.</summary>
public static class ObjectId
{
    /// <summary>Checks an id.</summary>
    /// <param name="id">The id.</param>
    /// <returns>What is wrong and what to change; null where nothing is.</returns>
    public static string? Problem(string id)
    {
        if (id.Length == 0)
        {
            return "An id needs at least one character.";
        }

        if (id is "." or "..")
        {
            return "'.' and '..' cannot be ids: URL paths drop them. Choose another id.";
        }

        for (var i = 0; i < id.Length; i++)
        {
            var c = id[i];
            if (c is '/' or '\\')
            {
                return string.Create(CultureInfo.InvariantCulture, $"An id must not contain '{c}' (position {i + 1}). Use another separator, such as ':' or '-'.");
            }

            if (char.IsControl(c))
            {
                return string.Create(CultureInfo.InvariantCulture, $"An id must not contain control characters (U+{(int)c:X4} at position {i + 1}).");
            }

            if (char.IsSurrogate(c) && (i + 1 == id.Length || !char.IsSurrogatePair(c, id[i + 1])))
            {
                return string.Create(CultureInfo.InvariantCulture, $"The id is not valid Unicode: half a surrogate pair at position {i + 1}.");
            }

            i += char.IsHighSurrogate(c) ? 1 : 0;
        }

        var bytes = Encoding.UTF8.GetByteCount(id);
        return bytes > Limits.MaxIdBytes
            ? string.Create(CultureInfo.InvariantCulture, $"The id takes {bytes} bytes of UTF-8; the limit is {Limits.MaxIdBytes}. Shorten it.")
            : null;
    }
}
