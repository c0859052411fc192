using System.Buffers;

namespace Vektagraf.Embeddings;

/// <summary>
/// Light English stemming: takes endings off a word so that its forms meet (compress, compresses, compressed, compressing, compression).
/// It is lighter than the stemmer of Porter (1980) on purpose: that one also takes -al, -ic, -ment, and so throws general and generic together,
/// which in texts about software are different subjects.
/// </summary>
internal static class LsaStemmer
{
    /// <summary>Fewest letters that an ending must leave.</summary>
    private const int MinStem = 3;

    private static readonly SearchValues<char> Vowels = SearchValues.Create("aeiouy");

    /// <summary>Endings of verbs and of the nouns made from them, longest first, and the fewest letters they must leave.</summary>
    private static readonly (string Ending, int MinStem)[] Derivations =
    [
        ("ization", 3), ("isation", 4), ("izing", 3), ("ising", 4), ("ized", 3), ("ised", 4), ("izer", 3), ("iser", 4), ("ize", 3), ("ise", 4),
        ("ation", 4), ("ating", 4), ("ated", 4), ("ator", 4), ("ate", 4),
        ("ible", 4), ("able", 4), ("ing", 3), ("ed", 3), ("ly", 4), ("er", 4), ("or", 4),
    ];

    /// <summary>Length of the stem.</summary>
    /// <param name="word">A word in lower case; its characters may be changed.</param>
    /// <returns>How many characters of <paramref name="word"/> make up the stem; never 0 for a word.</returns>
    internal static int StemLength(Span<char> word)
    {
        // Only plain English words have these endings.
        if (word.Length <= MinStem || word.ContainsAnyExceptInRange('a', 'z'))
        {
            return word.Length;
        }

        Span<char> singular = word[..WithoutPlural(word)];
        Span<char> stem = singular[..WithoutDerivation(singular)];
        if (stem.Length > MinStem && stem[^1] == 'y' && !Vowels.Contains(stem[^2]))
        {
            // As in copy and copied, lazy and lazily.
            stem[^1] = 'i';
        }

        return WithoutDoubling(stem);
    }

    private static int WithoutPlural(Span<char> word)
    {
        if (!word.EndsWith("s") || word.EndsWith("ss") || word.EndsWith("us") || word.EndsWith("is"))
        {
            return word.Length;
        }

        if (word.EndsWith("ies") && word.Length > 4)
        {
            word[^3] = 'y';
            return word.Length - 2;
        }

        bool sibilant = word.EndsWith("sses") || word.EndsWith("xes") || word.EndsWith("ches") || word.EndsWith("shes");
        return word.Length - (sibilant ? 2 : 1);
    }

    private static int WithoutDerivation(ReadOnlySpan<char> word)
    {
        foreach ((string ending, int minStem) in Derivations)
        {
            ReadOnlySpan<char> stem = word[..Math.Max(0, word.Length - ending.Length)];
            if (stem.Length >= minStem && word.EndsWith(ending) && !word.EndsWith("eed") && stem.ContainsAny(Vowels))
            {
                return stem.Length;
            }
        }

        // "-ion" comes off after s and t: conversion, compression, encryption.
        if (word.Length > 6 && (word.EndsWith("sion") || word.EndsWith("tion")))
        {
            return word.Length - 3;
        }

        return word.Length > MinStem && word[^1] == 'e' ? word.Length - 1 : word.Length;
    }

    /// <summary>Halves a doubled consonant at the end, so that stop meets stopped and cancel meets cancellation.</summary>
    private static int WithoutDoubling(ReadOnlySpan<char> stem) =>
        stem.Length > MinStem && stem[^1] == stem[^2] && !Vowels.Contains(stem[^1]) ? stem.Length - 1 : stem.Length;
}
