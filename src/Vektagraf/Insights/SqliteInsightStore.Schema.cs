using Microsoft.Data.Sqlite;

namespace Vektagraf.Insights;

/// <content>Connections and tables.</content>
public sealed partial class SqliteInsightStore
{
    private const string Insert = """
        INSERT INTO documents (partition, id, timestamp, expires, life, etag, content)
        VALUES ($partition, $id, $timestamp, $expires, $life, lower(hex(randomblob(8))), $content)
        ON CONFLICT (partition, id) DO UPDATE SET
            timestamp = excluded.timestamp, expires = excluded.expires, life = excluded.life, etag = excluded.etag, content = excluded.content
        """;

    // Times are microseconds since 1970; what has no time to live expires at the end of time, so that one comparison serves for all.
    private const string Tables = """
        CREATE TABLE documents (
            partition TEXT NOT NULL, id TEXT NOT NULL, timestamp INTEGER NOT NULL, expires INTEGER NOT NULL, life INTEGER, etag TEXT NOT NULL, content BLOB NOT NULL,
            PRIMARY KEY (partition, id));
        CREATE INDEX documents_by_time ON documents (partition, timestamp, id);
        CREATE INDEX documents_by_expiry ON documents (expires) WHERE expires < 9223372036854775807;
        """;

    private Task<T> RunAsync<T>(Func<SqliteConnection, T> call, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            using var connection = Connect();
            return Task.FromResult(call(connection));
        }
        catch (Exception e) when (e is SqliteException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return Task.FromException<T>(new InsightStoreException($"The insight store '{Path}' failed: {e.Message}", e));
        }
        catch (InsightStoreException e)
        {
            return Task.FromException<T>(e);
        }
    }

    private SqliteConnection Connect()
    {
        if (!Volatile.Read(ref _isOpen))
        {
            lock (_openLock)
            {
                if (!_isOpen)
                {
                    Prepare();
                    Volatile.Write(ref _isOpen, true);
                }
            }
        }

        return Open();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connection);
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {Text(BusyMilliseconds)}; PRAGMA synchronous = NORMAL;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Makes the tables where there are none; of several processes that try, one does.</summary>
    private void Prepare()
    {
        using var connection = Open();
        Execute(connection, "PRAGMA journal_mode = WAL;");
        if (VersionOf(connection) == 0)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            if (VersionOf(connection) == 0)
            {
                Execute(connection, $"{Tables} PRAGMA user_version = {Text(SchemaVersion)};");
            }

            transaction.Commit();
        }

        if (VersionOf(connection) is var version && version != SchemaVersion)
        {
            throw new InsightStoreException($"The insight store '{Path}' has version {version}; this program knows {SchemaVersion}. Update it, or move the file away.");
        }
    }

    private static long VersionOf(SqliteConnection connection)
    {
        using var command = Command(connection, "PRAGMA user_version");
        return (long)command.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using var command = Command(connection, text);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        return command;
    }
}
