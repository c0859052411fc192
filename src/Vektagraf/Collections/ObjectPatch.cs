using System.Text.Json.Nodes;

namespace Vektagraf.Collections;

/// <summary>JSON merge patch (RFC 7396) of an object. Pure.</summary>
internal static class ObjectPatch
{
    /// <summary>Applies a patch.</summary>
    /// <param name="current">The object, with its vectors.</param>
    /// <param name="patch">One JSON object in UTF-8.</param>
    /// <param name="definition">The collection's definition, which the result must satisfy.</param>
    /// <returns>The object to be saved. Generated vectors are left out, to be generated anew from the patched text.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static ObjectDraft Apply(StoredObject current, ReadOnlySpan<byte> patch, CollectionDefinition definition)
    {
        var changes = JsonMergePatch.Parse(patch);
        var merged = new JsonObject
        {
            ["id"] = current.Id,
            ["type"] = current.Type,
            ["properties"] = JsonNode.Parse(current.Properties.Span, documentOptions: JsonMergePatch.DocumentOptions),
        };
        // Vectors that stay are carried over as they are; only those of the patch are read and checked.
        var kept = (current.Vectors ?? []).Where(v => v.GeneratedBy == 0).ToList();
        if (changes.TryGetPropertyValue("vectors", out var change))
        {
            kept.RemoveAll(v => change is not JsonObject vectors || vectors.ContainsKey(v.Field));
        }

        var keptSparse = (current.Sparse ?? []).ToList();
        if (changes.TryGetPropertyValue("sparse", out change))
        {
            keptSparse.RemoveAll(v => change is not JsonObject sparse || sparse.ContainsKey(v.Field));
        }

        JsonMergePatch.MergeInto(merged, changes);
        var draft = ObjectJson.Read(JsonMergePatch.ToUtf8(merged), definition, current.Id);
        return draft with { Vectors = [.. draft.Vectors, .. kept], Sparse = [.. draft.Sparse, .. keptSparse] };
    }
}
