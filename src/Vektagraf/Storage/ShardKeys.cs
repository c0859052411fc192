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

    /// <summary>The slot of a WAL entry.</summary>
    /// <param name="sequence">Its sequence number, from 1.</param>
    /// <returns>The key.</returns>
    public string Wal(ulong sequence) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}wal/{sequence:D20}");
}
