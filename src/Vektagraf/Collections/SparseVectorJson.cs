using System.Globalization;
using System.Text.Json;

namespace Vektagraf.Collections;

/// <summary>Sparse vectors in JSON: <c>{ "indices": [1, 7], "values": [0.3, 1.2] }</c>.</summary>
public static class SparseVectorJson
{
    // Products of two vectors, and bounds on sums of them, stay far inside float32's range.
    private const double MaxSquaredNorm = 1e30;

    /// <summary>Reads a sparse vector and brings it into its one form.</summary>
    /// <param name="reader">At the vector's first token; left at its last.</param>
    /// <param name="field">The sparse field.</param>
    /// <param name="vector">The vector; without dimensions where all its weights are zero.</param>
    /// <returns>Where something is wrong, as a pointer into the vector, and what to change; null where nothing is.</returns>
    public static (string Pointer, string Problem)? TryRead(ref Utf8JsonReader reader, string field, out NamedSparseVector vector)
    {
        vector = default;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return (string.Empty, "A sparse vector is an object: { \"indices\": [1, 7], \"values\": [0.3, 1.2] }.");
        }

        List<uint>? indices = null;
        List<float>? values = null;
        (string, string)? problem = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isIndices = reader.ValueTextEquals("indices"u8);
            var isValues = reader.ValueTextEquals("values"u8);
            reader.Read();
            if (isIndices && indices is null)
            {
                problem = ReadIndices(ref reader, out indices) is { } wrong ? problem ?? ("/indices", wrong) : problem;
            }
            else if (isValues && values is null)
            {
                problem = ReadValues(ref reader, out values) is { } wrong ? problem ?? ("/values", wrong) : problem;
            }
            else
            {
                problem ??= (string.Empty, "A sparse vector has 'indices' and 'values', each once, and nothing else.");
                reader.Skip();
            }
        }

        return problem ?? TryNormalize(field, [.. indices ?? []], [.. values ?? []], out vector);
    }

    /// <summary>Checks indices and values as they were given, and brings them into their one form: ascending, without weights of zero.</summary>
    /// <param name="field">The sparse field.</param>
    /// <param name="indices">The dimensions, in any order.</param>
    /// <param name="values">The weight of each.</param>
    /// <param name="vector">The vector; without dimensions where all its weights are zero.</param>
    /// <returns>Where something is wrong, as a pointer into the vector, and what to change; null where nothing is.</returns>
    public static (string Pointer, string Problem)? TryNormalize(string field, uint[] indices, float[] values, out NamedSparseVector vector)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(values);
        vector = default;
        if (indices.Length != values.Length)
        {
            return (string.Empty, string.Create(CultureInfo.InvariantCulture, $"There are {indices.Length} indices and {values.Length} values; each index has one value."));
        }

        if (indices.Length > Limits.MaxSparseEntries)
        {
            return ("/indices", string.Create(CultureInfo.InvariantCulture, $"The sparse vector has {indices.Length:N0} entries; the limit is {Limits.MaxSparseEntries:N0}. Leave out those with the smallest weights."));
        }

        if (ProblemOf(values) is { } problem)
        {
            return ("/values", problem);
        }

        Array.Sort(indices, values);
        for (var i = 1; i < indices.Length; i++)
        {
            if (indices[i] == indices[i - 1])
            {
                return ("/indices", string.Create(CultureInfo.InvariantCulture, $"Index {indices[i]} stands twice. Add the weights up, or keep one."));
            }
        }

        if (values.Contains(0))
        {
            indices = [.. indices.Where((_, i) => values[i] != 0)];
            values = [.. values.Where(v => v != 0)];
        }

        vector = new NamedSparseVector(field, indices, values);
        return null;
    }

    /// <summary>Whether a vector is in its one form.</summary>
    internal static bool IsCanonical(ReadOnlySpan<uint> indices, ReadOnlySpan<float> values)
    {
        for (var i = 1; i < indices.Length; i++)
        {
            if (indices[i - 1] >= indices[i])
            {
                return false;
            }
        }

        return indices.Length > 0 && indices.Length == values.Length && !values.Contains(0) && ProblemOf(values) is null;
    }

    /// <summary>Writes a sparse vector.</summary>
    internal static void Write(Utf8JsonWriter writer, in NamedSparseVector vector)
    {
        writer.WriteStartObject(vector.Field);
        writer.WriteStartArray("indices"u8);
        foreach (var index in vector.Indices.Span)
        {
            writer.WriteNumberValue(index);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("values"u8);
        foreach (var value in vector.Values.Span)
        {
            writer.WriteNumberValue(value);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string? ProblemOf(ReadOnlySpan<float> values)
    {
        var squaredNorm = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return string.Create(CultureInfo.InvariantCulture, $"Value {i} is not a finite float32. Replace NaN and infinities before sending.");
            }

            squaredNorm += (double)values[i] * values[i];
        }

        return squaredNorm > MaxSquaredNorm ? "The weights are too large: the norm of a sparse vector is at most 1e15. Scale all vectors of the field down." : null;
    }

    private static string? ReadIndices(ref Utf8JsonReader reader, out List<uint> indices)
    {
        indices = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return "The indices are an array of integers.";
        }

        string? problem = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out var index))
            {
                indices.Add(index);
                continue;
            }

            problem ??= string.Create(CultureInfo.InvariantCulture, $"Index {indices.Count} is not an integer from 0 to {uint.MaxValue}.");
            reader.Skip();
        }

        return problem;
    }

    private static string? ReadValues(ref Utf8JsonReader reader, out List<float> values)
    {
        values = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return "The values are an array of numbers.";
        }

        string? problem = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Number)
            {
                // Beyond what the parser reads at all counts as infinite.
                values.Add(reader.TryGetSingle(out var value) ? value : float.PositiveInfinity);
                continue;
            }

            problem ??= string.Create(CultureInfo.InvariantCulture, $"Value {values.Count} is not a number.");
            reader.Skip();
        }

        return problem;
    }
}
