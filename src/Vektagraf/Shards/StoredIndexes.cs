using Microsoft.Extensions.Logging;
using Vektagraf.Storage;

namespace Vektagraf.Shards;

/// <summary>The vector indexes that a manifest names. One that is gone, damaged or of another kind is built anew: all it says follows from the
/// vectors.</summary>
internal sealed partial class StoredIndexes(IObjectStore store, ShardManifest manifest, string shard, ILogger log)
{
    /// <summary>Reads the index of a column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Null where there is none that can be used.</returns>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public async Task<StoredIndex?> ReadAsync(VectorColumn column, CancellationToken cancellationToken)
    {
        var described = manifest.Indexes?.FirstOrDefault(i => string.Equals(i.Field, column.Field, StringComparison.Ordinal));
        if (described is null || !column.Takes(described))
        {
            return null;
        }

        try
        {
            return await StoredIndex.ReadAsync(store, described, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            LogUnusable(e, column.Field, shard);
            return null;
        }
    }

    /// <summary>Has a column search by an index, over vectors that were placed as it numbers them.</summary>
    public void Attach(VectorColumn column, StoredIndex stored)
    {
        try
        {
            column.Attach(stored);
        }
        catch (InvalidDataException e)
        {
            LogUnusable(e, column.Field, shard);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The stored index of vector field {Field} in {Shard} cannot be used; it is built anew")]
    private partial void LogUnusable(Exception error, string field, string shard);
}
