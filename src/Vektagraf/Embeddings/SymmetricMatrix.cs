using System.Numerics;
using System.Runtime.InteropServices;

namespace Vektagraf.Embeddings;

/// <summary>Decompositions of small dense symmetric matrices in double precision.</summary>
internal static class SymmetricMatrix
{
    /// <summary>Jacobi's method converges quadratically: real matrices take six to ten sweeps.</summary>
    private const int MaxSweeps = 30;

    /// <summary>Share of the longest column below which a column is zero but for rounding.</summary>
    private const double NegligibleColumn = 1e-6;

    /// <summary>Share of the mean diagonal below which an element off the diagonal does not matter.</summary>
    private const double NegligibleElement = 1e-12;

    /// <summary>
    /// Finds the matrix M for which the columns of Y·M are orthonormal, given Y's Gram matrix YᵀY: Cholesky's decomposition of the Gram
    /// matrix with the largest remaining diagonal first (Cholesky QR). Columns that depend on those before come out as zero.
    /// </summary>
    /// <param name="gram">YᵀY; overwritten.</param>
    /// <param name="tolerance">The share of a column's squared length that must remain once the columns before are taken off.</param>
    /// <returns>M, square; zero columns for the dependent ones.</returns>
    internal static double[,] Orthonormalizer(double[,] gram, double tolerance)
    {
        int size = gram.GetLength(0);
        double[] length = new double[size];
        double longest = 0;
        for (int i = 0; i < size; i++)
        {
            length[i] = Math.Sqrt(Math.Max(0, gram[i, i]));
            longest = Math.Max(longest, length[i]);
        }

        // Row i of factor holds column i's coordinates in the orthonormal basis found so far; inverse holds that basis in Y's columns.
        double[,] inverse = new double[size, size];
        double[,] factor = new double[size, size];
        double[] remaining = new double[size];
        bool[] used = new bool[size];
        for (int i = 0; i < size; i++)
        {
            used[i] = length[i] <= longest * NegligibleColumn;
            remaining[i] = 1;
        }

        for (int step = 0; step < size; step++)
        {
            int pivot = LargestUnused(remaining, used);
            if (pivot < 0 || remaining[pivot] <= tolerance)
            {
                break;
            }

            used[pivot] = true;
            TakePivot(gram, factor, inverse, length, remaining, used, pivot, step);
        }

        return inverse;
    }

    private static int LargestUnused(double[] remaining, bool[] used)
    {
        int best = -1;
        for (int i = 0; i < remaining.Length; i++)
        {
            if (!used[i] && (best < 0 || remaining[i] > remaining[best]))
            {
                best = i;
            }
        }

        return best;
    }

    private static void TakePivot(
        double[,] gram, double[,] factor, double[,] inverse, double[] length, double[] remaining, bool[] used, int pivot, int step)
    {
        int size = length.Length;
        double diagonal = Math.Sqrt(remaining[pivot]);
        for (int i = 0; i < size; i++)
        {
            if (used[i])
            {
                continue;
            }

            double dot = gram[i, pivot] / (length[i] * length[pivot]);
            for (int k = 0; k < step; k++)
            {
                dot -= factor[i, k] * factor[pivot, k];
            }

            factor[i, step] = dot / diagonal;
            remaining[i] -= factor[i, step] * factor[i, step];
        }

        // New basis vector = (pivot column − its part in the basis so far) / what remains of it.
        inverse[pivot, step] = 1 / (length[pivot] * diagonal);
        for (int k = 0; k < step; k++)
        {
            double share = factor[pivot, k] / diagonal;
            for (int i = 0; i < size; i++)
            {
                inverse[i, step] -= share * inverse[i, k];
            }
        }
    }

    /// <summary>Eigenvalues and eigenvectors by Jacobi's rotations, cyclic by rows.</summary>
    /// <param name="matrix">Symmetric; overwritten.</param>
    /// <returns>Eigenvalues, largest first, and the eigenvectors as columns in the same order.</returns>
    internal static (double[] Values, double[,] Vectors) Eigen(double[,] matrix)
    {
        int size = matrix.GetLength(0);
        double[,] rows = new double[size, size];
        double trace = 0;
        for (int i = 0; i < size; i++)
        {
            rows[i, i] = 1;
            trace += Math.Abs(matrix[i, i]);
        }

        double negligible = trace / size * NegligibleElement;
        for (int sweep = 0; sweep < MaxSweeps && Sweep(matrix, rows, negligible) > 0; sweep++)
        {
        }

        int[] order = [.. Enumerable.Range(0, size).OrderByDescending(i => matrix[i, i]).ThenBy(i => i)];
        double[] values = new double[size];
        double[,] vectors = new double[size, size];
        for (int j = 0; j < size; j++)
        {
            values[j] = matrix[order[j], order[j]];
            for (int i = 0; i < size; i++)
            {
                vectors[i, j] = rows[order[j], i];
            }
        }

        return (values, vectors);
    }

    private static int Sweep(double[,] matrix, double[,] vectors, double negligible)
    {
        int size = matrix.GetLength(0);
        int rotations = 0;
        for (int p = 0; p < size - 1; p++)
        {
            for (int q = p + 1; q < size; q++)
            {
                if (Math.Abs(matrix[p, q]) > negligible)
                {
                    Rotate(matrix, vectors, p, q);
                    rotations++;
                }
            }
        }

        return rotations;
    }

    /// <summary>Makes the element (p, q) zero.</summary>
    private static void Rotate(double[,] matrix, double[,] vectors, int p, int q)
    {
        int size = matrix.GetLength(0);
        (double pp, double qq, double pq) = (matrix[p, p], matrix[q, q], matrix[p, q]);
        double theta = (qq - pp) / (2 * pq);
        double tangent = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        double cosine = 1 / Math.Sqrt((tangent * tangent) + 1);
        double sine = tangent * cosine;
        RotateRows(RowOf(matrix, p), RowOf(matrix, q), cosine, sine);
        RotateRows(RowOf(vectors, p), RowOf(vectors, q), cosine, sine);
        for (int i = 0; i < size; i++)
        {
            matrix[i, p] = matrix[p, i];
            matrix[i, q] = matrix[q, i];
        }

        matrix[p, p] = pp - (tangent * pq);
        matrix[q, q] = qq + (tangent * pq);
        matrix[p, q] = matrix[q, p] = 0;
    }

    private static void RotateRows(Span<double> a, Span<double> b, double cosine, double sine)
    {
        Span<Vector<double>> va = MemoryMarshal.Cast<double, Vector<double>>(a);
        Span<Vector<double>> vb = MemoryMarshal.Cast<double, Vector<double>>(b)[..va.Length];
        Vector<double> c = new(cosine), s = new(sine);
        for (int i = 0; i < va.Length; i++)
        {
            (va[i], vb[i]) = ((c * va[i]) - (s * vb[i]), (s * va[i]) + (c * vb[i]));
        }

        for (int i = va.Length * Vector<double>.Count; i < a.Length; i++)
        {
            (a[i], b[i]) = ((cosine * a[i]) - (sine * b[i]), (sine * a[i]) + (cosine * b[i]));
        }
    }

    private static Span<double> RowOf(double[,] matrix, int row)
    {
        int size = matrix.GetLength(1);
        return MemoryMarshal.CreateSpan(ref matrix[row, 0], size);
    }
}
