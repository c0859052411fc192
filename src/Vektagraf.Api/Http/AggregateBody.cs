using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Vektagraf.Querying;

namespace Vektagraf.Api.Http;

/// <summary>What a query is to compute over all objects that it finds.</summary>
internal sealed record AggregateBody
{
    public bool Count { get; init; }

    [JsonConverter(typeof(FieldListConverter))]
    public IReadOnlyList<string>? Min { get; init; }

    [JsonConverter(typeof(FieldListConverter))]
    public IReadOnlyList<string>? Max { get; init; }

    [JsonConverter(typeof(FieldListConverter))]
    public IReadOnlyList<string>? Avg { get; init; }

    [JsonConverter(typeof(FieldListConverter))]
    public IReadOnlyList<string>? Sum { get; init; }

    [JsonConverter(typeof(FacetListConverter))]
    public IReadOnlyList<FacetRequest>? Facets { get; init; }

    [JsonConverter(typeof(FacetConverter))]
    public FacetRequest? GroupBy { get; init; }

    public AggregateRequest ToRequest() => new()
    {
        Count = Count,
        Min = Min ?? [],
        Max = Max ?? [],
        Avg = Avg ?? [],
        Sum = Sum ?? [],
        Facets = Facets ?? [],
        GroupBy = GroupBy,
    };
}

/// <summary>One field, or an array of fields.</summary>
internal sealed class FieldListConverter : JsonConverter<IReadOnlyList<string>>
{
    private const string Allowed = "Name one field, such as \"price\", or an array of fields.";

    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return [reader.GetString()!];
        }

        var fields = new List<string>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException(Allowed);
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            fields.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException(Allowed));
        }

        return fields;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>A field and how many of its values: "category", "category,count:20", or { "field": "category", "limit": 20 }.</summary>
internal sealed class FacetConverter : JsonConverter<FacetRequest>
{
    private const string Allowed = "Name a field, such as \"category\", or { \"field\": \"category\", \"limit\": 20 }.";
    private const string CountOption = ",count:";

    public static FacetRequest ReadFacet(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return OfText(reader.GetString()!);
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException(Allowed);
        }

        var (field, limit) = ((string?)null, AggregateRequest.DefaultLimit);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name, reader.TokenType)
            {
                case ("field", JsonTokenType.String):
                    field = reader.GetString();
                    break;
                case ("limit" or "count", JsonTokenType.Number) when reader.TryGetInt32(out limit):
                    break;
                default:
                    throw new JsonException(Allowed);
            }
        }

        return new FacetRequest(field ?? throw new JsonException(Allowed), limit);
    }

    public override FacetRequest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadFacet(ref reader);

    public override void Write(Utf8JsonWriter writer, FacetRequest value, JsonSerializerOptions options) => throw new NotSupportedException();

    // As Azure AI Search writes facets.
    private static FacetRequest OfText(string text)
    {
        var at = text.IndexOf(CountOption, StringComparison.Ordinal);
        return at < 0 ? new FacetRequest(text)
            : int.TryParse(text.AsSpan(at + CountOption.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? new FacetRequest(text[..at], limit)
            : throw new JsonException(Allowed);
    }
}

/// <summary>One facet, or an array of them.</summary>
internal sealed class FacetListConverter : JsonConverter<IReadOnlyList<FacetRequest>>
{
    public override IReadOnlyList<FacetRequest> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return [FacetConverter.ReadFacet(ref reader)];
        }

        var facets = new List<FacetRequest>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            facets.Add(FacetConverter.ReadFacet(ref reader));
        }

        return facets;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<FacetRequest> value, JsonSerializerOptions options) => throw new NotSupportedException();
}
