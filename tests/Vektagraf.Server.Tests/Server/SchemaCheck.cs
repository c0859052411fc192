using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

/// <summary>The part of JSON Schema that the server's description uses; an object that lists its members has no others.</summary>
internal sealed class SchemaCheck(JsonNode document)
{
    private static readonly string[] Keywords =
    [
        "$ref", "type", "oneOf", "enum", "properties", "required", "additionalProperties", "items", "minimum", "maximum", "exclusiveMinimum", "minItems", "maxItems",
        "description", "default", "format", "contentEncoding", "readOnly",
    ];

    /// <summary>What is wrong with a value; empty where nothing is.</summary>
    public IEnumerable<string> Check(JsonNode schema, JsonNode? value, string pointer = "")
    {
        var unknown = schema.AsObject().Select(k => k.Key).Except(Keywords, StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            return [$"{pointer}: this check does not know {string.Join(", ", unknown)}"];
        }

        if (schema["$ref"] is { } reference)
        {
            return Check(document["components"]!["schemas"]![reference.GetValue<string>().Split('/')[^1]]!, value, pointer);
        }

        if (schema["oneOf"] is JsonArray choices)
        {
            var fitting = choices.Count(c => !Check(c!, value, pointer).Any());
            return fitting == 1 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{pointer}: {fitting} of the choices fit {value?.ToJsonString()}")];
        }

        var types = schema["type"] switch { JsonArray several => several.Select(t => t!.GetValue<string>()).ToList(), JsonValue one => [one.GetValue<string>()], _ => [] };
        if (types.Count > 0 && !types.Exists(t => HasType(value, t)))
        {
            return [$"{pointer}: {value?.ToJsonString() ?? "null"} is not {string.Join(" or ", types)}"];
        }

        return value switch
        {
            JsonObject members => CheckMembers(schema, members, pointer),
            JsonArray items when schema["items"] is { } each => items.SelectMany((item, i) => Check(each, item, $"{pointer}/{i}")),
            JsonValue scalar => CheckScalar(schema, scalar, pointer),
            _ => [],
        };
    }

    private static bool HasType(JsonNode? value, string type) => (value?.GetValueKind() ?? JsonValueKind.Null, type) switch
    {
        (JsonValueKind.Object, "object") or (JsonValueKind.Array, "array") or (JsonValueKind.String, "string") or (JsonValueKind.Null, "null") => true,
        (JsonValueKind.True or JsonValueKind.False, "boolean") or (JsonValueKind.Number, "number") => true,
        (JsonValueKind.Number, "integer") => value!.GetValue<double>() % 1 == 0,
        _ => false,
    };

    private IEnumerable<string> CheckMembers(JsonNode schema, JsonObject members, string pointer)
    {
        foreach (var required in schema["required"]?.AsArray() ?? [])
        {
            if (!members.ContainsKey(required!.GetValue<string>()))
            {
                yield return $"{pointer}: {required} is missing";
            }
        }

        var properties = schema["properties"]?.AsObject();
        foreach (var (name, value) in members)
        {
            var member = properties?[name] ?? schema["additionalProperties"] as JsonObject;
            if (member is null)
            {
                if (properties is not null)
                {
                    yield return $"{pointer}/{name}: not described";
                }

                continue;
            }

            foreach (var problem in Check(member, value, $"{pointer}/{name}"))
            {
                yield return problem;
            }
        }
    }

    private static IEnumerable<string> CheckScalar(JsonNode schema, JsonValue value, string pointer)
    {
        if (schema["enum"] is JsonArray allowed && !allowed.Any(a => JsonNode.DeepEquals(a, value)))
        {
            yield return $"{pointer}: {value.ToJsonString()} is none of {allowed.ToJsonString()}";
        }

        if (value.GetValueKind() == JsonValueKind.Number)
        {
            var number = value.GetValue<double>();
            if (number < schema["minimum"]?.GetValue<double>() || number > schema["maximum"]?.GetValue<double>() || number <= schema["exclusiveMinimum"]?.GetValue<double>())
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{pointer}: {number} is out of range");
            }
        }
    }
}
