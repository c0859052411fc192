using System.Runtime.CompilerServices;

namespace Vektagraf.Index;

/// <summary>
/// What a word in one field is worth: Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009),
/// weight · idf · (k1 + 1) · tf / (tf + k1 · (1 − b + b · length / average length)), with idf = ln(1 + (N − n + ½) / (n + ½)), which is never
/// negative.
/// </summary>
public readonly struct TermWeight
{
    /// <summary>How soon further occurrences of a word in one text stop counting.</summary>
    public const float K1 = 1.2f;

    /// <summary>How far long texts are held to be long-winded rather than rich, 0 to 1.</summary>
    public const float B = 0.75f;

    private readonly float _scale;
    private readonly float _base;
    private readonly float _slope;

    /// <summary>Weighs a word.</summary>
    /// <param name="texts">Texts of the field, N.</param>
    /// <param name="words">Words of all of them.</param>
    /// <param name="containing">Texts that contain the word, n.</param>
    /// <param name="weight">What the field counts, above 0.</param>
    public TermWeight(long texts, long words, long containing, double weight)
    {
        double idf = Math.Log(1 + ((texts - containing + 0.5) / (containing + 0.5)));
        _scale = (float)(weight * idf * (K1 + 1));
        _base = K1 * (1 - B);
        _slope = words == 0 ? 0 : (float)(K1 * B * texts / words);
    }

    /// <summary>What no text can exceed.</summary>
    internal float Limit => _scale;

    /// <summary>What a text scores for the word.</summary>
    /// <param name="frequency">How often it contains the word.</param>
    /// <param name="length">Its words.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Score(int frequency, int length) => _scale * frequency / (frequency + _base + (_slope * length));
}
