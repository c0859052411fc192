using System.Collections.Concurrent;
using Vektagraf.Collections;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>
/// A shard of which only the log behind its manifest is in memory: segments are read by range, and what the log says of an object counts
/// before what segments say. The segments may be of a newer manifest than the one the log was replayed from.
/// </summary>
internal sealed class ColdSegments
{
    private readonly CachedRows _rows;
    private readonly ManifestSegment[] _described;
    private readonly ConcurrentDictionary<string, ulong> _touched;

    private ColdSegments(ColdSegments? older, IObjectStore store, CachedRows rows, CollectionDefinition definition, ShardManifest manifest, Memtable tail)
    {
        _rows = rows;
        Definition = definition;
        Epoch = manifest.Epoch;
        Tail = tail;
        _described = [.. manifest.Segments];
        _touched = older?._touched ?? new ConcurrentDictionary<string, ulong>(StringComparer.Ordinal);
        Segments = [.. _described.Select(s => Segment.Open(store, s.Key, s.Footer))];
    }

    public CollectionDefinition Definition { get; }

    /// <summary>The epoch of the manifest: no two manifests in force have the same.</summary>
    public ulong Epoch { get; }

    /// <summary>The log from the first manifest on.</summary>
    public Memtable Tail { get; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Segment> Segments { get; }

    public static ColdSegments Open(IObjectStore store, CachedRows rows, CollectionDefinition definition, ShardManifest manifest) =>
        new(older: null, store, rows, definition, manifest, new Memtable(definition, manifest.Folded, manifest.Needs));

    /// <summary>The same log over the segments of a newer manifest.</summary>
    public ColdSegments Over(IObjectStore store, ShardManifest manifest) => new(this, store, _rows, Definition, manifest, Tail);

    /// <summary>Takes note of what an entry touches, before it is applied.</summary>
    public void Note(WalEntry entry)
    {
        foreach (var operation in entry.Transactions.SelectMany(t => t.Applied))
        {
            _touched.TryAdd(operation.Id, entry.Sequence);
        }
    }

    /// <summary>Whether the log, up to a position, says anything of an object; segments do not count then.</summary>
    public bool IsTouched(string id, ulong sequence) => _touched.TryGetValue(id, out var first) && first <= sequence;

    /// <summary>Whether the log, up to a position, may hide rows of segments.</summary>
    public bool HidesRows(ulong sequence) => _touched.Any(t => t.Value <= sequence);

    /// <summary>Finds the newest rows of objects in the segments, newest run first, so that most ids cost one request.</summary>
    /// <param name="ids">The ids, each once.</param>
    /// <param name="withVectors">Whether to read vectors too.</param>
    /// <param name="cancellationToken">Ends the reads.</param>
    /// <returns>The rows by id, tombstones included.</returns>
    public async Task<Dictionary<string, SegmentRow>> FindAsync(IEnumerable<string> ids, bool withVectors, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, SegmentRow>(StringComparer.Ordinal);
        var missing = ids.ToList();
        for (var end = Segments.Count; end > 0 && missing.Count > 0;)
        {
            var first = end - 1;
            while (first > 0 && _described[first - 1].Run == _described[first].Run)
            {
                first--;
            }

            // The segments of one run hold disjoint ids.
            var wanted = Enumerable.Range(first, end - first)
                .Select(i => (Segment: Segments[i], Ids: missing.FindAll(id => MayHold(i, id))))
                .Where(w => w.Ids.Count > 0);
            foreach (var rows in await Task.WhenAll(wanted.Select(w => _rows.FindManyAsync(w.Segment, w.Ids, withVectors, cancellationToken))))
            {
                foreach (var row in rows)
                {
                    if (row is not null)
                    {
                        found.Add(row.Id, row);
                    }
                }
            }

            missing.RemoveAll(found.ContainsKey);
            end = first;
        }

        return found;
    }

    /// <summary>The rows that are the newest version of their object, and not gone; of all segments the ids are read for that.</summary>
    /// <param name="sequence">The position; what the log touched up to it does not count.</param>
    /// <param name="cancellationToken">Ends the reads.</param>
    /// <returns>For each segment its rows.</returns>
    public Task<RowSet[]> LiveRowsAsync(ulong sequence, CancellationToken cancellationToken) =>
        SegmentLiveness.ReadAsync(Segments, id => IsTouched(id, sequence), cancellationToken);

    /// <summary>An object as a memtable with the same row would read it.</summary>
    public StoredObject Read(SegmentRow row, bool withVectors) => new()
    {
        Id = row.Id,
        Type = row.Type,
        Properties = row.Properties,
        Vectors = withVectors ? [.. Definition.Vectors.SelectMany(field => row.Vectors.Where(v => IsOf(v, field.Key, field.Value)).Select(Read))] : null,
        Sparse = withVectors ? [.. Definition.SparseNames.SelectMany(field => row.Sparse.Where(s => string.Equals(s.Field, field, StringComparison.Ordinal)))] : null,
        ETag = row.Version.ToETag(),
    };

    private bool MayHold(int segment, string id) =>
        Segments[segment].MayHold(id) && (_described[segment].Filter is not { } filter || IdFilter.MayContain(filter, id));

    private static bool IsOf(in SegmentVector vector, string field, VectorFieldDefinition definition) =>
        string.Equals(vector.Field, field, StringComparison.Ordinal) && vector.LittleEndian.Length == definition.Dimensions * sizeof(float);

    private static NamedVector Read(SegmentVector vector) => new(vector.Field, Components(vector.LittleEndian.Span), vector.GeneratedBy);

    private static float[] Components(ReadOnlySpan<byte> littleEndian)
    {
        var components = new float[littleEndian.Length / sizeof(float)];
        LittleEndianFloats.Read(littleEndian, components);
        return components;
    }
}
