using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Vektagraf.Insights;

namespace Vektagraf.Azure;

/// <summary>Documents as items of Cosmos DB, and back.</summary>
/// <remarks>
/// <code>
/// { "id", "partition",
///   "at":      "2026-05-06T05:08:09.123456Z|id"   timestamp and id: one text in the order of ranges
///   "ttl":     3600                               seconds after the last write; left out for good
///   "expires": 1778044089123456                   the same in microseconds since 1970, by the writer's clock
///   "write":   "9f86d081884c7d65…"                drawn for each write, to know one's own again
///   "content": { … }                              or "bytes": base64 of it }
/// </code>
/// Cosmos DB keeps numbers as doubles. A content with a number that a double does not hold goes into <c>bytes</c>, so that what is read is what was written.
/// </remarks>
internal static class InsightItem
{
    // The largest whole number up to which doubles have no gaps; as a time it is in the year 2255.
    private const long MaxExact = 1L << 53;

    // What every double has at least.
    private const int ExactDigits = 15;

    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    /// <summary>Behind all times.</summary>
    public const string End = "~";

    public static long ExpiryOf(InsightDocument document, DateTimeOffset now) =>
        document.TimeToLive is { } life ? Math.Min(MaxExact, InsightRules.Microseconds(now) + ((long)life.TotalSeconds * TimeSpan.MicrosecondsPerSecond)) : MaxExact;

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    public static string Place(long microseconds, string id) => $"{Time(InsightRules.FromMicroseconds(microseconds))}|{id}";

    public static MemoryStream Write(InsightDocument document, long expires, string write)
    {
        var buffer = new ArrayBufferWriter<byte>(document.Content.Length + 512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, document.Id);
            json.WriteString("partition"u8, document.Partition);
            json.WriteString("at"u8, Place(InsightRules.Microseconds(document.Timestamp), document.Id));
            if (document.TimeToLive is { } life)
            {
                json.WriteNumber("ttl"u8, (long)life.TotalSeconds);
            }

            json.WriteNumber("expires"u8, expires);
            json.WriteString("write"u8, write);
            if (IsExact(document.Content.Span))
            {
                json.WritePropertyName("content"u8);
                json.WriteRawValue(document.Content.Span, skipInputValidation: true);
            }
            else
            {
                json.WriteBase64String("bytes"u8, document.Content.Span);
            }

            json.WriteEndObject();
        }

        return new MemoryStream(buffer.WrittenSpan.ToArray(), writable: false);
    }

    /// <summary>Reads an item.</summary>
    /// <exception cref="FormatException">It is not one that this class wrote.</exception>
    public static ReadItem Read(JsonElement item)
    {
        try
        {
            return ReadMembers(item);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or NullReferenceException or ArgumentException)
        {
            throw new FormatException("The item is none of an insight store.", e);
        }
    }

    private static ReadItem ReadMembers(JsonElement item)
    {
        var at = item.GetProperty("at"u8).GetString()!;
        var time = DateTimeOffset.ParseExact(at.AsSpan(0, at.IndexOf('|', StringComparison.Ordinal)), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var expires = item.GetProperty("expires"u8).GetInt64();
        TimeSpan? life = item.TryGetProperty("ttl"u8, out var seconds) ? TimeSpan.FromSeconds(seconds.GetInt64()) : null;
        var document = new InsightDocument
        {
            Partition = item.GetProperty("partition"u8).GetString()!,
            Id = item.GetProperty("id"u8).GetString()!,
            Timestamp = time,
            TimeToLive = life,
            Content = item.TryGetProperty("bytes"u8, out var bytes) ? bytes.GetBytesFromBase64() : System.Text.Encoding.UTF8.GetBytes(item.GetProperty("content"u8).GetRawText()),
            ETag = ETag(item.GetProperty("_etag"u8).GetString()!, expires),
        };
        return new ReadItem(document, expires, item.GetProperty("write"u8).GetString()!);
    }

    /// <summary>The service's ETag with the time at which the version expires, so that no read is needed to know that it has.</summary>
    public static string ETag(string service, long expires) => expires == MaxExact ? service : string.Create(CultureInfo.InvariantCulture, $"{service}|{expires}");

    /// <summary>What <see cref="ETag"/> put together. Anything else is an ETag that no document has.</summary>
    public static (string Service, long Expires) Parts(string etag) =>
        etag.LastIndexOf('|') is var bar and >= 0 && long.TryParse(etag.AsSpan(bar + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var expires)
            ? (etag[..bar], expires)
            : (etag, MaxExact);

    private static bool IsExact(ReadOnlySpan<byte> content)
    {
        var reader = new Utf8JsonReader(content);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Number && !IsExactNumber(ref reader))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsExactNumber(ref Utf8JsonReader number)
    {
        if (number.TryGetInt64(out var whole))
        {
            return whole is >= -MaxExact and <= MaxExact;
        }

        // A text that a double was written as comes back; of others only short ones do.
        var text = System.Text.Encoding.UTF8.GetString(number.ValueSpan);
        return number.TryGetDouble(out var value) && double.IsFinite(value)
            && (string.Equals(value.ToString("R", CultureInfo.InvariantCulture), text, StringComparison.Ordinal) || text.Count(char.IsAsciiDigit) <= ExactDigits);
    }
}

/// <summary>An item as it was read.</summary>
/// <param name="Document">The document.</param>
/// <param name="Expires">When it expires, in microseconds since 1970.</param>
/// <param name="Write">The write that made it.</param>
internal readonly record struct ReadItem(InsightDocument Document, long Expires, string Write);
