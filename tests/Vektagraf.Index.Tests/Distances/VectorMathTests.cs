using CsCheck;

namespace Vektagraf.Index.Tests.Distances;

public class VectorMathTests
{
    [Fact]
    public void Normalize_WithAnyVector_GivesUnitLength() => VectorPair.Any.Where(pair => pair.Length > 0).Sample(pair =>
    {
        (ArraySegment<float> a, _) = pair.Make(random => VectorPair.WideSingle(random) + 1e-7f, float.NaN);
        float[] unit = new float[pair.Length];
        bool normalized = VectorMath.Normalize(a, unit);
        double length = Math.Sqrt(unit.Sum(x => (double)x * x));
        return normalized && Math.Abs(length - 1) <= (pair.Length + 8) / (double)(1 << 24);
    });

    [Fact]
    public void Normalize_InPlace_ScalesEveryComponent()
    {
        float[] vector = [3f, 0f, -4f];
        Assert.True(VectorMath.Normalize(vector, vector));
        Assert.Equal([0.6f, 0f, -0.8f], vector);
    }

    [Fact]
    public void Normalize_WithZeroVector_CopiesItAndSaysSo()
    {
        float[] destination = [1f, 2f];
        Assert.False(VectorMath.Normalize(new float[2], destination));
        Assert.Equal([0f, 0f], destination);
    }

    [Theory]
    [InlineData(1e25f)]
    [InlineData(1e-25f)]
    public void InverseNorm_WhenTheFloatSumLeavesItsRange_StaysAccurate(float component)
    {
        float[] vector = [component, component, component, component];
        Assert.Equal(0.5 / component, VectorMath.InverseNorm(vector), 1e-6 / component);
    }

    [Fact]
    public void InverseNorm_OfSpecialVectors_IsDefined()
    {
        Assert.Equal(0f, VectorMath.InverseNorm(new float[5]));
        Assert.Equal(0f, VectorMath.InverseNorm([]));
        Assert.Equal(0f, VectorMath.InverseNorm([float.Epsilon]));
        Assert.True(float.IsNaN(VectorMath.InverseNorm([1f, float.NaN])));
    }

    [Fact]
    public void Distance_WithZeroVector_IsOneByCosine() =>
        Assert.Equal(1f, VectorMath.Distance(DistanceMetric.Cosine, [0f, 0f], [1f, 2f]));

    [Fact]
    public void Distance_IsSmallerForNearerVectors()
    {
        float[] query = [1f, 2f, 3f];
        float[] near = [1f, 2f, 2.5f];
        float[] far = [-1f, 0f, 1f];
        foreach (DistanceMetric metric in Enum.GetValues<DistanceMetric>())
        {
            Assert.True(VectorMath.Distance(metric, query, near) < VectorMath.Distance(metric, query, far));
        }
    }
}
