using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vektagraf.Insights;

/// <summary>What every insight store asks of documents: the narrowest of what SQLite and Cosmos DB allow, so that what one takes the others do.</summary>
public static class InsightRules
{
    /// <summary>Longest partition or id, in bytes of UTF-8: Cosmos DB allows ids of 1,023.</summary>
    public const int MaxKeyBytes = 1_000;

    /// <summary>Largest content in bytes: an item of Cosmos DB has at most 2 MiB, with what surrounds the content.</summary>
    public const int MaxContentBytes = 1024 * 1024;

    /// <summary>Most documents of a page.</summary>
    public const int MaxPageSize = 1_000;

    // Cosmos DB refuses the first four in ids.
    private static readonly SearchValues<char> Forbidden = SearchValues.Create("/\\?#");

    /// <summary>Checks a document.</summary>
    /// <param name="document">The document.</param>
    /// <exception cref="ArgumentException">It breaks a rule; the message says which.</exception>
    public static void Check(InsightDocument document)
    {
        CheckKey(document.Partition, nameof(document));
        CheckKey(document.Id, nameof(document));
        if (document.TimeToLive is { } life && (life < TimeSpan.FromSeconds(1) || life > TimeSpan.FromSeconds(int.MaxValue) || life.Ticks % TimeSpan.TicksPerSecond != 0))
        {
            throw new ArgumentException($"The time to live is {life}; whole seconds from 1 to {int.MaxValue} are allowed.", nameof(document));
        }

        if (document.Content.Length > MaxContentBytes)
        {
            throw new ArgumentException($"The content has {document.Content.Length:N0} bytes; {MaxContentBytes:N0} are allowed.", nameof(document));
        }

        CheckJson(document.Content.Span);
    }

    /// <summary>Checks a partition or an id.</summary>
    /// <param name="key">The partition or id: no control characters, none of <c>/ \ ? #</c>.</param>
    /// <param name="parameter">Name of the parameter, for the error.</param>
    /// <exception cref="ArgumentException">It breaks a rule.</exception>
    public static void CheckKey(string key, string parameter)
    {
        if (string.IsNullOrEmpty(key) || Encoding.UTF8.GetByteCount(key) > MaxKeyBytes || key.AsSpan().ContainsAny(Forbidden) || key.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
        {
            throw new ArgumentException($"'{key}' is no key: 1 to {MaxKeyBytes} bytes without control characters, '/', '\\', '?' and '#'.", parameter);
        }
    }

    /// <summary>A time as stores keep it: microseconds since 1970, which a double holds exactly until the year 2255.</summary>
    /// <param name="time">The time.</param>
    public static long Microseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The time that <see cref="Microseconds"/> made a number of.</summary>
    /// <param name="microseconds">Microseconds since 1970.</param>
    public static DateTimeOffset FromMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>Checks what a query asks for.</summary>
    /// <param name="range">The range.</param>
    /// <exception cref="ArgumentOutOfRangeException">Its page size is out of range.</exception>
    public static void CheckRange(in InsightRange range)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(range.PageSize, 1, nameof(range));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.PageSize, MaxPageSize, nameof(range));
    }

    /// <summary>The place behind a document, for the next page.</summary>
    /// <param name="microseconds">The document's timestamp.</param>
    /// <param name="id">Its id.</param>
    public static string Continuation(long microseconds, string id) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{microseconds}|{id}")));

    /// <summary>The place that <see cref="Continuation"/> wrote down.</summary>
    /// <param name="continuation">What it gave; null for the beginning.</param>
    /// <exception cref="ArgumentException">It gave no such thing.</exception>
    public static (long Microseconds, string Id)? Place(string? continuation)
    {
        if (continuation is null)
        {
            return null;
        }

        if (Base64Url.IsValid(continuation) && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(continuation)).Split('|', 2) is [var time, var id]
            && long.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var microseconds))
        {
            return (microseconds, id);
        }

        throw new ArgumentException("This is no continuation of an insight store.", nameof(continuation));
    }

    private static void CheckJson(ReadOnlySpan<byte> content)
    {
        try
        {
            var reader = new Utf8JsonReader(content);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new ArgumentException("The content is not a JSON object.", nameof(content));
            }

            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            throw new ArgumentException("The content is not a JSON object.", nameof(content), e);
        }
    }
}
