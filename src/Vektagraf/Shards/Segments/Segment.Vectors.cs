using System.Runtime.CompilerServices;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <content>Vectors: all of a field for a scan, some for re-ranking, those of an object.</content>
public sealed partial class Segment
{
    /// <summary>Reads all vectors of a field in the order of their rows.</summary>
    /// <param name="field">Index of the field in <see cref="Vectors"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Block after block.</returns>
    public IAsyncEnumerable<SegmentVectorBlock> ReadVectorsAsync(int field, CancellationToken cancellationToken = default) =>
        ReadVectorsAsync(File, field, cancellationToken);

    /// <summary>Finds a vector field.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its index in <see cref="Vectors"/>; −1 where the segment lacks it.</returns>
    public int FieldOf(string name)
    {
        for (var i = 0; i < Vectors.Count; i++)
        {
            if (string.Equals(Vectors[i].Name, name, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Reads some blocks of the vectors of a field.</summary>
    /// <param name="field">Index of the field in <see cref="Vectors"/>.</param>
    /// <param name="isWanted">Says of the ordinals of a block, first and count, whether it is to be read.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The blocks, in order.</returns>
    public async IAsyncEnumerable<SegmentVectorBlock> ReadVectorsAsync(
        int field, Func<int, int, bool> isWanted, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        var section = Vectors[field];
        var all = BlocksOf(SegmentLayout.Vectors, field);
        var blocks = new List<SegmentBlock>();
        for (var i = 0; i < all.Length; i++)
        {
            var first = i * section.VectorsPerBlock;
            if (isWanted(first, Math.Min(section.VectorsPerBlock, section.Count - first)))
            {
                blocks.Add(all.Span[i]);
            }
        }

        await foreach (var block in File.ReadBlocksAsync(blocks.ToArray(), cancellationToken))
        {
            var first = (block.Block.Number - SegmentLayout.Number(field, 0)) * section.VectorsPerBlock;
            yield return new SegmentVectorBlock(first, block.Content.Length / section.VectorBytes, block.Content);
        }
    }

    /// <summary>Reads some vectors of a field: one block for each that does not share its block with another.</summary>
    /// <param name="field">Index of the field in <see cref="Vectors"/>.</param>
    /// <param name="ordinals">Their ordinals, in any order.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Their components as little-endian float32, in the order asked for.</returns>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ReadVectorsAsync(int field, IReadOnlyList<int> ordinals, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ordinals);
        var section = Vectors[field];
        foreach (var ordinal in ordinals)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(ordinal, nameof(ordinals));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ordinal, section.Count, nameof(ordinals));
        }

        var wanted = Enumerable.Range(0, ordinals.Count).ToLookup(i => ordinals[i] / section.VectorsPerBlock);
        var blocks = wanted.Select(w => w.Key).Order().Select(block => BlocksOf(SegmentLayout.Vectors, field).Span[block]).ToArray();
        var vectors = new ReadOnlyMemory<byte>[ordinals.Count];
        await foreach (var block in Scattered().ReadBlocksAsync(blocks, cancellationToken))
        {
            foreach (var i in wanted[block.Block.Number - SegmentLayout.Number(field, 0)])
            {
                // A copy: one vector must not keep the megabytes of its request alive.
                vectors[i] = block.Content.Slice(ordinals[i] % section.VectorsPerBlock * section.VectorBytes, section.VectorBytes).ToArray();
            }
        }

        return vectors;
    }

    /// <summary>Reads which row has which vector of a field. No request where all rows have one of the same make.</summary>
    /// <param name="field">Index of the field in <see cref="Vectors"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The mapping.</returns>
    public async Task<SegmentVectorRows> ReadVectorRowsAsync(int field, CancellationToken cancellationToken = default)
    {
        var section = Vectors[field];
        if (!File.Footer.TryFind(SegmentLayout.VectorRows, SegmentLayout.Number(field, 0), out var block))
        {
            return SegmentVectorRows.Uniform(section);
        }

        var content = await File.ReadBlockAsync(block, cancellationToken);
        var reader = new CompactReader(content.Span, File.Key, $"the rows of vector field '{section.Name}'");
        return SegmentVectorRows.Read(ref reader, section, RowCount);
    }

    private async IAsyncEnumerable<SegmentVectorBlock> ReadVectorsAsync(SegmentFile file, int field, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var section = Vectors[field];
        var ordinal = 0;
        await foreach (var block in file.ReadBlocksAsync(BlocksOf(SegmentLayout.Vectors, field), cancellationToken))
        {
            var count = block.Content.Length / section.VectorBytes;
            yield return new SegmentVectorBlock(ordinal, count, block.Content);
            ordinal += count;
        }
    }

    private async Task FetchAsync(VectorRequest request, CancellationToken cancellationToken) =>
        await Task.WhenAll(Enumerable.Range(0, Vectors.Count).Where(field => request.Ordinals[field].Count > 0).Select(async field =>
        {
            var vectors = await ReadVectorsAsync(field, request.Ordinals[field], cancellationToken);
            for (var i = 0; i < vectors.Count; i++)
            {
                var (list, place, generatedBy) = request.Targets[field][i];
                list[place] = new SegmentVector(Vectors[field].Name, vectors[i], generatedBy);
            }
        }));

    /// <summary>Vectors wanted for rows that were made already, and the places they shall take.</summary>
    private sealed class VectorRequest(int fields)
    {
        public List<int>[] Ordinals { get; } = [.. Enumerable.Range(0, fields).Select(_ => new List<int>())];

        public List<(SegmentVector[] List, int Place, byte GeneratedBy)>[] Targets { get; } =
            [.. Enumerable.Range(0, fields).Select(_ => new List<(SegmentVector[] List, int Place, byte GeneratedBy)>())];

        /// <summary>Asks for the vectors of a row.</summary>
        /// <returns>The list they will stand in.</returns>
        public SegmentVector[] Add(RowGroup group, int index)
        {
            int[] present = [.. Enumerable.Range(0, fields).Where(field => group.OrdinalOf(index, field) >= 0)];
            var list = new SegmentVector[present.Length];
            for (var i = 0; i < present.Length; i++)
            {
                Ordinals[present[i]].Add(group.OrdinalOf(index, present[i]));
                Targets[present[i]].Add((list, i, group.GeneratedBy(index, present[i])));
            }

            return list;
        }
    }

    /// <summary>The vectors of all fields, read side by side as the rows go by.</summary>
    private sealed class VectorStreams : IAsyncDisposable
    {
        private readonly Segment _segment;
        private readonly IAsyncEnumerator<SegmentVectorBlock>[] _streams;

        public VectorStreams(Segment segment, bool isWanted, CancellationToken cancellationToken)
        {
            _segment = segment;
            _streams =
            [
                .. Enumerable.Range(0, isWanted ? segment.Vectors.Count : 0)
                    .Select(field => segment.ReadVectorsAsync(segment._streams, field, cancellationToken).GetAsyncEnumerator(cancellationToken)),
            ];
        }

        /// <summary>The vectors of the next row.</summary>
        public async ValueTask<IReadOnlyList<SegmentVector>> NextAsync(RowGroup group, int index)
        {
            var vectors = new List<SegmentVector>(_streams.Length);
            for (var field = 0; field < _streams.Length; field++)
            {
                if (group.OrdinalOf(index, field) is var ordinal && ordinal >= 0)
                {
                    vectors.Add(new SegmentVector(_segment.Vectors[field].Name, await ReadAsync(field, ordinal), group.GeneratedBy(index, field)));
                }
            }

            return vectors;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var stream in _streams)
            {
                await stream.DisposeAsync();
            }
        }

        private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int field, int ordinal)
        {
            var stream = _streams[field];
            var end = stream.Current.FirstOrdinal + stream.Current.Count;
            if (ordinal == end && await stream.MoveNextAsync())
            {
                end = stream.Current.FirstOrdinal + stream.Current.Count;
            }

            SegmentFormat.Check(ordinal >= stream.Current.FirstOrdinal && ordinal < end, _segment.File.Key, "the vectors of its rows are out of order");
            var bytes = _segment.Vectors[field].VectorBytes;
            return stream.Current.LittleEndian.Slice((ordinal - stream.Current.FirstOrdinal) * bytes, bytes);
        }
    }
}
