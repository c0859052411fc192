using System.Globalization;

namespace Vektagraf.Storage;

/// <summary>Keys of a shard's objects, laid out as the commit protocol prescribes.</summary>
/// <param name="Collection">Storage name of the collection: its name and its generation.</param>
/// <param name="Shard">Number of the shard, from 0.</param>
public readonly record struct ShardKeys(string Collection, int Shard)
{
    /// <summary>Start of all keys of the shard.</summary>
    public string Prefix => string.Create(CultureInfo.InvariantCulture, $"{ForCollection(Collection)}s/{Shard}/");

    /// <summary>The shard's one mutable object.</summary>
    public string Head => Prefix + "head";

    /// <summary>Start of all keys of a collection.</summary>
    /// <param name="collection">Storage name of the collection.</param>
    /// <returns>The prefix.</returns>
    public static string ForCollection(string collection) => $"c/{collection}/";

    /// <summary>Whether an object is the shard's own; a branch's manifests name segments of its parent, too.</summary>
    /// <param name="key">The object's key.</param>
    /// <returns>True where it starts with <see cref="Prefix"/>.</returns>
    public bool Owns(string key) => key.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Start of the keys of all WAL entries.</summary>
    public string WalPrefix => Prefix + "wal/";

    /// <summary>Start of the keys of all manifests.</summary>
    public string ManifestPrefix => Prefix + "m/";

    /// <summary>Key of a manifest.</summary>
    /// <param name="epoch">Epoch of the head that is to publish it.</param>
    /// <param name="unique">Drawn by whoever writes it: two of one epoch may be under way, only one will be published.</param>
    /// <returns>The key.</returns>
    public string Manifest(ulong epoch, UInt128 unique) => string.Create(CultureInfo.InvariantCulture, $"{ManifestPrefix}{epoch:D20}-{unique:x32}");

    /// <summary>The sequence number in the key of a WAL entry.</summary>
    /// <param name="key">A key that starts with <see cref="WalPrefix"/>.</param>
    /// <returns>The number; 0 for a key that is not an entry's.</returns>
    public ulong SequenceOf(string key) =>
        ulong.TryParse(key.AsSpan(WalPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) ? sequence : 0;

    /// <summary>Start of the keys of all decisions of transactions across the shards of a collection.</summary>
    /// <param name="collection">Storage name of the collection.</param>
    /// <returns>The prefix.</returns>
    public static string DecisionPrefix(string collection) => ForCollection(collection) + "txn/";

    /// <summary>Key of the decision of a transaction across shards.</summary>
    /// <param name="transaction">Id of the transaction.</param>
    /// <returns>The key.</returns>
    public string Decision(UInt128 transaction) => string.Create(CultureInfo.InvariantCulture, $"{DecisionPrefix(Collection)}{transaction:x32}");

    /// <summary>The slot of a WAL entry.</summary>
    /// <param name="sequence">Its sequence number, from 1.</param>
    /// <returns>The key.</returns>
    public string Wal(ulong sequence) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}wal/{sequence:D20}");
}
