using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vektagraf;

/// <summary>JSON merge patch (RFC 7396). Pure.</summary>
internal static class JsonMergePatch
{
    internal static JsonDocumentOptions DocumentOptions { get; } = new() { MaxDepth = Limits.MaxJsonDepth, AllowDuplicateProperties = false };

    /// <summary>Applies a patch.</summary>
    /// <param name="target">The JSON object to be changed, in UTF-8.</param>
    /// <param name="patch">The changes: a JSON object in UTF-8.</param>
    /// <returns>The changed object in UTF-8.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: the patch is not a JSON object.</exception>
    public static ReadOnlySpan<byte> Apply(ReadOnlySpan<byte> target, ReadOnlySpan<byte> patch)
    {
        var merged = Parse(target);
        MergeInto(merged, Parse(patch));
        return ToUtf8(merged);
    }

    internal static JsonObject Parse(ReadOnlySpan<byte> patch)
    {
        try
        {
            RequireUnicode(patch);
            return JsonNode.Parse(patch, documentOptions: DocumentOptions) as JsonObject
                ?? throw JsonProblem.Malformed("a patch is a JSON object");
        }
        catch (JsonException e)
        {
            throw JsonProblem.From(e);
        }
    }

    /// <summary>Refuses what the document model would only stumble over later: malformed UTF-8, and half surrogate pairs in escapes.</summary>
    private static void RequireUnicode(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Limits.MaxJsonDepth });
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    _ = reader.GetString();
                }
            }
        }
        catch (InvalidOperationException)
        {
            throw JsonProblem.Malformed("a string is not valid Unicode: it holds half of a surrogate pair");
        }

        if (!System.Text.Unicode.Utf8.IsValid(json))
        {
            throw JsonProblem.Malformed("the text is not valid UTF-8");
        }
    }

    internal static void MergeInto(JsonObject target, JsonObject changes)
    {
        foreach (var (name, change) in changes)
        {
            if (change is null)
            {
                target.Remove(name);
            }
            else if (change is JsonObject nested)
            {
                if (target[name] is not JsonObject child)
                {
                    child = [];
                    target[name] = child;
                }

                MergeInto(child, nested);
            }
            else
            {
                target[name] = change.DeepClone();
            }
        }
    }

    internal static ReadOnlySpan<byte> ToUtf8(JsonObject node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            node.WriteTo(writer);
        }

        return buffer.WrittenSpan;
    }
}
