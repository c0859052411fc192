using Vektagraf.Collections;
using Vektagraf.Index;

namespace Vektagraf.Querying;

/// <summary>Which index a vector field gets.</summary>
internal static class VectorIndexChoice
{
    // What a scan reads in the time of a walk.
    private const long ScannedBytes = 4 * 1024 * 1024;

    /// <summary>Chooses.</summary>
    /// <param name="field">The field.</param>
    /// <param name="vectors">Vectors there are.</param>
    /// <returns>How to build a graph; null for none.</returns>
    public static HnswOptions? For(VectorFieldDefinition field, int vectors)
    {
        if (field.Index == VectorIndexKind.Flat || (field.Index == VectorIndexKind.Auto && (long)vectors * field.Dimensions * sizeof(float) < ScannedBytes))
        {
            return null;
        }

        return new HnswOptions { Quantization = QuantizationOf(field) };
    }

    /// <summary>What a field's graph is walked on.</summary>
    public static VectorQuantization QuantizationOf(VectorFieldDefinition field) => field.Quantization switch
    {
        QuantizationKind.None => VectorQuantization.None,
        QuantizationKind.Rabitq => VectorQuantization.Rabitq4,
        _ => VectorQuantization.Scalar8,
    };
}
