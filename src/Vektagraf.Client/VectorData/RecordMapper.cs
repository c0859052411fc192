using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Vektagraf.Client.VectorData;

/// <summary>Between records and objects.</summary>
internal sealed class RecordMapper<TRecord>(CollectionModel model)
    where TRecord : class
{
    /// <summary>The key of a record.</summary>
    /// <exception cref="ArgumentException">It has none.</exception>
    public string KeyOf(TRecord record) => model.KeyProperty.GetValueAsObject(record) is string { Length: > 0 } key
        ? key
        : throw new ArgumentException($"The record has no key. Set '{model.KeyProperty.ModelName}' to a string of at least one character.", nameof(record));

    /// <summary>An object of a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="generated">Vectors made for it, by storage name; they go before its own.</param>
    public VektagrafObject ToObject(TRecord record, IReadOnlyDictionary<string, ReadOnlyMemory<float>> generated)
    {
        var vectors = new Dictionary<string, ReadOnlyMemory<float>>(generated, StringComparer.Ordinal);
        foreach (var property in model.VectorProperties)
        {
            if (!vectors.ContainsKey(property.StorageName) && VectorOf(property.GetValueAsObject(record)) is { IsEmpty: false } vector)
            {
                vectors.Add(property.StorageName, vector);
            }
        }

        return new VektagrafObject { Id = KeyOf(record), Properties = PropertiesOf(record), Vectors = vectors.Count == 0 ? null : vectors };
    }

    /// <summary>A record of an object.</summary>
    public TRecord ToRecord(string id, JsonElement properties, IReadOnlyDictionary<string, ReadOnlyMemory<float>>? vectors, bool includeVectors)
    {
        var record = model.CreateRecord<TRecord>() ?? throw new InvalidOperationException($"{typeof(TRecord).Name} cannot be made.");
        model.KeyProperty.SetValueAsObject(record, id);
        foreach (var property in model.DataProperties)
        {
            if (properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty(property.StorageName, out var value))
            {
                property.SetValueAsObject(record, DataValue.Read(property, value));
            }
        }

        if (includeVectors)
        {
            foreach (var property in model.VectorProperties)
            {
                if (vectors?.TryGetValue(property.StorageName, out var vector) == true)
                {
                    property.SetValueAsObject(record, ToPropertyType(property.Type, vector));
                }
            }
        }

        return record;
    }

    /// <summary>The components of a vector of any supported type; null for anything else.</summary>
    public static ReadOnlyMemory<float>? VectorOf(object? value) => value switch
    {
        ReadOnlyMemory<float> memory => memory,
        float[] array => new ReadOnlyMemory<float>(array),
        Embedding<float> embedding => embedding.Vector,
        // A bare null would become an array's, and so an empty vector.
        _ => (ReadOnlyMemory<float>?)null,
    };

    private static object ToPropertyType(Type type, ReadOnlyMemory<float> vector) => type switch
    {
        _ when type == typeof(float[]) => vector.ToArray(),
        _ when type == typeof(Embedding<float>) => new Embedding<float>(vector),
        _ => vector,
    };

    private JsonElement PropertiesOf(TRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var property in model.DataProperties)
            {
                writer.WritePropertyName(property.StorageName);
                DataValue.Write(writer, property, property.GetValueAsObject(record));
            }

            writer.WriteEndObject();
        }

        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }
}
