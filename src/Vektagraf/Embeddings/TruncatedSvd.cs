namespace Vektagraf.Embeddings;

/// <summary>
/// The strongest right singular vectors of a sparse matrix by randomized subspace iteration with a Rayleigh–Ritz step
/// (Halko, Martinsson and Tropp 2011, "Finding structure with randomness", algorithms 4.4 and 5.3, applied to AᵀA).
/// </summary>
internal static class TruncatedSvd
{
    /// <summary>Squared relative length below which a column counts as dependent: single precision leaves no meaning in less.</summary>
    private const double DependentColumn = 1e-6;

    /// <summary>Singular values below this share of the largest are rounding noise.</summary>
    private const double NegligibleSingularValue = 1e-3;

    /// <summary>Decomposes.</summary>
    /// <param name="a">The documents.</param>
    /// <param name="options">Dimensions, seed, rounds.</param>
    /// <param name="progress">Gets the share done, 0 to 1.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>
    /// Singular values, largest first, <see cref="LsaOptions.Dimensions"/> of them, 0 beyond the rank; and V, whose first columns belong to them.
    /// </returns>
    internal static (float[] SingularValues, PanelMatrix V) Compute(
        LsaCorpus a, LsaOptions options, Action<double> progress, CancellationToken cancellationToken)
    {
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.MaxDegreeOfParallelism, CancellationToken = cancellationToken };
        PanelMatrix basis = RandomStart(a, options);
        int rounds = options.PowerIterations + 1;
        for (int round = 0; round < rounds; round++)
        {
            basis = basis.MultiplyByGramOf(a, parallel);
            // The second time mends what single precision lost the first time; only the last basis needs it.
            for (int pass = 0; pass < (round == rounds - 1 ? 2 : 1); pass++)
            {
                basis.MultiplyBy(SymmetricMatrix.Orthonormalizer(basis.SymmetricProductWith(basis, parallel), DependentColumn), parallel);
            }

            progress((round + 1.0) / (rounds + 2));
        }

        double[,] projected = basis.SymmetricProductWith(basis.MultiplyByGramOf(a, parallel), parallel);
        progress((rounds + 1.0) / (rounds + 2));
        (double[] values, double[,] vectors) = SymmetricMatrix.Eigen(projected);
        basis.MultiplyBy(vectors, parallel);
        return (SingularValues(values, options.Dimensions), basis);
    }

    private static PanelMatrix RandomStart(LsaCorpus a, LsaOptions options)
    {
        PanelMatrix start = new(a.Terms.Length, Math.Min(options.Dimensions + options.Oversampling, a.Terms.Length));
        float[] row = new float[start.Columns];
        for (int term = 0; term < a.Terms.Length; term++)
        {
            Array.Clear(row);
            LsaDirection.AddTo(row, LsaDirection.Hash(a.Terms[term], ~options.Seed), 1);
            start.SetRow(term, row);
        }

        return start;
    }

    private static float[] SingularValues(double[] eigenvalues, int count)
    {
        float[] values = new float[count];
        double least = Math.Max(eigenvalues.Length == 0 ? 0 : eigenvalues[0], 0) * NegligibleSingularValue * NegligibleSingularValue;
        for (int i = 0; i < Math.Min(count, eigenvalues.Length); i++)
        {
            values[i] = eigenvalues[i] > least ? (float)Math.Sqrt(eigenvalues[i]) : 0;
        }

        return values;
    }
}
