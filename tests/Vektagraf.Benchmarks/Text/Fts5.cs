using Microsoft.Data.Sqlite;

namespace Vektagraf.Benchmarks.Text;

/// <summary>SQLite's full-text index over the same texts: in memory, with Porter stems, its texts not stored.</summary>
internal sealed class Fts5 : IDisposable
{
    private readonly SqliteConnection _connection = new("Data Source=:memory:");
    private readonly SqliteCommand _search;

    public Fts5(TextCorpus corpus)
    {
        _connection.Open();
        string columns = string.Join(", ", corpus.Fields);
        Execute($"CREATE VIRTUAL TABLE docs USING fts5({columns}, content='', tokenize='porter unicode61')");
        using (SqliteTransaction transaction = _connection.BeginTransaction())
        {
            using SqliteCommand insert = _connection.CreateCommand();
            insert.CommandText = $"INSERT INTO docs(rowid, {columns}) VALUES($id, {string.Join(", ", corpus.Fields.Select(f => "$" + f))})";
            SqliteParameter id = insert.Parameters.Add("$id", SqliteType.Integer);
            SqliteParameter[] values = Array.ConvertAll(corpus.Fields, f => insert.Parameters.Add("$" + f, SqliteType.Text));
            for (int i = 0; i < corpus.Documents.Length; i++)
            {
                id.Value = i;
                for (int field = 0; field < values.Length; field++)
                {
                    values[field].Value = corpus.Documents[i][field];
                }

                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        Execute("INSERT INTO docs(docs) VALUES('optimize')");
        _search = _connection.CreateCommand();
        _search.CommandText = "SELECT rowid, rank FROM docs WHERE docs MATCH $query ORDER BY rank LIMIT 10";
        _search.Parameters.Add("$query", SqliteType.Text);
        _search.Prepare();
    }

    /// <summary>Bytes of the index.</summary>
    public long Bytes => (long)Execute("SELECT (SELECT sum(length(block)) FROM docs_data) + (SELECT sum(length(sz)) FROM docs_docsize)")!;

    public int Search(string query)
    {
        _search.Parameters[0].Value = query;
        using SqliteDataReader reader = _search.ExecuteReader();
        int count = 0;
        while (reader.Read())
        {
            count++;
        }

        return count;
    }

    public void Dispose()
    {
        _search.Dispose();
        _connection.Dispose();
    }

    private object? Execute(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // Column names of the benchmark itself.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
