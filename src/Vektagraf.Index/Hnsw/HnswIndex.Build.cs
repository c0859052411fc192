namespace Vektagraf.Index;

public sealed unsafe partial class HnswIndex
{
    /// <summary>The first rows are linked by one thread: many threads that start from one node would all link to it.</summary>
    private const int SequentialRows = 256;

    private const int MinRabitqDimensions = 32;

    /// <summary>An insertion is bulk from this many rows on, and this part of those there are: all of them must be encoded for it.</summary>
    private const int MinBulkRows = 1024, BulkShare = 2;

    /// <summary>Writes the codes of new rows; trains the quantizer when there are rows enough, and anew when they outgrew it.</summary>
    private void Encode(int first, int end, int threads)
    {
        CodedRows? codes = _codes;
        if (codes is not null)
        {
            Encode(codes, first, end, threads);
        }

        if (codes is null ? Options.Quantization != VectorQuantization.None && end >= Options.TrainingRows : codes.Codec.IsOutgrown(end))
        {
            VectorQuantization kind = CodesFor(Options.Quantization, Dimensions);
            RowCodec codec = RowCodec.Train(kind, Metric, new TrainingSample(_vectors), Options.Seed, isOutgrown: codes is not null);
            codes = new CodedRows(codec, new ChunkedRows<byte>(codec.RowBytes, _chunkBytes));
            Encode(codes, 0, end, threads);
            codec.MarkTrained();
            Volatile.Write(ref _codes, codes);
        }
    }

    private void Encode(CodedRows codes, int first, int end, int threads)
    {
        codes.Rows.Reserve(end);
        InParallel(first, end, threads, (row, _) => codes.Codec.Encode(_vectors.RowAt(row), codes.Rows.Row(row)));
    }

    /// <summary>RaBitQ pads to 64 components and errs by one part in their root: for short vectors bytes are as small and far better.</summary>
    private static VectorQuantization CodesFor(VectorQuantization asked, int dimensions) =>
        asked is VectorQuantization.Rabitq1 or VectorQuantization.Rabitq4 && dimensions < MinRabitqDimensions ? VectorQuantization.Scalar8 : asked;

    private void Link(int first, int end, int threads)
    {
        switch (Metric)
        {
            case DistanceMetric.Cosine:
                Link<CosineMetric, ByteSquared>(first, end, threads);
                break;
            case DistanceMetric.Dot:
                Link<DotMetric, ByteProduct>(first, end, threads);
                break;
            default:
                Link<EuclideanMetric, ByteSquared>(first, end, threads);
                break;
        }
    }

    /// <summary>
    /// Links by 8-bit codes where these tell neighbours apart, else by the vectors. An index that walks on something else makes such codes for
    /// the time of a bulk insertion: a quarter of the memory is read, and graphs come out as good.
    /// </summary>
    private void Link<TMetric, TByteMetric>(int first, int end, int threads)
        where TMetric : struct, IMetric
        where TByteMetric : struct, IByteMetric
    {
        if (LinkCodes(first, end, threads) is { Codec: ScalarCodec codec } codes)
        {
            RowTable<byte> table = codes.Rows.Table;
            float scale = codec.Scale(codec.Step);
            Link(first, end, threads, new ByteScorer<TByteMetric>(null, table.View, codec.RowBytes, scale, scale, 0f));
            GC.KeepAlive(table);
        }
        else
        {
            Link(first, end, threads, Rows<TMetric>());
        }

        GC.KeepAlive(_tables);
    }

    private CodedRows? LinkCodes(int first, int end, int threads)
    {
        if (_codes is { Codec: ScalarCodec kept } codes)
        {
            return kept.TellsApart ? codes : null;
        }

        if (end - first < Math.Max(MinBulkRows, first / BulkShare))
        {
            return null;
        }

        var codec = ScalarCodec.Train(Metric, new TrainingSample(_vectors), isOutgrown: false);
        if (!codec.TellsApart)
        {
            return null;
        }

        var made = new CodedRows(codec, new ChunkedRows<byte>(codec.RowBytes, _chunkBytes));
        Encode(made, 0, end, threads);
        return made;
    }

    private FloatScorer<TMetric> Rows<TMetric>()
        where TMetric : struct, IMetric =>
        new(null, 0f, _tables.Rows.View, _tables.Norms.View, _vectors.Layout.Stride);

    private void Link<TScorer>(int first, int end, int threads, TScorer rows)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        int sequential = threads == 1 ? end : Math.Min(end, Math.Max(first, SequentialRows));
        for (int row = first; row < sequential; row++)
        {
            _graph.Insert(row, rows, Options.EfConstruction, _scratch);
        }

        InParallel(sequential, end, threads, (row, scratch) => _graph.Insert(row, rows, Options.EfConstruction, scratch));
    }

    /// <summary>Does work on each row; threads take the rows in order.</summary>
    private void InParallel(int first, int end, int threads, Action<int, GraphScratch> work)
    {
        threads = Math.Min(threads, end - first);
        if (threads <= 1)
        {
            for (int row = first; row < end; row++)
            {
                work(row, _scratch);
            }

            return;
        }

        int next = first - 1;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, worker =>
        {
            GraphScratch scratch = worker == 0 ? _scratch : new GraphScratch();
            for (int row = Interlocked.Increment(ref next); row < end; row = Interlocked.Increment(ref next))
            {
                work(row, scratch);
            }
        });
    }
}
