using CsCheck;

namespace Vektagraf.Index.Tests.Quantization;

public class RandomRotationTests
{
    [Fact]
    public void Apply_ToTwoVectors_KeepsTheirProductAndLengths() =>
        Gen.Select(Gen.Int[1, 1100], Gen.Int).Sample((dimensions, seed) =>
        {
            var rotation = new RandomRotation(dimensions, seed);
            var random = new Random(seed);
            float[] a = Padded(random, dimensions, rotation.Length);
            float[] b = Padded(random, dimensions, rotation.Length);
            float product = VectorMath.Dot(a, b);
            float norms = MathF.Sqrt(VectorMath.Dot(a, a) * VectorMath.Dot(b, b));
            rotation.Apply(a);
            rotation.Apply(b);
            Assert.Equal(product, VectorMath.Dot(a, b), norms * 1e-4f);
            Assert.Equal(norms, MathF.Sqrt(VectorMath.Dot(a, a) * VectorMath.Dot(b, b)), norms * 1e-4f);
        });

    /// <summary>A single component must end up everywhere: that is what makes codes of one bit work for any data.</summary>
    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    [InlineData(384)]
    [InlineData(768)]
    [InlineData(960)]
    public void Apply_ToAUnitVector_SpreadsItEvenly(int dimensions)
    {
        var rotation = new RandomRotation(dimensions, 5);
        for (int axis = 0; axis < dimensions; axis += 61)
        {
            float[] vector = new float[rotation.Length];
            vector[axis] = 1;
            rotation.Apply(vector);
            double fourth = vector.Sum(component => Math.Pow(component, 4)) * rotation.Length;

            // 1 when all are equal in magnitude, about 3 for a random direction, the length for a single component.
            Assert.InRange(fourth, 0.99, 6);
        }
    }

    private static float[] Padded(Random random, int dimensions, int length) =>
        [.. Enumerable.Range(0, length).Select(i => i < dimensions ? random.NextSingle() - 0.5f : 0f)];
}
