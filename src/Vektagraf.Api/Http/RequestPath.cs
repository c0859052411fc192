using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Vektagraf.Api.Http;

/// <summary>The path of a request as it came over the wire, before the host decoded and shortened it.</summary>
internal static class RequestPath
{
    /// <summary>
    /// Refuses paths that the host turned into another one: it resolves <c>.</c> and <c>..</c>, encoded or not, and routing passes
    /// over a slash at the end. Together they would make "delete the object '..'" a "delete the collection".
    /// </summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.NotFound"/>.</exception>
    public static void Require(HttpContext context)
    {
        var raw = Raw(context);
        foreach (var range in raw.Split('/'))
        {
            if (IsDots(raw[range]))
            {
                throw new VektagrafException(ErrorKind.Invalid, "invalid-path", "The path has a segment '.' or '..', which no name or id can be. Choose another id.");
            }
        }

        if (raw is [_, .., '/'])
        {
            throw new VektagrafException(ErrorKind.NotFound, "route-not-found", "There is no such call: paths do not end in '/'. See /api/openapi.json for those there are.");
        }
    }

    /// <summary>The last segment, decoded by this class: hosts leave %2F alone when they decode, and then nobody can tell an encoded slash
    /// from the three characters %2F.</summary>
    /// <returns>Null where the host does not know the path as it came.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: the segment is not percent-encoded UTF-8.</exception>
    public static string? LastSegment(HttpContext context)
    {
        var raw = Raw(context);
        return raw.IsEmpty ? null : Decode(raw[(raw.LastIndexOf('/') + 1)..]);
    }

    private static ReadOnlySpan<char> Raw(HttpContext context)
    {
        ReadOnlySpan<char> target = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        return target.IndexOf('?') is var query and >= 0 ? target[..query] : target;
    }

    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        // At most two dots, each of them perhaps as %2E.
        const int LongestDots = 6;
        if (segment.IsEmpty || segment.Length > LongestDots)
        {
            return false;
        }

        var decoded = segment.ToString().Replace("%2E", ".", StringComparison.OrdinalIgnoreCase);
        return decoded is "." or "..";
    }

    private static string Decode(ReadOnlySpan<char> segment)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(segment.Length)];
        var length = 0;
        while (!segment.IsEmpty)
        {
            var escape = segment.IndexOf('%');
            var plain = escape < 0 ? segment : segment[..escape];
            length += Encoding.UTF8.GetBytes(plain, bytes.AsSpan(length));
            segment = segment[plain.Length..];
            if (!segment.IsEmpty)
            {
                if (segment.Length < 3 || Convert.FromHexString(segment.Slice(1, 2), bytes.AsSpan(length), out _, out _) != System.Buffers.OperationStatus.Done)
                {
                    throw NotEncoded("a '%' that no two hexadecimal digits follow; a '%' itself is written %25");
                }

                length++;
                segment = segment[3..];
            }
        }

        return System.Text.Unicode.Utf8.IsValid(bytes.AsSpan(0, length))
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw NotEncoded("bytes that are not UTF-8");
    }

    private static VektagrafException NotEncoded(string problem) => new(ErrorKind.Invalid, "invalid-path", $"The id in the path is not percent-encoded UTF-8: it has {problem}.");
}
