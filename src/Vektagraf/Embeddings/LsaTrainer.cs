namespace Vektagraf.Embeddings;

/// <summary>Learns an <see cref="LsaModel"/> from texts.</summary>
public static class LsaTrainer
{
    /// <summary>Share of the progress reported for reading, which takes about as long as this of the whole.</summary>
    private const double ReadingShare = 0.3;

    /// <summary>Shortest direction of a word the model does not know: such a word must count even where no known one needs a direction.</summary>
    private const float LeastUnknownLength = 0.25f;

    /// <summary>Learns a model.</summary>
    /// <param name="documents">The texts, read once and in order; the first line of a text is its title where others follow. May be empty.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Gets the share done, 0 to 1.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>
    /// The model: the same to the bit for the same texts and options, whatever the number of threads and the width of the machine's vectors,
    /// as long as the platform's logarithm rounds alike.
    /// </returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: an option is out of its range.</exception>
    public static LsaModel Train(
        IEnumerable<string> documents, LsaOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        options ??= new LsaOptions();
        options.Validate();
        LsaCorpusBuilder builder = new(options);
        foreach (string document in documents)
        {
            cancellationToken.ThrowIfCancellationRequested();
            builder.Add(document);
        }

        LsaCorpus corpus = builder.Build();
        progress?.Report(ReadingShare);
        LsaModel model = corpus.Terms.Length == 0
            ? LsaModel.Create(corpus, options, new float[options.Dimensions], [], [], UnknownLength(options))
            : Project(corpus, options, done => progress?.Report(ReadingShare + ((1 - ReadingShare) * done)), cancellationToken);
        progress?.Report(1);
        return model;
    }

    private static float UnknownLength(LsaOptions options) => Math.Max(options.LexicalWeight, LeastUnknownLength);

    private static LsaModel Project(LsaCorpus corpus, LsaOptions options, Action<double> progress, CancellationToken cancellationToken)
    {
        (float[] singularValues, PanelMatrix v) = TruncatedSvd.Compute(corpus, options, progress, cancellationToken);
        int dimensions = options.Dimensions;
        float[] scales = new float[corpus.Terms.Length];
        sbyte[] codes = new sbyte[corpus.Terms.Length * dimensions];
        float[] columns = new float[Math.Max(v.Columns, dimensions)];
        for (int term = 0; term < corpus.Terms.Length; term++)
        {
            Array.Clear(columns);
            v.CopyRow(term, columns);
            Span<float> row = columns.AsSpan(0, dimensions);
            double known = 0;
            for (int i = 0; i < dimensions; i++)
            {
                row[i] = singularValues[i] > 0 ? row[i] : 0;
                known += (double)row[i] * row[i];
            }

            float left = options.LexicalWeight * (float)Math.Sqrt(Math.Max(0, 1 - known));
            LsaDirection.AddTo(row, LsaDirection.Hash(corpus.Terms[term], options.Seed), left);
            scales[term] = Quantize(row, codes.AsSpan(term * dimensions, dimensions));
        }

        return LsaModel.Create(corpus, options, singularValues, scales, codes, UnknownLength(options));
    }

    /// <summary>Rounds a row to 8 bits.</summary>
    /// <returns>What a code is to be multiplied by.</returns>
    private static float Quantize(ReadOnlySpan<float> row, Span<sbyte> codes)
    {
        float largest = 0;
        foreach (float x in row)
        {
            largest = Math.Max(largest, Math.Abs(x));
        }

        float scale = largest / sbyte.MaxValue;
        for (int i = 0; i < row.Length; i++)
        {
            codes[i] = scale > 0 ? (sbyte)Math.Clamp(MathF.Round(row[i] / scale), -sbyte.MaxValue, sbyte.MaxValue) : (sbyte)0;
        }

        return scale > 0 ? scale : 0;
    }
}
