using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Embeddings;

/// <summary>
/// A text embedder learned from a corpus by latent semantic analysis (Deerwester et al. 1990): each word of the vocabulary has a vector,
/// and a text's vector is the sum of its words' vectors, weighted by how often they occur there and how rare they are in the corpus,
/// brought to length 1. Immutable; safe for any number of threads.
/// </summary>
/// <remarks>
/// A text may have a title: its first line, where other lines with words follow. Words in the title count
/// <see cref="LsaOptions.TitleWeight"/> times. A text of one line has no title, all its words count the same.
/// </remarks>
public sealed partial class LsaModel
{
    private readonly string[] _terms;
    private readonly float[] _idf;
    private readonly float[] _scales;
    private readonly sbyte[] _codes;
    private readonly float[] _singularValues;
    private readonly ulong _seed;
    private readonly float _titleWeight;
    private readonly float _unknownIdf;
    private readonly float _unknownLength;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;

    private LsaModel(Header header, float[] singularValues, string[] terms, float[] idf, float[] scales, sbyte[] codes)
    {
        Dimensions = header.Dimensions;
        DocumentCount = header.DocumentCount;
        _seed = header.Seed;
        _titleWeight = header.TitleWeight;
        _unknownIdf = header.UnknownIdf;
        _unknownLength = header.UnknownLength;
        _singularValues = singularValues;
        _terms = terms;
        _idf = idf;
        _scales = scales;
        _codes = codes;
        Dictionary<string, int> ids = new(terms.Length, StringComparer.Ordinal);
        for (int i = 0; i < terms.Length; i++)
        {
            ids.Add(terms[i], i);
        }

        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Length of the vectors.</summary>
    public int Dimensions { get; }

    /// <summary>Documents the model was learned from.</summary>
    public long DocumentCount { get; }

    /// <summary>Count of words in the vocabulary.</summary>
    public int VocabularySize => _terms.Length;

    /// <summary>The words of the vocabulary, stemmed, in ordinal order.</summary>
    public IReadOnlyList<string> Vocabulary => _terms;

    /// <summary>Strength of each dimension in the corpus, falling; 0 for dimensions the corpus does not fill.</summary>
    public IReadOnlyList<float> SingularValues => _singularValues;

    /// <summary>Embeds a text.</summary>
    /// <param name="text">The text; its first line is its title where others follow.</param>
    /// <param name="destination">Gets the vector: <see cref="Dimensions"/> numbers whose squares add up to 1.</param>
    /// <returns>False where the text has no word at all, that is neither letter nor digit nor emoji; <paramref name="destination"/> is zero then.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length than <see cref="Dimensions"/>.</exception>
    public bool TryEmbed(ReadOnlySpan<char> text, Span<float> destination)
    {
        if (destination.Length != Dimensions)
        {
            throw new ArgumentException($"The destination has {destination.Length} elements, the model {Dimensions} dimensions.", nameof(destination));
        }

        destination.Clear();
        Sink sink = new(this);
        try
        {
            if (LsaTokenizer.Tokenize(text, ref sink) == 0)
            {
                return false;
            }

            AddWords(sink.Keys, sink.Counts, destination);
            if (!Normalize(destination))
            {
                // Words that cancel each other to nothing: improbable, but a zero vector is near to no other.
                LsaDirection.AddTo(destination, sink.Keys[0], 1);
            }

            return true;
        }
        finally
        {
            sink.Return();
        }
    }

    /// <summary>How much a word counts that occurs <paramref name="count"/> times: less and less for each repetition.</summary>
    internal static float Dampened(float count) => MathF.Log(1 + count);

    private void AddWords(Span<ulong> keys, Span<float> counts, Span<float> destination)
    {
        // Sorted, so that equal words meet and the sum does not depend on the order of the words.
        keys.Sort(counts);
        for (int i = 0; i < keys.Length;)
        {
            ulong key = keys[i];
            float count = 0;
            for (; i < keys.Length && keys[i] == key; i++)
            {
                count += counts[i];
            }

            if (key < (ulong)_terms.Length)
            {
                int term = (int)key;
                AddScaled(destination, _codes.AsSpan(term * Dimensions, Dimensions), Dampened(count) * _idf[term] * _scales[term]);
            }
            else
            {
                LsaDirection.AddTo(destination, key, Dampened(count) * _unknownIdf * _unknownLength);
            }
        }
    }

    private static void AddScaled(Span<float> destination, ReadOnlySpan<sbyte> codes, float scale)
    {
        ReadOnlySpan<Vector128<sbyte>> blocks = MemoryMarshal.Cast<sbyte, Vector128<sbyte>>(codes);
        Span<Vector128<float>> sums = MemoryMarshal.Cast<float, Vector128<float>>(destination);
        Vector128<float> factor = Vector128.Create(scale);
        for (int i = 0; i < blocks.Length; i++)
        {
            (Vector128<short> low, Vector128<short> high) = Vector128.Widen(blocks[i]);
            Span<Vector128<float>> target = sums.Slice(i * 4, 4);
            target[0] += factor * Vector128.ConvertToSingle(Vector128.WidenLower(low));
            target[1] += factor * Vector128.ConvertToSingle(Vector128.WidenUpper(low));
            target[2] += factor * Vector128.ConvertToSingle(Vector128.WidenLower(high));
            target[3] += factor * Vector128.ConvertToSingle(Vector128.WidenUpper(high));
        }

        for (int i = blocks.Length * Vector128<sbyte>.Count; i < codes.Length; i++)
        {
            destination[i] += scale * codes[i];
        }
    }

    /// <summary>Brings a vector to length 1.</summary>
    /// <returns>False where it has no length to speak of; it is zero then.</returns>
    internal static bool Normalize(Span<float> vector)
    {
        double squares = 0;
        foreach (float x in vector)
        {
            squares += (double)x * x;
        }

        if (squares < 1e-20)
        {
            vector.Clear();
            return false;
        }

        float scale = (float)(1 / Math.Sqrt(squares));
        foreach (ref float x in vector)
        {
            x *= scale;
        }

        return true;
    }

    /// <summary>Collects the words of one text: known ones by their number, unknown ones by their hash with the top bit set.</summary>
    private struct Sink(LsaModel model) : ILsaTokenSink
    {
        private const ulong Unknown = 1UL << 63;
        private const int InitialSize = 256;

        private ulong[] _keys = ArrayPool<ulong>.Shared.Rent(InitialSize);
        private float[] _counts = ArrayPool<float>.Shared.Rent(InitialSize);
        private int _count;

        public readonly Span<ulong> Keys => _keys.AsSpan(0, _count);

        public readonly Span<float> Counts => _counts.AsSpan(0, _count);

        public void Add(ReadOnlySpan<char> token, bool inTitle)
        {
            if (_count == Math.Min(_keys.Length, _counts.Length))
            {
                _keys = Grown(_keys, _count);
                _counts = Grown(_counts, _count);
            }

            _keys[_count] = model._ids.TryGetValue(token, out int id) ? (ulong)id : LsaDirection.Hash(token, model._seed) | Unknown;
            _counts[_count++] = inTitle ? model._titleWeight : 1;
        }

        public readonly void Return()
        {
            ArrayPool<ulong>.Shared.Return(_keys);
            ArrayPool<float>.Shared.Return(_counts);
        }

        private static T[] Grown<T>(T[] array, int used)
        {
            T[] larger = ArrayPool<T>.Shared.Rent(used * 2);
            array.AsSpan(0, used).CopyTo(larger);
            ArrayPool<T>.Shared.Return(array);
            return larger;
        }
    }
}
