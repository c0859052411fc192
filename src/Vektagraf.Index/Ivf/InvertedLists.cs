namespace Vektagraf.Index;

/// <summary>What one training made: centres, codec and the lists that rows are put into.</summary>
internal sealed unsafe class InvertedLists
{
    /// <summary>
    /// The longest list is at most this many times the average: a search that meets it would scan a good part of everything. What finds its
    /// list full goes to the next nearest that is not.
    /// </summary>
    public const int LongestToAverage = 4;

    /// <summary>Every list may have so many rows, however few there are.</summary>
    public const int LeastLongest = 16;

    /// <summary>Rows put into lists at once.</summary>
    private const int BatchRows = 1 << 16;

    private readonly FlatIndex _vectors;
    private readonly int _spill;
    private int _indexed;

    /// <summary>Makes empty lists.</summary>
    public InvertedLists(FlatIndex vectors, Centroids centroids, RowCodec? codec, int spill, int trainedRows)
    {
        _vectors = vectors;
        _spill = Math.Min(spill, centroids.Count);
        Centroids = centroids;
        Codec = codec;
        TrainedRows = trainedRows;
        Lists = new InvertedList[centroids.Count];
        for (int i = 0; i < Lists.Length; i++)
        {
            Lists[i] = new InvertedList(codec?.RowBytes ?? 0);
        }
    }

    /// <summary>The centres.</summary>
    public Centroids Centroids { get; }

    /// <summary>How codes are made; null for none.</summary>
    public RowCodec? Codec { get; }

    /// <summary>The lists, by centre.</summary>
    public InvertedList[] Lists { get; }

    /// <summary>Rows there were at training.</summary>
    public int TrainedRows { get; }

    /// <summary>Lists that the wanted recall takes, as measured.</summary>
    public int Probes { get; set; } = 1;

    /// <summary>Rows in lists: all below this.</summary>
    public int Indexed => Volatile.Read(ref _indexed);

    /// <summary>Bytes held.</summary>
    public long MemoryBytes
    {
        get
        {
            long bytes = Centroids.MemoryBytes;
            foreach (InvertedList list in Lists)
            {
                bytes += list.MemoryBytes;
            }

            return bytes;
        }
    }

    /// <summary>Puts the next rows into lists.</summary>
    /// <param name="end">Rows that are in lists afterwards.</param>
    /// <param name="threads">Threads to work with; the lists do not depend on it.</param>
    public void AddUpTo(int end, int threads)
    {
        while (_indexed < end)
        {
            int count = Math.Min(BatchRows, end - _indexed);
            var tables = new VectorTables(_vectors);
            int[] rows = new int[count];
            for (int i = 0; i < count; i++)
            {
                rows[i] = _indexed + i;
            }

            int[] nearest = new int[count];
            KMeans.AssignAll(Centroids, tables, rows, nearest, threads);
            Add(rows, Choose(tables, rows, nearest), isFinal: _indexed == 0 && count == end, threads);
            GC.KeepAlive(tables);
        }
    }

    /// <summary>Puts rows into given lists: the next ones, each in one list or two.</summary>
    /// <param name="rows">The rows, ascending.</param>
    /// <param name="lists">For each row its first list, then for each its second or −1; or first lists only.</param>
    /// <param name="isFinal">Whether lists need no room to spare.</param>
    /// <param name="threads">Threads to encode with.</param>
    public void Add(int[] rows, int[] lists, bool isFinal, int threads)
    {
        int[] counts = Array.ConvertAll(Lists, list => list.Count);
        int[] slots = new int[lists.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            for (int at = i; at < lists.Length; at += rows.Length)
            {
                slots[at] = lists[at] < 0 ? -1 : counts[lists[at]]++;
            }
        }

        for (int i = 0; i < Lists.Length; i++)
        {
            Lists[i].Reserve(counts[i], isFinal);
        }

        Write(rows, lists, slots, threads);
        for (int i = 0; i < Lists.Length; i++)
        {
            Lists[i].Publish(counts[i]);
        }

        Volatile.Write(ref _indexed, rows[^1] + 1);
    }

