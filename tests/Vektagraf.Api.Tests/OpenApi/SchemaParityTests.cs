using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Vektagraf.Api.Http;
using Vektagraf.Collections;
using Vektagraf.Index;

namespace Vektagraf.Api.OpenApi;

/// <summary>schemas.json is written by hand: what it says of request bodies must be what their types read.</summary>
public class SchemaParityTests
{
    private static readonly JsonObject Schemas = JsonNode.Parse(OpenApiDocument.Build())!["components"]!["schemas"]!.AsObject();

    private static readonly (string Schema, Type Type)[] Pairs =
    [
        ("BatchGet", typeof(BatchGetBody)),
        ("Search", typeof(SearchBody)),
        ("Search/vector", typeof(VectorBody)),
        ("Search/text", typeof(TextBody)),
        ("Search/fusion", typeof(FusionBody)),
        ("Search/highlight", typeof(HighlightBody)),
        ("Search/params", typeof(ParametersBody)),
        ("Search/diversity", typeof(DiversityBody)),
        ("Search/groupBy", typeof(GroupByBody)),
        ("SearchBatch", typeof(SearchBatchBody)),
        ("Query", typeof(QueryBody)),
        ("Query/aggregate", typeof(AggregateBody)),
        ("QueryBatch", typeof(QueryBatchBody)),
        ("DeleteByFilter", typeof(DeleteByFilterBody)),
        ("PatchByFilter", typeof(PatchByFilterBody)),
        ("SnapshotRequest", typeof(SnapshotBody)),
        ("BranchRequest", typeof(BranchBody)),
        ("ThresholdRequest", typeof(ThresholdBody)),
        ("RecallRequest", typeof(RecallBody)),
        ("RecallRequest/params", typeof(ParametersBody)),
        ("CollectionDefinition", typeof(CollectionDefinition)),
        ("CollectionDefinition/objective", typeof(SearchObjective)),
        ("VectorField", typeof(VectorFieldDefinition)),
        ("Field", typeof(FieldDefinition)),
    ];

    public static TheoryData<string> Names => new(Pairs.Select(p => p.Schema));

    [Theory]
    [MemberData(nameof(Names))]
    public void Schema_ForABody_HasItsMembersAndNoOthers(string name)
    {
        var (schema, type) = Find(name);
        Assert.Equal(Members(type).Keys.Order(StringComparer.Ordinal), schema["properties"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.False(schema["additionalProperties"]?.GetValue<bool>() ?? true, "Unknown members are refused, so the schema must say so.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Schema_ForABody_RequiresWhatTheTypeRequires(string name)
    {
        var (schema, type) = Find(name);
        var required = schema["required"]?.AsArray().Select(r => r!.GetValue<string>()).ToList() ?? [];
        Assert.All(Members(type).Where(m => m.Value.GetCustomAttribute<RequiredMemberAttribute>() is not null), m => Assert.Contains(m.Key, required));
        Assert.All(required, r => Assert.Contains(r, Members(type).Keys));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Schema_WhereItNamesADefault_NamesTheTypes(string name)
    {
        var (schema, type) = Find(name);
        var created = type == typeof(SearchObjective) ? new SearchObjective()
            : type == typeof(CollectionDefinition) ? new CollectionDefinition()
            : RuntimeHelpers.GetUninitializedObject(type) is var empty && type.GetConstructor(Type.EmptyTypes) is { } constructor ? constructor.Invoke([])
            : empty;
        foreach (var (member, property) in Members(type))
        {
            var stated = schema["properties"]![member]!["default"];
            if (stated is null)
            {
                continue;
            }

            var actual = property.GetValue(created) is Enum value ? JsonNamingPolicy.CamelCase.ConvertName(value.ToString()) : property.GetValue(created);
            Assert.True(JsonNode.DeepEquals(stated, JsonSerializer.SerializeToNode(actual)), $"{name}/{member}: {stated.ToJsonString()} in the schema, {actual} in the type");
        }
    }

    [Theory]
    [InlineData("VectorField", "metric", typeof(DistanceMetric))]
    [InlineData("VectorField", "index", typeof(VectorIndexKind))]
    [InlineData("VectorField", "quantization", typeof(QuantizationKind))]
    [InlineData("Field", "type", typeof(FieldType))]
    public void Schema_ForAnEnumeration_ListsItsValues(string name, string member, Type type)
    {
        var listed = Schemas[name]!["properties"]![member]!["enum"]!.AsArray().Select(v => v!.GetValue<string>());
        var values = type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(f => f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(f.Name));
        Assert.Equal(values.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Search/k", "maximum", Limits.MaxK)]
    [InlineData("Search/offset", "maximum", Limits.MaxOffset)]
    [InlineData("Search/highlight/fragments", "maximum", Limits.MaxFragments)]
    [InlineData("Search/highlight/fragmentLength", "maximum", Limits.MaxFragmentLength)]
    [InlineData("Query/limit", "maximum", Limits.MaxK)]
    [InlineData("SearchBatch/queries", "maxItems", Limits.MaxBatchQueries)]
    [InlineData("BatchGet/ids", "maxItems", Limits.MaxBatchGetIds)]
    [InlineData("VectorField/dimensions", "maximum", Limits.MaxDimensions)]
    [InlineData("CollectionDefinition/shards", "maximum", Limits.MaxShards)]
    [InlineData("SnapshotRequest/expiresInHours", "maximum", Limits.MaxSnapshotDays * 24)]
    public void Schema_WhereItNamesALimit_NamesTheOneInForce(string path, string keyword, int limit)
    {
        var parts = path.Split('/');
        var schema = parts.Skip(1).Aggregate(Schemas[parts[0]]!, (parent, member) => parent["properties"]![member]!);
        Assert.Equal(limit, schema[keyword]!.GetValue<int>());
    }

    private static (JsonNode Schema, Type Type) Find(string name)
    {
        var parts = name.Split('/');
        var schema = Schemas[parts[0]]!;
        return (parts.Length == 1 ? schema : schema["properties"]![parts[1]]!, Pairs.Single(p => p.Schema == name).Type);
    }

    private static Dictionary<string, PropertyInfo> Members(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always })
        .ToDictionary(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name), StringComparer.Ordinal);
}
