namespace Vektagraf.Embeddings;

/// <summary>
/// The pseudo-random direction of a word: one of the corners (±1, …, ±1)/√d, chosen by a hash of the word, so that it is the same
/// in every process. Two words' directions are nearly orthogonal: their cosine has mean 0 and deviation 1/√d.
/// </summary>
internal static class LsaDirection
{
    /// <summary>Hash of a word under a seed: FNV-1a over its UTF-16 units, finished by the mixer of SplitMix64.</summary>
    internal static ulong Hash(ReadOnlySpan<char> word, ulong seed)
    {
        ulong hash = 0xCBF29CE484222325 ^ seed;
        foreach (char c in word)
        {
            hash = (hash ^ c) * 0x100000001B3;
        }

        return Mix(hash);
    }

    /// <summary>Adds the direction, times a length, to a vector.</summary>
    internal static void AddTo(Span<float> vector, ulong hash, float length)
    {
        float step = length / MathF.Sqrt(vector.Length);
        ulong bits = 0;
        for (int i = 0; i < vector.Length; i++)
        {
            if ((i & 63) == 0)
            {
                hash += 0x9E3779B97F4A7C15;
                bits = Mix(hash);
            }

            vector[i] += (bits & 1) == 0 ? step : -step;
            bits >>= 1;
        }
    }

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
