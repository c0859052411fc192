using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Caching;

namespace Vektagraf.Api.Handlers;

/// <summary>The cache of this process.</summary>
internal static class CacheHandlers
{
    public static Task GetAsync(VektagrafApi api, HttpContext context)
    {
        var statistics = api.Database.Cache.Snapshot();
        return JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("levels"u8);
            foreach (var level in statistics.Levels)
            {
                Write(writer, level);
            }

            writer.WriteEndArray();
            writer.WriteNumber("hits"u8, statistics.Hits);
            writer.WriteNumber("misses"u8, statistics.Misses);
            writer.WriteNumber("hitRate"u8, statistics.HitRate);
            writer.WriteNumber("loads"u8, statistics.Loads);
            writer.WriteNumber("joined"u8, statistics.Joined);
            writer.WriteNumber("corrupt"u8, statistics.Corrupt);
            if (statistics.DiskProblem is { } problem)
            {
                writer.WriteString("diskProblem"u8, problem);
            }

            writer.WriteEndObject();
        });
    }

    public static async Task InvalidateAsync(VektagrafApi api, HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.CacheInvalidationBody);
        var cache = api.Database.Cache;
        var dropped = body switch
        {
            { Pattern: { } pattern, Key: null } => cache.InvalidateMatching(pattern),
            { Pattern: null, Key: { } key } => cache.Invalidate(key),
            _ => throw VektagrafException.Invalid(string.Empty, "Say what to drop: either a 'pattern' ('.' for everything) or a 'key'."),
        };
        var counts = new[] { dropped.L1, dropped.L2, dropped.L3 };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("invalidated"u8, dropped.Total);
            writer.WriteStartArray("levels"u8);
            foreach (var level in cache.Snapshot().Levels.Select(l => l.Level))
            {
                writer.WriteStartObject();
                writer.WriteString("level"u8, level.ToString());
                writer.WriteNumber("invalidated"u8, counts[(int)level - 1]);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter writer, CacheLevelStatistics level)
    {
        writer.WriteStartObject();
        writer.WriteString("level"u8, level.Level.ToString());
        writer.WriteNumber("size"u8, level.Entries);
        writer.WriteNumber("bytes"u8, level.Bytes);
        writer.WriteNumber("budget"u8, level.Budget);
        writer.WriteNumber("hits"u8, level.Hits);
        writer.WriteNumber("misses"u8, level.Misses);
        writer.WriteNumber("insertions"u8, level.Insertions);
        writer.WriteNumber("evictions"u8, level.Evictions);
        writer.WriteNumber("expirations"u8, level.Expirations);
        writer.WriteNumber("removals"u8, level.Removals);
        writer.WriteNumber("hitRate"u8, level.HitRate);
        writer.WriteNumber("utilisation"u8, level.Utilisation);
        writer.WriteEndObject();
    }
}
