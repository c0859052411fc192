using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;

namespace Vektagraf.Benchmarks.Query;

/// <summary>Queries over a catalogue beside SQLite with indexes on the same columns, in turns; and how far estimates are from the truth.</summary>
internal sealed class QueryCommand : IBenchmarkCommand
{
    private const int DefaultObjects = 1_000_000;
    private const int Passes = 5;
    private const int EstimatesOfEach = 40;

    public string Verb => "query";

    public string Description => "queries, counts, orders and facets over 1,000,000 objects beside indexed SQLite, and the error of estimates [objects]";

    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        int objects = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : DefaultObjects;
        RunAsync(objects, [.. arguments], output).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task RunAsync(int objects, string[] arguments, TextWriter output)
    {
        output.WriteLine(RunHeader.Describe("query", arguments));
        output.WriteLine();
        await using var database = new VektagrafDatabase(new MemoryObjectStore());
        (Collection collection, _) = await database.PutCollectionAsync("products", CollectionJson.Read(Encoding.UTF8.GetBytes(Products.Definition)), default);
        long start = Stopwatch.GetTimestamp();
        await collection.ImportAsync(Products.Make(objects).Select(p => p.ToDraft()), null, default);
        double ours = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        using var sqlite = new SqliteProducts(Products.Make(objects));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{objects:N0} objects · loaded in {ours:F1} s (log in memory), by SQLite {sqlite.Version} in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s (indexes and statistics included)"));
        output.WriteLine();
        await WriteFirstUseAsync(collection, output);
        output.WriteLine("| Query | Vektagraf µs | SQLite µs | SQLite / Vektagraf |");
        output.WriteLine("|---|---|---|---|");
        foreach (QueryCase query in QueryCase.All(objects))
        {
            Measure(query, collection, sqlite, output);
        }

        await WriteEstimatesAsync(objects, collection, output);
    }

    /// <summary>The first query on a field makes its index.</summary>
    private static async Task WriteFirstUseAsync(Collection collection, TextWriter output)
    {
        var times = new List<string>();
        foreach (string filter in (string[])["sku eq 'x'", "category eq 'x'", "brand eq 'x'", "price eq 1", "stock eq 1", "active", "created ge 2030-01-01", "tags/any(t: t eq 'x')"])
        {
            long start = Stopwatch.GetTimestamp();
            await collection.QueryAsync(new QueryRequest { Filter = filter, Limit = 1, Consistency = ReadConsistency.Eventual }, default);
            times.Add(string.Create(CultureInfo.InvariantCulture, $"{filter.Split(' ', '/')[0]} {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms"));
        }

        output.WriteLine($"First query on a field, which makes its index: {string.Join(", ", times)}.");
        output.WriteLine();
    }

    private static void Measure(QueryCase query, Collection collection, SqliteProducts sqlite, TextWriter output)
    {
        var random = new Random(7);
        object[][] values = [.. Enumerable.Range(0, query.Repeats).Select(_ => query.Values(random))];
        QueryRequest[] requests = Array.ConvertAll(values, v => query.Request(v));
        using SqliteCommand command = sqlite.Prepare(query.Sql, values[0].Length);
        for (int i = 0; i < values.Length; i++)
        {
            Compare(query, collection.QueryAsync(requests[i], default).GetAwaiter().GetResult(), SqliteProducts.Run(command, values[i]), values[i]);
        }

        var measured = Measurement.InTurns(
            Passes,
            () => Array.ForEach(requests, r => collection.QueryAsync(r, default).GetAwaiter().GetResult()),
            () => Array.ForEach(values, v => SqliteProducts.Run(command, v)));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {query.Name} | {measured.Seconds(0) * 1e6 / query.Repeats:N1} | {measured.Seconds(1) * 1e6 / query.Repeats:N1} | {measured.Ratio(1, 0):N1} |"));
    }

    private static void Compare(QueryCase query, QueryResponse ours, List<object> theirs, object[] values)
    {
        bool same = query.Answer switch
        {
            QueryAnswer.Count => ours.Aggregates!.Count == (long)theirs[0],
            QueryAnswer.Objects => ours.Results.Select(o => o.Id).SequenceEqual(theirs.Cast<string>(), StringComparer.Ordinal),
            _ when ours.Aggregates!.Facets.Count > 0 => ours.Aggregates.Facets[0].Values.Select(v => v.Value.AsString).SequenceEqual(theirs.Cast<string>(), StringComparer.Ordinal),
            _ => ours.Aggregates.Metrics.Min[0].Value.AsNumber == (double)theirs[0],
        };
        if (!same)
        {
            throw new InvalidOperationException($"{query.Name} ({string.Join(", ", values)}): the answers differ.");
        }
    }

    /// <summary>The factor by which the expected count of a filter is wrong, whichever is greater; counts of 0 are taken for 1.</summary>
    private static async Task WriteEstimatesAsync(int objects, Collection collection, TextWriter output)
    {
        var random = new Random(11);
        var errors = new List<double>();
        int outside = 0;
        foreach (QueryCase query in QueryCase.All(objects))
        {
            for (int i = 0; i < EstimatesOfEach && query.Request(query.Values(random)).Filter is { } filter; i++)
            {
                var plan = await collection.PlanFilterAsync(filter, run: true, default);
                (double expected, double actual) = (Math.Max(1, plan.Estimate.Expected), Math.Max(1, plan.ActualRows!.Value));
                errors.Add(Math.Max(expected / actual, actual / expected));
                outside += plan.ActualRows < plan.Estimate.Min || plan.ActualRows > plan.Estimate.Max ? 1 : 0;
            }
        }

        errors.Sort();
        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"q-error of {errors.Count} filters' estimates: median {errors[errors.Count / 2]:F2}, p95 {errors[errors.Count * 95 / 100]:F2}, greatest {errors[^1]:F1}; outside of their bounds: {outside}."));
    }
}
