using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Storage;

namespace Vektagraf;

public sealed partial class VektagrafDatabase
{
    /// <summary>Drops a collection with all of its objects.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait; what was not deleted by then is left to garbage collection.</param>
    /// <returns>When it is gone.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Conflict"/>, <c>has-branches</c>: branches
    /// still need its data.</exception>
    public async Task DropCollectionAsync(string name, CancellationToken cancellationToken)
    {
        DefinitionRules.ValidateName(name);
        var entry = await BeginDropAsync(name, cancellationToken);
        if (!await GuardAsync(_engine.Store.DeleteAsync(Catalog.Prefix + name, cancellationToken)))
        {
            throw NotFound(name);
        }

        // Gone from here on; its objects carry the generation in their keys and can meet no later collection of the name.
        await CloseAsync(name);
        await DeleteAllAsync(entry.StorageName, cancellationToken);
        if (entry.BranchOf is { } parent)
        {
            await UnpinAsync(parent, entry, cancellationToken);
        }
    }

    /// <summary>
    /// Rules out branches, for good: one that is being made looks at the mark after it is in the catalog, and this looks for branches
    /// after the mark is set, so one of the two sees the other.
    /// </summary>
    private async Task<CatalogEntry> BeginDropAsync(string name, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxCatalogAttempts; attempt++)
        {
            var (entry, etag) = await ReadCatalogAsync(name, cancellationToken);
            if (entry is null)
            {
                throw NotFound(name);
            }

            await RequireNoBranchesAsync(entry, cancellationToken);
            if (!entry.IsDropping && !await WriteCatalogAsync(entry with { IsDropping = true }, PutCondition.Match(etag!), cancellationToken))
            {
                continue;
            }

            try
            {
                await RequireNoBranchesAsync(entry, cancellationToken);
                return entry;
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.Conflict)
            {
                (entry, etag) = await ReadCatalogAsync(name, cancellationToken);
                if (entry is not null)
                {
                    await WriteCatalogAsync(entry with { IsDropping = false }, PutCondition.Match(etag!), cancellationToken);
                }

                throw;
            }
        }

        throw new VektagrafException(ErrorKind.Conflict, "definition-contention", $"Others keep changing the definition of '{name}'. Try again.");
    }

    private async Task RequireNoBranchesAsync(CatalogEntry entry, CancellationToken cancellationToken)
    {
        var heads = await Task.WhenAll(Enumerable.Range(0, entry.Definition.Shards).Select(i => ReadPinsAsync(new ShardKeys(entry.StorageName, i), cancellationToken)));
        var live = new List<string>();
        foreach (var pin in heads.SelectMany(pins => pins).Where(p => p.Kind == PinKind.Branch).DistinctBy(p => p.Id))
        {
            var (branch, _) = await ReadCatalogAsync(pin.Name, cancellationToken);
            if (string.Equals(branch?.StorageName, pin.Id, StringComparison.Ordinal))
            {
                live.Add($"'{pin.Name}'");
            }
        }

        if (live.Count > 0)
        {
            live.Sort(StringComparer.Ordinal);
            throw new VektagrafException(
                ErrorKind.Conflict,
                "has-branches",
                $"Collection '{entry.Name}' holds data of its {(live.Count == 1 ? "branch" : "branches")} {string.Join(", ", live)}. Drop {(live.Count == 1 ? "it" : "them")} first.");
        }
    }

    private async Task<IReadOnlyList<ShardPin>> ReadPinsAsync(ShardKeys keys, CancellationToken cancellationToken)
    {
        var read = await GuardAsync(_engine.Store.GetAsync(keys.Head, cancellationToken: cancellationToken));
        return read.Found ? ShardHead.Decode(read.Content.Span, keys.Head).Pins : [];
    }

    /// <summary>Removes the pins of a branch that is gone; a collection of the parent would do so, too, after the grace.</summary>
    private async Task UnpinAsync(CatalogParent parent, CatalogEntry branch, CancellationToken cancellationToken)
    {
        for (var i = 0; i < branch.Definition.Shards; i++)
        {
            try
            {
                await GuardAsync(ShardPins.RemoveAsync(_engine, new ShardKeys(parent.StorageName, i), p => p.Id == branch.StorageName, cancellationToken));
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
            {
                // The branch had left it already, and it was dropped.
            }
        }
    }

    private Task DeleteAllAsync(string storageName, CancellationToken cancellationToken) =>
        GuardAsync(Catalog.DeleteAllAsync(_engine.Store, ShardKeys.ForCollection(storageName), cancellationToken));

    private static async Task GuardAsync(Task operation)
    {
        try
        {
            await operation;
        }
        catch (ObjectStoreException e)
        {
            throw Unavailable(e);
        }
    }
}
