using System.Buffers.Binary;
using Vektagraf.Index;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>Centres of lists, a byte for each component: component i of a centre is low[i] + step[i] · byte.</summary>
internal sealed class CentroidTable
{
    private const int MaxCode = byte.MaxValue;

    private readonly float[] _lows;
    private readonly float[] _steps;
    private readonly byte[] _codes;

    private CentroidTable(float[] lows, float[] steps, byte[] codes)
    {
        _lows = lows;
        _steps = steps;
        _codes = codes;
    }

    /// <summary>Rounds centres to what is stored of them.</summary>
    public static CentroidTable Encode(Centroids centroids)
    {
        var (lows, steps) = (new float[centroids.Dimensions], new float[centroids.Dimensions]);
        for (var i = 0; i < lows.Length; i++)
        {
            var (low, high) = (float.MaxValue, float.MinValue);
            for (var list = 0; list < centroids.Count; list++)
            {
                low = Math.Min(low, centroids.At(list)[i]);
                high = Math.Max(high, centroids.At(list)[i]);
            }

            // A range beyond float32 becomes a step of 0, so that what is stored is finite whatever comes.
            var step = (float)(((double)high - low) / MaxCode);
            (lows[i], steps[i]) = (low, float.IsFinite(low + (step * MaxCode)) ? step : 0f);
        }

        var codes = new byte[checked(centroids.Count * lows.Length)];
        for (var list = 0; list < centroids.Count; list++)
        {
            for (var i = 0; i < lows.Length; i++)
            {
                var code = steps[i] > 0 ? MathF.Round((centroids.At(list)[i] - lows[i]) / steps[i]) : 0f;
                codes[(list * lows.Length) + i] = (byte)Math.Clamp(code, 0f, MaxCode);
            }
        }

        return new CentroidTable(lows, steps, codes);
    }

    /// <summary>The centres.</summary>
    public Centroids Decode(DistanceMetric metric, int dimensions)
    {
        var components = new float[_codes.Length];
        for (var i = 0; i < components.Length; i++)
        {
            var component = i % dimensions;
            components[i] = _lows[component] + (_steps[component] * _codes[i]);
        }

        return new Centroids(metric, dimensions, components);
    }

    public void Write(CompactWriter writer)
    {
        foreach (var number in _lows.Concat(_steps))
        {
            BinaryPrimitives.WriteSingleLittleEndian(writer.Reserve(sizeof(float)), number);
        }

        writer.Bytes(_codes);
    }

    public static CentroidTable Read(ref CompactReader reader, int count, int dimensions)
    {
        var (lows, steps) = (new float[dimensions], new float[dimensions]);
        LittleEndianFloats.Read(reader.Take(dimensions * sizeof(float)), lows);
        LittleEndianFloats.Read(reader.Take(dimensions * sizeof(float)), steps);
        for (var i = 0; i < dimensions; i++)
        {
            reader.Check(float.IsFinite(lows[i]) && steps[i] >= 0 && float.IsFinite(lows[i] + (steps[i] * MaxCode)), "has centres of lists that are not finite");
        }

        reader.Check((long)count * dimensions <= reader.Remaining, "has centres of lists that are torn");
        return new CentroidTable(lows, steps, reader.Take(count * dimensions).ToArray());
    }
}
