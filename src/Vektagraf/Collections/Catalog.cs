using System.Text.Json;
using Vektagraf.Storage;

namespace Vektagraf.Collections;

/// <summary>The catalog's objects: one for each collection, under its name.</summary>
internal static class Catalog
{
    public const string Prefix = "catalog/";

    /// <summary>Reads an entry.</summary>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>.</exception>
    public static async Task<(CatalogEntry? Entry, string? ETag)> ReadAsync(IObjectStore store, string name, CancellationToken cancellationToken)
    {
        var key = Prefix + name;
        var read = await store.GetAsync(key, cancellationToken: cancellationToken);
        if (!read.Found)
        {
            return (null, null);
        }

        try
        {
            return (JsonSerializer.Deserialize(read.Content.Span, CollectionJsonContext.Default.CatalogEntry) ?? throw new JsonException("It is null."), read.ETag);
        }
        catch (JsonException e)
        {
            throw new VektagrafException(ErrorKind.Corrupt, "corrupt-catalog", $"Catalog entry '{key}' is damaged: {e.Message} Restore this object from a backup.", inner: e);
        }
    }

    /// <summary>Writes an entry.</summary>
    /// <returns>Whether the condition held.</returns>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public static async Task<bool> WriteAsync(IObjectStore store, CatalogEntry entry, PutCondition condition, CancellationToken cancellationToken)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(entry, CollectionJsonContext.Default.CatalogEntry);
        return (await store.PutAsync(Prefix + entry.Name, bytes, condition, cancellationToken)).Written;
    }

    /// <summary>Deletes everything under a prefix.</summary>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public static async Task DeleteAllAsync(IObjectStore store, string prefix, CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await store.ListAsync(prefix, cancellationToken: cancellationToken);
            foreach (var entry in page.Entries)
            {
                await store.DeleteAsync(entry.Key, cancellationToken);
            }

            if (page.Entries.Count == 0 && page.Continuation is null)
            {
                return;
            }
        }
    }
}
