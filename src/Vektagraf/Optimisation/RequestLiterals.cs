using System.Runtime.InteropServices;
using Vektagraf.Querying;

namespace Vektagraf.Optimisation;

/// <summary>
/// Tells whether a request comes again: literals, hashed, and a table of those that came lately. Says how often, roughly; what is answered does not depend on it.
/// </summary>
internal sealed class RequestLiterals
{
    // Direct-mapped: a newer request takes the place of an older one. 2 KiB for a shape that is asked at all.
    private const int Slots = 256;

    private readonly ulong[] _lately = new ulong[Slots];

    /// <summary>Takes note of a request.</summary>
    /// <param name="request">Hash of its literals.</param>
    /// <param name="session">The version of the data that it was answered from.</param>
    /// <returns>Whether it came lately, of the same data.</returns>
    public bool Note(ulong request, string session)
    {
        var hash = new ShapeHash();
        hash.Add(request);
        hash.Add(session);
        var key = (ulong)hash.Finish() | 1;
        ref var slot = ref _lately[(key >> 32) % Slots];
        var isRepeated = slot == key;
        slot = key;
        return isRepeated;
    }

    /// <summary>Hashes what a search says besides its shape.</summary>
    public static ulong Of(SearchRequest request)
    {
        var hash = new ShapeHash();
        hash.Add(request.Filter);
        hash.Add(request.K);
        hash.Add(request.Offset);
        hash.Add(request.IncludeVectors ? 1 : 0);
        hash.Add(request.Text?.Query);
        hash.Add((ulong)BitConverter.DoubleToInt64Bits(request.MinScore ?? double.NaN));
        hash.Add(request.Vector?.Id);
        hash.Add(request.Vector?.Text);
        var values = request.Vector?.Value is { } value ? value.Span : default;
        foreach (var pair in MemoryMarshal.Cast<float, ulong>(values))
        {
            hash.Add(pair);
        }

        hash.Add((ulong)(values.Length % 2 == 0 ? 0 : BitConverter.SingleToUInt32Bits(values[^1])));
        return (ulong)hash.Finish();
    }

    /// <summary>Hashes what a query says besides its shape.</summary>
    public static ulong Of(QueryRequest request)
    {
        var hash = new ShapeHash();
        hash.Add(request.Filter);
        hash.Add(request.Limit);
        hash.Add(request.Cursor);
        hash.Add(request.IncludeVectors ? 1 : 0);
        return (ulong)hash.Finish();
    }
}
