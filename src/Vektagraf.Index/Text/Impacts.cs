using System.Buffers.Binary;

namespace Vektagraf.Index;

/// <summary>
/// What bounds the scores of some postings whatever the statistics are: pairs of frequency and length such that every posting has, beside
/// some pair, no greater frequency and no smaller length (the impacts of Ding and Suel's block-max index, SIGIR 2011, kept apart from the
/// formula as Lucene does). More pairs than there is room for become fewer and looser ones.
/// </summary>
internal ref struct Impacts(Span<(int Frequency, int Length)> pairs)
{
    /// <summary>Pairs stored.</summary>
    public const int Stored = 3;

    /// <summary>Bytes of all stored pairs.</summary>
    public const int Bytes = Stored * PairBytes;

    /// <summary>Pairs held while they are collected.</summary>
    public const int Collected = 16;

    private const int PairBytes = 3;
    private const int UnboundedFrequency = byte.MaxValue;

    private readonly Span<(int Frequency, int Length)> _pairs = pairs;
    private int _count;

    /// <summary>Takes a posting in.</summary>
    public void Add(int frequency, int length)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_pairs[i].Frequency >= frequency && _pairs[i].Length <= length)
            {
                return;
            }
        }

        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_pairs[i].Frequency > frequency || _pairs[i].Length < length)
            {
                _pairs[kept++] = _pairs[i];
            }
        }

        _count = kept;
        if (_count == _pairs.Length)
        {
            Sort();
            Shrink(Stored);
        }

        _pairs[_count++] = (frequency, length);
    }

    /// <summary>Writes the pairs, and pairs of zeros where there are fewer.</summary>
    public void Write(Span<byte> target)
    {
        Sort();
        Shrink(Stored);
        target[..Bytes].Clear();
        for (int i = 0; i < _count; i++)
        {
            target[i * PairBytes] = (byte)Math.Min(_pairs[i].Frequency, UnboundedFrequency);
            BinaryPrimitives.WriteUInt16LittleEndian(target[((i * PairBytes) + 1)..], (ushort)_pairs[i].Length);
        }
    }

    /// <summary>The greatest score that stored pairs allow.</summary>
    public static float Bound(ReadOnlySpan<byte> stored, in TermWeight weight)
    {
        float bound = 0;
        for (int at = 0; at < Bytes && stored[at] != 0; at += PairBytes)
        {
            int frequency = stored[at];
            float score = frequency == UnboundedFrequency ? weight.Limit : weight.Score(frequency, BinaryPrimitives.ReadUInt16LittleEndian(stored[(at + 1)..]));
            bound = Math.Max(bound, score);
        }

        return bound;
    }

    private readonly void Sort() => MemoryExtensions.Sort(_pairs[.._count]);

    /// <summary>Makes one looser pair of the rearmost ones: rare frequencies are the great ones.</summary>
    private void Shrink(int most)
    {
        if (_count > most)
        {
            // Ascending frequencies go with ascending lengths, or one pair would make another superfluous.
            _pairs[most - 1] = (_pairs[_count - 1].Frequency, _pairs[most - 1].Length);
            _count = most;
        }
    }
}
