using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>Answers as JSON.</summary>
internal static class JsonOutput
{
    private static readonly CliJson Json = new(new JsonSerializerOptions(CliJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static JsonTypeInfo<CollectionSummary[]> Collections => Json.CollectionSummaryArray;

    public static JsonTypeInfo<CollectionInfo> Collection => Json.CollectionInfo;

    public static JsonTypeInfo<Snapshot> Snapshot => Json.Snapshot;

    public static JsonTypeInfo<Snapshot[]> Snapshots => Json.SnapshotArray;

    public static JsonTypeInfo<ImportResult> Import => Json.ImportResult;

    public static JsonTypeInfo<SearchResponse> Search => Json.SearchResponse;

    public static JsonTypeInfo<VektagrafObject> Object => Json.VektagrafObject;

    public static JsonTypeInfo<HealthStatus> Health => Json.HealthStatus;

    public static void Write<T>(Terminal terminal, T value, JsonTypeInfo<T> type) => terminal.Out.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>A JSON array, written as its elements come.</summary>
    public static async Task WriteAllAsync<T>(Terminal terminal, IAsyncEnumerable<T> values, JsonTypeInfo<T> type)
    {
        var separator = "[\n";
        await foreach (var value in values)
        {
            await terminal.Out.WriteAsync(separator + JsonSerializer.Serialize(value, type));
            separator = ",\n";
        }

        await terminal.Out.WriteLineAsync(separator == ",\n" ? "\n]" : "[]");
    }

    /// <summary>Reads a collection definition as a user wrote it.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static async Task<CollectionDefinition> ReadDefinitionAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(stream, CliJson.Default.CollectionDefinition, cancellationToken) ?? new CollectionDefinition();
        }
        catch (JsonException e)
        {
            throw new UsageException($"The definition cannot be read: {e.Message}");
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    // A misspelt member of a definition would be lost without a word.
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CollectionDefinition))]
[JsonSerializable(typeof(CollectionInfo))]
[JsonSerializable(typeof(CollectionSummary[]))]
[JsonSerializable(typeof(Snapshot))]
[JsonSerializable(typeof(Snapshot[]))]
[JsonSerializable(typeof(ImportResult))]
[JsonSerializable(typeof(SearchResponse))]
[JsonSerializable(typeof(VektagrafObject))]
[JsonSerializable(typeof(HealthStatus))]
internal sealed partial class CliJson : JsonSerializerContext;
