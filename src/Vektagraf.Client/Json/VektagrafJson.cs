using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Vektagraf.Client;

/// <summary>How the records of the contract are written and read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(Json.VectorConverter)])]
[JsonSerializable(typeof(CollectionDefinition))]
[JsonSerializable(typeof(CollectionInfo))]
[JsonSerializable(typeof(CollectionList))]
[JsonSerializable(typeof(IReadOnlyList<CollectionSummary>), TypeInfoPropertyName = "CollectionSummaries")]
[JsonSerializable(typeof(Snapshot))]
[JsonSerializable(typeof(SnapshotList))]
[JsonSerializable(typeof(SnapshotRequest))]
[JsonSerializable(typeof(BranchRequest))]
[JsonSerializable(typeof(VektagrafObject))]
[JsonSerializable(typeof(BatchGetBody))]
[JsonSerializable(typeof(ObjectList))]
[JsonSerializable(typeof(WriteResult))]
[JsonSerializable(typeof(TransactionBody))]
[JsonSerializable(typeof(TransactionResult))]
[JsonSerializable(typeof(ImportResult))]
[JsonSerializable(typeof(SearchRequest))]
[JsonSerializable(typeof(SearchResponse))]
[JsonSerializable(typeof(SearchBatchBody))]
[JsonSerializable(typeof(SearchBatchAnswer))]
[JsonSerializable(typeof(QueryRequest))]
[JsonSerializable(typeof(QueryPage))]
[JsonSerializable(typeof(HealthStatus))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Http.ProblemBody))]
internal sealed partial class VektagrafJson : JsonSerializerContext;

/// <summary>
/// What stands for members that an answer leaves out. Generated code sets every init-only member, to null where the text has none, and
/// initializers are lost; hence the accessors that put the default back.
/// </summary>
internal static class Empty<T>
{
    public static IReadOnlyDictionary<string, T> Map { get; } = new Dictionary<string, T>(StringComparer.Ordinal);
}
