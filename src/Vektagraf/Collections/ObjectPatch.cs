using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Vektagraf.Collections;

/// <summary>JSON merge patch (RFC 7396) of an object. Pure.</summary>
internal static class ObjectPatch
{
    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = Limits.MaxJsonDepth, AllowDuplicateProperties = false };

    /// <summary>Applies a patch.</summary>
    /// <param name="current">The object, with its vectors.</param>
    /// <param name="patch">One JSON object in UTF-8.</param>
    /// <param name="definition">The collection's definition, which the result must satisfy.</param>
    /// <returns>The object to be saved. Generated vectors are left out, to be generated anew from the patched text.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static ObjectDraft Apply(StoredObject current, ReadOnlySpan<byte> patch, CollectionDefinition definition)
    {
        if (!Utf8.IsValid(patch))
        {
            throw ObjectJson.MalformedJson("the text is not valid UTF-8");
        }

        try
        {
            return Apply(current, Parse(patch), definition);
        }
        catch (InvalidOperationException)
        {
            // Names are only looked at when they are merged.
            throw ObjectJson.MalformedJson("a text is not valid Unicode: half a surrogate pair");
        }
    }

    private static ObjectDraft Apply(StoredObject current, JsonObject changes, CollectionDefinition definition)
    {
        var merged = new JsonObject
        {
            ["id"] = current.Id,
            ["type"] = current.Type,
            ["properties"] = JsonNode.Parse(current.Properties.Span, documentOptions: DocumentOptions),
        };
        // Vectors that stay are carried over as they are; only those of the patch are read and checked.
        var kept = (current.Vectors ?? []).Where(v => v.GeneratedBy == 0).ToList();
        if (changes.TryGetPropertyValue("vectors", out var change))
        {
            kept.RemoveAll(v => change is not JsonObject vectors || vectors.ContainsKey(v.Field));
        }

        MergeInto(merged, changes);
        var draft = ObjectJson.Read(ToUtf8(merged), definition, current.Id);
        return draft with { Vectors = [.. draft.Vectors, .. kept] };
    }

    private static JsonObject Parse(ReadOnlySpan<byte> patch)
    {
        try
        {
            return JsonNode.Parse(patch, documentOptions: DocumentOptions) as JsonObject
                ?? throw ObjectJson.MalformedJson("a patch is an object: { \"properties\": {…}, \"vectors\": {…} }");
        }
        catch (JsonException e)
        {
            throw ObjectJson.MalformedJson(e);
        }
    }

    private static void MergeInto(JsonObject target, JsonObject changes)
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

    private static ReadOnlySpan<byte> ToUtf8(JsonObject node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            node.WriteTo(writer);
        }

        return buffer.WrittenSpan;
    }
}
