using CsCheck;

namespace Vektagraf.Index.Tests.Distances;

/// <summary>
/// Two vectors at odd addresses with something behind them that must not be read: a kernel that reads past the end returns another number.
/// </summary>
internal sealed record VectorPair(int Length, int OffsetA, int OffsetB, int Seed)
{
    /// <summary>Every tail up to 300, and the lengths of real embeddings.</summary>
    public static readonly Gen<int> AnyLength = Gen.OneOf(Gen.Int[0, 300], Gen.OneOf(784, 1024, 4096, 16_384));

    public static readonly Gen<VectorPair> Any =
        Gen.Select(AnyLength, Gen.Int[0, 15], Gen.Int[0, 15], Gen.Int, (length, a, b, seed) => new VectorPair(length, a, b, seed));

    /// <summary>Both vectors as slices of arrays filled with poison around them.</summary>
    public (ArraySegment<T> A, ArraySegment<T> B) Make<T>(Func<Random, T> component, T poison)
    {
        var random = new Random(Seed);
        return (Make(random, OffsetA, component, poison), Make(random, OffsetB, component, poison));
    }

    private ArraySegment<T> Make<T>(Random random, int offset, Func<Random, T> component, T poison)
    {
        T[] array = new T[offset + Length + 64];
        Array.Fill(array, poison);
        for (int i = 0; i < Length; i++)
        {
            array[offset + i] = component(random);
        }

        return new ArraySegment<T>(array, offset, Length);
    }

    /// <summary>Components of both signs over twelve orders of magnitude, some of them zero.</summary>
    public static float WideSingle(Random random)
    {
        double magnitude = Math.Pow(10, (random.NextDouble() * 12) - 6);
        return random.Next(8) == 0 ? 0f : (float)(random.Next(2) == 0 ? magnitude : -magnitude);
    }
}
