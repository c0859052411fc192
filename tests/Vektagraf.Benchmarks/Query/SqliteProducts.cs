using Microsoft.Data.Sqlite;

namespace Vektagraf.Benchmarks.Query;

/// <summary>The same catalogue in SQLite: a table with an index on each column, tags in a table of their own; WAL, all pages cached, statistics gathered.</summary>
internal sealed class SqliteProducts : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".db");
    private readonly SqliteConnection _connection;

    public SqliteProducts(IEnumerable<Product> products)
    {
        _connection = new SqliteConnection($"Data Source={_path};Pooling=False");
        _connection.Open();
        Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-2000000; PRAGMA mmap_size=4294967296; PRAGMA temp_store=MEMORY");
        Execute("""
            CREATE TABLE p (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sku TEXT, category TEXT, brand TEXT, price REAL, stock REAL, active INTEGER, created INTEGER, json TEXT);
            CREATE TABLE t (tag TEXT, n INTEGER, PRIMARY KEY (tag, n)) WITHOUT ROWID
            """);
        using (SqliteTransaction transaction = _connection.BeginTransaction())
        {
            Load(products, transaction);
            transaction.Commit();
        }

        foreach (string column in (string[])["sku", "category", "brand", "price", "stock", "active", "created"])
        {
            Execute($"CREATE INDEX by_{column} ON p ({column})");
        }

        Execute("ANALYZE");
    }

    public string Version => _connection.ServerVersion;

    /// <summary>Prepares a statement with parameters $0, $1, ….</summary>
    public SqliteCommand Prepare(string sql, int parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < parameters; i++)
        {
            SqliteParameter parameter = command.CreateParameter();
            parameter.ParameterName = $"${i}";
            parameter.Value = 0;
            command.Parameters.Add(parameter);
        }

        command.Prepare();
        return command;
    }

    /// <summary>Runs a statement and reads all of its answer.</summary>
    /// <returns>The first column of all rows.</returns>
    public static List<object> Run(SqliteCommand command, object[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        var answer = new List<object>();
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            answer.Add(reader.GetValue(0));
            for (int i = 1; i < reader.FieldCount; i++)
            {
                reader.GetValue(i);
            }
        }

        return answer;
    }

    public void Dispose()
    {
        _connection.Dispose();
        foreach (string suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(_path + suffix);
        }
    }

    private void Load(IEnumerable<Product> products, SqliteTransaction transaction)
    {
        using SqliteCommand insert = Prepare("INSERT INTO p VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9)", 10);
        using SqliteCommand tag = Prepare("INSERT INTO t VALUES ($0, $1)", 2);
        (insert.Transaction, tag.Transaction) = (transaction, transaction);
        long n = 0;
        foreach (Product product in products)
        {
            Run(insert, [n, product.Id, product.Sku, product.Category, product.Brand, product.Price, product.Stock, product.Active ? 1 : 0, product.Created.Ticks, product.Json]);
            foreach (string name in product.Tags)
            {
                Run(tag, [name, n]);
            }

            n++;
        }
    }

    private void Execute(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