    private void Write(int[] rows, int[] lists, int[] slots, int threads)
    {
        const int Block = 512;
        int blocks = (rows.Length + Block - 1) / Block;
        if (threads <= 1 || blocks == 1 || Codec is null)
        {
            Write(rows, lists, slots, 0, rows.Length);
            return;
        }

        Parallel.For(0, blocks, new ParallelOptions { MaxDegreeOfParallelism = threads }, block =>
            Write(rows, lists, slots, block * Block, Math.Min(rows.Length, (block + 1) * Block)));
    }

    private void Write(int[] rows, int[] lists, int[] slots, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            for (int at = i; at < lists.Length; at += rows.Length)
            {
                if (slots[at] < 0)
                {
                    continue;
                }

                ListRows list = Lists[lists[at]].Rows;
                list.Ordinals.Slice(slots[at], 1)[0] = rows[i];
                Codec?.Encode(_vectors.RowAt(rows[i]), list.Codes!.Slice(slots[at] * Codec.RowBytes, Codec.RowBytes));
            }
        }
    }

    /// <summary>Keeps lists within their longest length, and chooses second lists.</summary>
    private int[] Choose(VectorTables tables, int[] rows, int[] nearest)
    {
        int[] counts = Array.ConvertAll(Lists, list => list.Count);
        long total = ((long)_indexed + rows.Length) * _spill;
        int longest = (int)Math.Min(int.MaxValue, Math.Max(LeastLongest, ((total * LongestToAverage) + Lists.Length - 1) / Lists.Length));
        int[] chosen = new int[rows.Length * _spill];
        float[] distances = new float[Lists.Length];
        float[] along = _spill > 1 ? new float[Lists.Length] : [];
        RowView<float> view = tables.Rows.View;
        for (int i = 0; i < rows.Length; i++)
        {
            float* vector = view[rows[i]];
            int first = nearest[i];
            if (counts[first] >= longest)
            {
                Centroids.Measure(vector, distances);
                first = Least(distances, counts, longest, except: -1);
            }

            chosen[i] = first;
            counts[first]++;
            if (_spill > 1)
            {
                int second = SecondList(rows[i], vector, first, distances, along, counts, longest);
                chosen[rows.Length + i] = second;
                counts[second]++;
            }
        }

        return chosen;
    }

    /// <summary>
    /// The list for which ‖r'‖² + (⟨r, r'⟩ / ‖r‖)² is least, with r and r' the vector's differences from the first and from this centre. A query
    /// that is far from the first centre in the vector's direction misses its list; one whose difference lies in the same direction would be
    /// missed together with it.
    /// </summary>
    private int SecondList(int row, float* vector, int first, float[] distances, float[] along, int[] counts, int longest)
    {
        int dimensions = Centroids.Dimensions;
        ReadOnlySpan<float> original = _vectors.RowAt(row);
        float scale = Centroids.Metric == DistanceMetric.Cosine ? VectorMath.InverseNorm(original) : 1f;
        float[] residual = System.Buffers.ArrayPool<float>.Shared.Rent(dimensions);
        ReadOnlySpan<float> center = Centroids[first];
        float squares = 0, product = 0;
        for (int i = 0; i < dimensions; i++)
        {
            float component = original[i] * scale;
            residual[i] = component - center[i];
            squares += residual[i] * residual[i];
            product += residual[i] * component;
        }

        Centroids.Measure(vector, distances);
        fixed (float* direction = residual)
        {
            Centroids.Multiply(direction, along);
        }

        System.Buffers.ArrayPool<float>.Shared.Return(residual);
        for (int i = 0; i < distances.Length; i++)
        {
            // For cosine what was measured is −⟨x, c⟩ with x not scaled: of unit vectors ‖x − c‖² is 2 − 2⟨x, c⟩.
            float distance = Centroids.Metric == DistanceMetric.Cosine ? 2f + (2f * scale * distances[i]) : distances[i];
            float parallel = product - along[i];
            distances[i] = distance + (squares > 0 ? parallel * parallel / squares : 0f);
        }

        return Least(distances, counts, longest, except: first);
    }

    /// <summary>The nearest list that is not full; NaN counts as far.</summary>
    private static int Least(float[] distances, int[] counts, int longest, int except)
    {
        int best = -1;
        for (int i = 0; i < distances.Length; i++)
        {
            if (counts[i] < longest && i != except && (best < 0 || distances[i] < distances[best]))
            {
                best = i;
            }
        }

        return best >= 0 ? best : except == 0 && distances.Length > 1 ? 1 : 0;
    }
}
