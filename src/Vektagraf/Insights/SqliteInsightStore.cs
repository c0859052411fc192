using System.Globalization;
using Microsoft.Data.Sqlite;
using Vektagraf.Storage;

namespace Vektagraf.Insights;

/// <summary>
/// Insights in one SQLite file, for servers on a local disk. Several processes may use one file: its log is a write-ahead log, so that readers
/// wait for nobody and writers for each other. A commit is not forced to the disk: after a power failure the last ones may be missing, the file is whole.
/// </summary>
/// <remarks>Calls run on the caller's thread: they take well under a millisecond, unless another process writes.</remarks>
public sealed partial class SqliteInsightStore : IInsightStore, IDisposable
{
    /// <summary>Version of the tables; a file of a later one is refused.</summary>
    public const int SchemaVersion = 1;

    // Another process that writes is done long before.
    private const int BusyMilliseconds = 5_000;

    private static readonly TimeSpan PurgeInterval = TimeSpan.FromMinutes(1);

    private readonly string _connection;
    private readonly TimeProvider _time;
    private readonly Lock _openLock = new();
    private bool _isOpen;
    private long _purgedAt;

    /// <summary>Names the file; it is opened, and created where missing, by the first call.</summary>
    /// <param name="path">The file; its directory exists when the first call comes.</param>
    /// <param name="time">Clock of times to live; null for the system's.</param>
    public SqliteInsightStore(string path, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = System.IO.Path.GetFullPath(path);
        _connection = new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = true }.ToString();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken)
    {
        InsightRules.CheckKey(partition, nameof(partition));
        InsightRules.CheckKey(id, nameof(id));
        return RunAsync(connection => Get(connection, partition, id), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken)
    {
        InsightRules.Check(document);
        return RunAsync(connection => Put(connection, document, condition), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken)
    {
        InsightRules.CheckKey(partition, nameof(partition));
        InsightRules.CheckRange(range);
        var place = InsightRules.Place(continuation);
        return RunAsync(connection => Query(connection, partition, range, place), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken)
    {
        InsightRules.CheckKey(partition, nameof(partition));
        InsightRules.CheckKey(id, nameof(id));
        return RunAsync(
            connection =>
            {
                using var command = Command(connection, "DELETE FROM documents WHERE partition = $partition AND id = $id AND expires > $now AND ($etag IS NULL OR etag = $etag)");
                Add(command, ("$partition", partition), ("$id", id), ("$now", Now()), ("$etag", etag));
                return command.ExecuteNonQuery() > 0;
            },
            cancellationToken);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        using var connection = new SqliteConnection(_connection);
        SqliteConnection.ClearPool(connection);
    }

    private static InsightDocument Read(SqliteDataReader row, string partition) => new()
    {
        Partition = partition,
        Id = row.GetString(0),
        Timestamp = InsightRules.FromMicroseconds(row.GetInt64(1)),
        TimeToLive = row.IsDBNull(2) ? null : TimeSpan.FromSeconds(row.GetInt64(2)),
        ETag = row.GetString(3),
        Content = row.GetFieldValue<byte[]>(4),
    };

    private InsightDocument? Get(SqliteConnection connection, string partition, string id)
    {
        using var command = Command(connection, "SELECT id, timestamp, life, etag, content FROM documents WHERE partition = $partition AND id = $id AND expires > $now");
        Add(command, ("$partition", partition), ("$id", id), ("$now", Now()));
        using var row = command.ExecuteReader();
        return row.Read() ? Read(row, partition) : null;
    }

    private string? Put(SqliteConnection connection, InsightDocument document, PutCondition condition)
    {
        Purge(connection);
        using var command = Command(connection, condition switch
        {
            { MustMatch: not null } => """
                UPDATE documents SET timestamp = $timestamp, expires = $expires, life = $life, etag = lower(hex(randomblob(8))), content = $content
                WHERE partition = $partition AND id = $id AND etag = $etag AND expires > $now RETURNING etag
                """,
            { MustBeAbsent: true } => Insert + " WHERE expires <= $now RETURNING etag",
            _ => Insert + " RETURNING etag",
        });
        var now = Now();
        var life = document.TimeToLive is { } given ? (long)given.TotalSeconds : (long?)null;
        Add(
            command,
            ("$partition", document.Partition),
            ("$id", document.Id),
            ("$timestamp", InsightRules.Microseconds(document.Timestamp)),
            ("$expires", life is { } seconds ? now + (seconds * TimeSpan.MicrosecondsPerSecond) : long.MaxValue),
            ("$life", life),
            ("$content", document.Content.ToArray()),
            ("$etag", condition.MustMatch),
            ("$now", now));
        return (string?)command.ExecuteScalar();
    }

    private InsightPage Query(SqliteConnection connection, string partition, in InsightRange range, (long Microseconds, string Id)? place)
    {
        var (after, order) = range.Descending ? ("<", "DESC") : (">", "ASC");
        using var command = Command(connection, $"""
            SELECT id, timestamp, life, etag, content FROM documents
            WHERE partition = $partition AND timestamp >= $from AND timestamp < $to AND expires > $now
            {(place is null ? string.Empty : $"AND (timestamp, id) {after} ($time, $place)")}
            ORDER BY timestamp {order}, id {order} LIMIT $limit
            """);
        Add(
            command,
            ("$partition", partition),
            ("$from", range.From is { } from ? InsightRules.Microseconds(from) : long.MinValue),
            ("$to", range.To is { } to ? InsightRules.Microseconds(to) : long.MaxValue),
            ("$now", Now()),
            ("$time", place?.Microseconds),
            ("$place", place?.Id),
            ("$limit", range.PageSize + 1));
        using var rows = command.ExecuteReader();
        var documents = new List<InsightDocument>();
        while (rows.Read())
        {
            documents.Add(Read(rows, partition));
        }

        // One more than the page tells whether there is another.
        if (documents.Count <= range.PageSize)
        {
            return new InsightPage(documents, Continuation: null);
        }

        documents.RemoveAt(documents.Count - 1);
        return new InsightPage(documents, InsightRules.Continuation(InsightRules.Microseconds(documents[^1].Timestamp), documents[^1].Id));
    }

    /// <summary>Deletes what expired, now and then.</summary>
    private void Purge(SqliteConnection connection)
    {
        var now = _time.GetTimestamp();
        var last = Interlocked.Read(ref _purgedAt);
        if (last != 0 && _time.GetElapsedTime(last, now) < PurgeInterval)
        {
            return;
        }

        Interlocked.Exchange(ref _purgedAt, now);
        using var command = Command(connection, "DELETE FROM documents WHERE expires <= $now");
        Add(command, ("$now", Now()));
        command.ExecuteNonQuery();
    }

    private long Now() => InsightRules.Microseconds(_time.GetUtcNow());

    private static void Add(SqliteCommand command, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
