using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>
/// What memory makes of a walk: as many hops, each to a list of links that the hop before named, and as many codes and marks of nodes that the
/// list names, all anywhere, asked for ahead as a walk does. No ordering, no pool, no arithmetic but the sum that keeps the reads.
/// </summary>
internal sealed unsafe class RandomReads
{
    private const int Links = 32;

    private readonly int _rows;
    private readonly int _codeBytes;
    private readonly PinnedBuffer<int> _links;
    private readonly PinnedBuffer<byte> _codes;
    private readonly PinnedBuffer<byte> _marks;
    private readonly int _hops;
    private readonly int _nodesPerHop;

    /// <summary>Makes lists, codes and marks.</summary>
    /// <param name="rows">Nodes.</param>
    /// <param name="codeBytes">Bytes of a code, a multiple of 32.</param>
    /// <param name="hops">Lists to read.</param>
    /// <param name="scored">Codes to read.</param>
    public RandomReads(int rows, int codeBytes, int hops, int scored)
    {
        (_rows, _codeBytes, _hops, _nodesPerHop) = (rows, codeBytes, hops, Math.Min(Links - 1, (scored + hops - 1) / hops));
        _links = new PinnedBuffer<int>(rows * Links);
        _codes = new PinnedBuffer<byte>(checked(rows * codeBytes));
        _marks = new PinnedBuffer<byte>(rows);
        _codes.Slice(0, _codes.Length).Fill(1);
        var random = new Random(rows);
        foreach (ref int link in _links.Slice(0, _links.Length))
        {
            link = random.Next(rows);
        }
    }

    /// <summary>The last sum; kept so that no compiler may drop the work.</summary>
    public long Sink { get; private set; }

    /// <summary>Reads as much as some queries do, each from another start; returns seconds.</summary>
    public double Time(int queries)
    {
        long start = Stopwatch.GetTimestamp();
        for (int query = 0; query < queries; query++)
        {
            Sink += Walk((int)(query * 2_654_435_769L % _rows));
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private int Walk(int node)
    {
        Vector256<int> sum = default;
        int marks = 0;
        for (int hop = 0; hop < _hops; hop++)
        {
            int* list = _links.Pointer + ((long)node * Links);
            for (int i = 0; i < _nodesPerHop; i++)
            {
                byte* code = _codes.Pointer + ((long)list[i] * _codeBytes);
                marks += _marks.Pointer[list[i]]++;
                for (int line = 0; line < _codeBytes; line += 64)
                {
                    Sse.Prefetch0(code + line);
                }
            }

            node = list[Links - 1];
            Sse.Prefetch0(_links.Pointer + ((long)node * Links));
            Sse.Prefetch0(_links.Pointer + ((long)node * Links) + 16);
            for (int i = 0; i < _nodesPerHop; i++)
            {
                byte* code = _codes.Pointer + ((long)list[i] * _codeBytes);
                for (int at = 0; at < _codeBytes; at += Vector256<byte>.Count)
                {
                    sum += Vector256.Load(code + at).AsInt32();
                }
            }
        }

        GC.KeepAlive(this);
        return Vector256.Sum(sum) + marks;
    }
}
