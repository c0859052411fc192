namespace Vektagraf;

/// <summary>Limits of requests, each named in the error it causes and reported by the readiness probe.</summary>
public static class Limits
{
    /// <summary>Largest vector: 64 KiB as float32, above every embedding model in use.</summary>
    public const int MaxDimensions = 16_384;

    /// <summary>Most vector fields of a collection, so that one object always fits into one WAL entry.</summary>
    public const int MaxVectorFields = 16;

    /// <summary>Most sparse vector fields of a collection, so that one object always fits into one WAL entry.</summary>
    public const int MaxSparseFields = 8;

    /// <summary>Most dimensions of one sparse vector, of an object or a query: far above what learned encoders give.</summary>
    public const int MaxSparseEntries = 16_384;

    /// <summary>Most declared fields of a collection; each costs memory for every object.</summary>
    public const int MaxFields = 256;

    /// <summary>Longest name of a field, in characters.</summary>
    public const int MaxFieldNameLength = 128;

    /// <summary>Longest name of a collection, in characters: with its generation it is one segment of storage keys.</summary>
    public const int MaxCollectionNameLength = 64;

    /// <summary>Most shards of a collection.</summary>
    public const int MaxShards = 64;

    /// <summary>Most snapshots and branches of a collection together: every collection of garbage looks after each.</summary>
    public const int MaxPins = 100;

    /// <summary>Longest life of a snapshot, in days: ten years.</summary>
    public const int MaxSnapshotDays = 3_653;

    /// <summary>Most results of one search, and largest page of a query.</summary>
    public const int MaxK = 10_000;

    /// <summary>Largest offset of a search; beyond, a query with a cursor is the way.</summary>
    public const int MaxOffset = 10_000;

    /// <summary>Most bytes of vectors that a search with diversity compares with each other: 10,000 candidates of 6,710 components.</summary>
    public const int MaxDiversityBytes = 256 * 1024 * 1024;

    /// <summary>Longest text query in characters.</summary>
    public const int MaxTextQueryLength = 16 * 1024;

    /// <summary>Most words of a text query; each is a list to walk in every field.</summary>
    public const int MaxTextQueryWords = 256;

    /// <summary>Most excerpts of a field that a search shows of each result.</summary>
    public const int MaxFragments = 100;

    /// <summary>Longest excerpt in characters.</summary>
    public const int MaxFragmentLength = 10_000;

    /// <summary>Most queries of one batch search.</summary>
    public const int MaxBatchQueries = 1_000;

    /// <summary>Most operations of one transaction.</summary>
    public const int MaxTransactionOperations = 10_000;

    /// <summary>Most ids of one batch get.</summary>
    public const int MaxBatchGetIds = 10_000;

    /// <summary>Largest request body in bytes; import streams are exempt.</summary>
    public const int MaxBodyBytes = 64 * 1024 * 1024;

    /// <summary>Largest line of an import stream in bytes: an object of the largest properties and vectors as text.</summary>
    public const int MaxImportLineBytes = 8 * 1024 * 1024;

    /// <summary>Failed lines an import reports one by one; the rest are only counted.</summary>
    public const int MaxReportedFailures = 1_000;

    /// <summary>Longest object id in bytes of UTF-8.</summary>
    public const int MaxIdBytes = 512;

    /// <summary>Longest object type in bytes of UTF-8.</summary>
    public const int MaxTypeBytes = 512;

    /// <summary>Largest properties of one object in bytes of UTF-8 JSON.</summary>
    public const int MaxPropertiesBytes = 1024 * 1024;

    /// <summary>Deepest nesting of JSON.</summary>
    public const int MaxJsonDepth = 64;
}
