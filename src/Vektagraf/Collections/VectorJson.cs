using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Vektagraf.Index;

namespace Vektagraf.Collections;

/// <summary>Vectors in JSON: an array of numbers, or a base64 string of little-endian float32.</summary>
public static class VectorJson
{
    // Squared norms must stay in float32's range with room for a difference of two: (|a| + |b|)² ≤ 4·max(|a|², |b|²).
    private const double MaxSquaredNorm = float.MaxValue / 4.0;
    private const double MinCosineSquaredNorm = 1e-30;

    /// <summary>Reads a vector and checks it against its field.</summary>
    /// <param name="reader">At the vector's first token; left at its last.</param>
    /// <param name="definition">The field.</param>
    /// <param name="vector">The components.</param>
    /// <returns>What is wrong and what to change; null where nothing is.</returns>
    public static string? TryRead(ref Utf8JsonReader reader, VectorFieldDefinition definition, out float[] vector)
    {
        vector = [];
        var problem = reader.TokenType switch
        {
            JsonTokenType.StartArray => ReadArray(ref reader, definition.Dimensions, out vector),
            JsonTokenType.String => ReadBase64(ref reader, definition.Dimensions, out vector),
            _ => "A vector is an array of numbers or a base64 string of little-endian float32.",
        };
        if (problem is not null)
        {
            reader.Skip();
            return problem;
        }

        return Problem(vector, definition);
    }

    /// <summary>Checks a vector against its field.</summary>
    /// <param name="vector">The components.</param>
    /// <param name="definition">The field.</param>
    /// <returns>What is wrong and what to change; null where nothing is.</returns>
    public static string? Problem(ReadOnlySpan<float> vector, VectorFieldDefinition definition)
    {
        if (vector.Length != definition.Dimensions)
        {
            return WrongLength(vector.Length, definition.Dimensions);
        }

        var squaredNorm = 0.0;
        for (var i = 0; i < vector.Length; i++)
        {
            if (!float.IsFinite(vector[i]))
            {
                return string.Create(CultureInfo.InvariantCulture, $"Component {i} is not a finite float32. Replace NaN and infinities before sending.");
            }

            squaredNorm += (double)vector[i] * vector[i];
        }

        if (squaredNorm > MaxSquaredNorm)
        {
            return "The vector is too long for float32 distances: its squared norm overflows. Scale all vectors of the field down.";
        }

        return definition.Metric == DistanceMetric.Cosine && squaredNorm < MinCosineSquaredNorm
            ? "A zero vector has no direction, so cosine is undefined for it. Leave the vector out, or use another metric."
            : null;
    }

    private static string? ReadArray(ref Utf8JsonReader reader, int dimensions, out float[] vector)
    {
        vector = new float[dimensions];
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number)
            {
                while (reader.TokenType != JsonTokenType.EndArray)
                {
                    reader.Skip();
                    reader.Read();
                }

                return string.Create(CultureInfo.InvariantCulture, $"Component {count} is not a number.");
            }

            if (count < dimensions && !reader.TryGetSingle(out vector[count]))
            {
                // Beyond what the parser reads at all; Problem() names the component.
                vector[count] = float.PositiveInfinity;
            }

            count++;
        }

        return count == dimensions ? null : WrongLength(count, dimensions);
    }

    private static string? ReadBase64(ref Utf8JsonReader reader, int dimensions, out float[] vector)
    {
        vector = new float[dimensions];
        if (!TryGetBase64(ref reader, out var bytes))
        {
            return "The string is not base64. A vector is an array of numbers or a base64 string of little-endian float32.";
        }

        if (bytes.Length != dimensions * sizeof(float))
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"The base64 string holds {bytes.Length} bytes; {dimensions} dimensions of float32 take {dimensions * sizeof(float)}.");
        }

        for (var i = 0; i < dimensions; i++)
        {
            vector[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        }

        return null;
    }

    private static bool TryGetBase64(ref Utf8JsonReader reader, out byte[] bytes)
    {
        try
        {
            var isBase64 = reader.TryGetBytesFromBase64(out var decoded);
            bytes = decoded ?? [];
            return isBase64;
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair.
            bytes = [];
            return false;
        }
    }

    private static string WrongLength(int actual, int wanted) =>
        string.Create(CultureInfo.InvariantCulture, $"The vector has {actual} components; the field has {wanted} dimensions.");
}
