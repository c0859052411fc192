using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Storage;

namespace Vektagraf;

public sealed partial class VektagrafDatabase
{
    /// <summary>
    /// Creates a collection that begins as another one is, or was, and goes its own way from there. Nothing is copied but embedding
    /// models: the branch refers to the segments and log entries of its parent until it has folded and merged its own.
    /// </summary>
    /// <param name="parent">Name of the collection to branch from.</param>
    /// <param name="name">Name of the new collection.</param>
    /// <param name="asOf">Session token: the branch begins there; null for now. The definition is the present one.</param>
    /// <param name="cancellationToken">Cancels the wait; what was made by then is no collection, and is collected.</param>
    /// <returns>The branch.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.Invalid"/>: the state was collected;
    /// <see cref="ErrorKind.Conflict"/>: the name is taken, or there are too many branches; <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<Collection> CreateBranchAsync(string parent, string name, string? asOf, CancellationToken cancellationToken)
    {
        DefinitionRules.ValidateName(name);
        var origin = await FindAsync(parent, mayBeStale: false, cancellationToken);
        if ((await ReadCatalogAsync(name, cancellationToken)).Entry is not null)
        {
            throw NameTaken(name);
        }

        var startedAt = _engine.Time.GetTimestamp();
        var branch = new CatalogEntry
        {
            Name = name,
            Generation = DrawGeneration(),
            CreatedAt = _engine.Time.GetUtcNow(),
            Definition = origin.Definition,
            BranchOf = origin.Identity,
        };
        var (_, sequences) = await origin.CutAsync(asOf, cancellationToken);
        try
        {
            // The pin first, so that nothing the heads will refer to can go; the catalog last, so that a crash leaves no half of a branch.
            var pin = new ShardPin { Kind = PinKind.Branch, Name = name, Id = branch.StorageName, CreatedAt = branch.CreatedAt };
            var heads = await origin.PinAsync(pin, sequences, Enumerable.Range(0, sequences.Count), cancellationToken);
            await GuardAsync(Task.WhenAll(heads.Select((head, i) => BranchShard.WriteAsync(_engine, branch, i, head, cancellationToken))));
            await CopyModelsAsync(branch, cancellationToken);
            origin.RequireInTime(startedAt);
            await PublishAsync(branch, cancellationToken);
        }
        catch (VektagrafException e) when (e.Kind != ErrorKind.Unavailable)
        {
            // Where an answer is missing, a request may still arrive, so its traces are left to collection.
            await DeleteAllAsync(branch.StorageName, CancellationToken.None);
            await UnpinAsync(branch.BranchOf, branch, CancellationToken.None);
            throw;
        }

        return await FindAsync(name, mayBeStale: false, cancellationToken);
    }

    private async Task PublishAsync(CatalogEntry branch, CancellationToken cancellationToken)
    {
        if (!await TryWriteAsync(branch, cancellationToken))
        {
            throw NameTaken(branch.Name);
        }

        // Only now, see BeginDropAsync.
        var (parent, _) = await ReadCatalogAsync(branch.BranchOf!.Name, cancellationToken);
        if (parent is null or { IsDropping: true } || !string.Equals(parent.StorageName, branch.BranchOf.StorageName, StringComparison.Ordinal))
        {
            await GuardAsync(_engine.Store.DeleteAsync(Catalog.Prefix + branch.Name, cancellationToken));
            throw new VektagrafException(ErrorKind.Conflict, "being-dropped", $"Collection '{branch.BranchOf.Name}' is being dropped. If that was interrupted, drop it again.");
        }
    }

    private async Task<bool> TryWriteAsync(CatalogEntry branch, CancellationToken cancellationToken)
    {
        try
        {
            return await Catalog.WriteAsync(_engine.Store, branch, PutCondition.Absent, cancellationToken);
        }
        catch (ObjectStoreException e)
        {
            // A lost reply, or a lost request, or one that may still arrive: then nothing may be taken back.
            var (entry, _) = await ReadCatalogAsync(branch.Name, cancellationToken);
            return string.Equals(entry?.Generation, branch.Generation, StringComparison.Ordinal)
                ? true
                : throw new VektagrafException(
                    ErrorKind.Unavailable,
                    "store-unavailable",
                    $"The object store did not say whether '{branch.Name}' was created: {e.Message} Look for it before you try again.",
                    inner: e);
        }
    }

    /// <summary>Learned models are few and belong to the vectors that they made.</summary>
    private async Task CopyModelsAsync(CatalogEntry branch, CancellationToken cancellationToken)
    {
        var from = ShardKeys.ForCollection(branch.BranchOf!.StorageName) + LearnedEmbedder.KeyPart;
        var to = ShardKeys.ForCollection(branch.StorageName) + LearnedEmbedder.KeyPart;
        if (!branch.Definition.Vectors.Values.Any(v => string.Equals(v.Generator, Collection.LsaGenerator, StringComparison.Ordinal)))
        {
            return;
        }

        // At most one for each vector field: less than a page.
        foreach (var listed in (await GuardAsync(_engine.Store.ListAsync(from, cancellationToken: cancellationToken))).Entries)
        {
            var model = await GuardAsync(_engine.Store.GetAsync(listed.Key, cancellationToken: cancellationToken));
            if (model.Found)
            {
                await GuardAsync(_engine.Store.PutAsync(to + listed.Key[from.Length..], model.Content, PutCondition.Absent, cancellationToken));
            }
        }
    }

    private static VektagrafException NameTaken(string name) =>
        new(ErrorKind.Conflict, "collection-exists", $"There is a collection '{name}' already. Choose another name for the branch.");
}
