using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vektagraf.Querying;

/// <summary>
/// Where a page of a query ended: the snapshot, and the last object of the page. The object's sort keys are read again from the
/// snapshot, so the cursor stays short and nothing written meanwhile can shift the pages.
/// </summary>
/// <param name="Session">Session token of the snapshot.</param>
/// <param name="LastId">Id of the page's last object.</param>
/// <param name="Query">Hash of filter and order, so that a cursor is not used with another query.</param>
internal sealed record QueryCursor(string Session, string LastId, ulong Query)
{
    /// <summary>Hash of what must stay the same from page to page.</summary>
    public static ulong HashOf(string? filter, IEnumerable<string> orderBy) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{filter}\n{string.Join('\n', orderBy)}")));

    /// <summary>Reads a cursor.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static QueryCursor Parse(string text, ulong query)
    {
        QueryCursor? cursor = null;
        try
        {
            cursor = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text), QueryCursorJson.Default.QueryCursor);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // Answered below.
        }

        return cursor switch
        {
            null or { Session: null } or { LastId: null } => throw VektagrafException.Invalid("/cursor", "This is not a cursor. Pass the 'cursor' of the page before unchanged."),
            _ when cursor.Query != query => throw VektagrafException.Invalid("/cursor", "The cursor belongs to another query. Keep filter and orderBy the same from page to page."),
            _ => cursor,
        };
    }

    /// <summary>The cursor as text, safe in URLs.</summary>
    public override string ToString() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, QueryCursorJson.Default.QueryCursor));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(QueryCursor))]
internal sealed partial class QueryCursorJson : JsonSerializerContext;
