using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Embeddings;

/// <summary>
/// A tall dense matrix in panels of 32 columns, so that one panel of all rows stays in the cache while sparse rows pick from it.
/// Every operation adds in an order that depends on neither the number of threads nor the width of the machine's vectors, and multiplies
/// and adds in two roundings: results are equal to the bit.
/// </summary>
internal sealed class PanelMatrix
{
    /// <summary>Columns of a panel: four vectors of eight, which an x64 register file holds twice with room to spare.</summary>
    internal const int Width = 32;

    private const int Vectors = Width / 8;

    /// <summary>Rows added up in single precision before the sum goes to double.</summary>
    private const int GramRows = 128;

    private const int ProductRows = 512;

    private readonly float[][] _panels;

    internal PanelMatrix(int rows, int columns)
    {
        Rows = rows;
        _panels = new float[(columns + Width - 1) / Width][];
        for (int p = 0; p < _panels.Length; p++)
        {
            _panels[p] = new float[rows * Width];
        }
    }

    internal int Rows { get; }

    /// <summary>Columns, rounded up to whole panels.</summary>
    internal int Columns => _panels.Length * Width;

    /// <summary>Sets a row.</summary>
    internal void SetRow(int row, ReadOnlySpan<float> values)
    {
        for (int p = 0; p < _panels.Length; p++)
        {
            values.Slice(p * Width, Width).CopyTo(_panels[p].AsSpan(row * Width));
        }
    }

    /// <summary>Copies a row.</summary>
    internal void CopyRow(int row, Span<float> values)
    {
        for (int p = 0; p < _panels.Length; p++)
        {
            _panels[p].AsSpan(row * Width, Width).CopyTo(values[(p * Width)..]);
        }
    }

    /// <summary>Computes AᵀA times this matrix, A being the documents: each document takes its product and hands it on at once.</summary>
    internal PanelMatrix MultiplyByGramOf(LsaCorpus a, ParallelOptions parallel)
    {
        PanelMatrix result = new(Rows, Columns);
        _ = Parallel.For(0, _panels.Length, parallel, p => MultiplyPanel(a, _panels[p], result._panels[p], parallel.CancellationToken));
        return result;
    }

    private static void MultiplyPanel(LsaCorpus a, float[] from, float[] to, CancellationToken cancellationToken)
    {
        ReadOnlySpan<Vector256<float>> source = MemoryMarshal.Cast<float, Vector256<float>>(from);
        Span<Vector256<float>> target = MemoryMarshal.Cast<float, Vector256<float>>(to.AsSpan());
        for (int row = 0; row < a.DocumentCount; row++)
        {
            if ((row & 4095) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            int start = a.RowStarts[row];
            ReadOnlySpan<int> columns = a.Columns.AsSpan(start, a.RowStarts[row + 1] - start);
            ReadOnlySpan<float> values = a.Values.AsSpan(start, columns.Length);
            Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            for (int i = 0; i < columns.Length; i++)
            {
                ReadOnlySpan<Vector256<float>> term = source.Slice(columns[i] * Vectors, Vectors);
                Vector256<float> value = Vector256.Create(values[i]);
                sum0 += value * term[0];
                sum1 += value * term[1];
                sum2 += value * term[2];
                sum3 += value * term[3];
            }

            for (int i = 0; i < columns.Length; i++)
            {
                Span<Vector256<float>> term = target.Slice(columns[i] * Vectors, Vectors);
                Vector256<float> value = Vector256.Create(values[i]);
                term[0] += value * sum0;
                term[1] += value * sum1;
                term[2] += value * sum2;
                term[3] += value * sum3;
            }
        }
    }

    /// <summary>Computes this matrix' transpose times another one of equal shape, where the product is known to be symmetric.</summary>
    internal double[,] SymmetricProductWith(PanelMatrix other, ParallelOptions parallel)
    {
        int count = _panels.Length;
        double[,] product = new double[Columns, Columns];
        _ = Parallel.For(0, count * count, parallel, pair =>
        {
            (int left, int right) = (pair / count, pair % count);
            if (left <= right)
            {
                AddTile(product, left, right, other);
            }
        });
        for (int i = 0; i < Columns; i++)
        {
            for (int j = 0; j < i; j++)
            {
                product[i, j] = product[j, i];
            }
        }

        return product;
    }

    private void AddTile(double[,] product, int left, int right, PanelMatrix other)
    {
        double[] tile = new double[Width * Width];
        for (int from = 0; from < Rows; from += GramRows)
        {
            int length = Math.Min(GramRows, Rows - from) * Width;
            ReadOnlySpan<float> a = _panels[left].AsSpan(from * Width, length);
            ReadOnlySpan<Vector256<float>> b = MemoryMarshal.Cast<float, Vector256<float>>(other._panels[right].AsSpan(from * Width, length));
            for (int column = 0; column < Width; column += 2)
            {
                AddTwoRows(tile.AsSpan(column * Width, 2 * Width), a[column..], b);
            }
        }

        for (int i = 0; i < tile.Length; i++)
        {
            product[(left * Width) + (i / Width), (right * Width) + (i % Width)] = tile[i];
        }
    }

    private static void AddTwoRows(Span<double> tile, ReadOnlySpan<float> a, ReadOnlySpan<Vector256<float>> b)
    {
        Vector256<float> x0 = default, x1 = default, x2 = default, x3 = default, y0 = default, y1 = default, y2 = default, y3 = default;
        for (int i = 0, k = 0; i + 1 < a.Length; i += Width, k += Vectors)
        {
            ReadOnlySpan<Vector256<float>> row = b.Slice(k, Vectors);
            Vector256<float> x = Vector256.Create(a[i]);
            Vector256<float> y = Vector256.Create(a[i + 1]);
            x0 += x * row[0];
            x1 += x * row[1];
            x2 += x * row[2];
            x3 += x * row[3];
            y0 += y * row[0];
            y1 += y * row[1];
            y2 += y * row[2];
            y3 += y * row[3];
        }

        ReadOnlySpan<Vector256<float>> sums = [x0, x1, x2, x3, y0, y1, y2, y3];
        ReadOnlySpan<float> partial = MemoryMarshal.Cast<Vector256<float>, float>(sums);
        for (int i = 0; i < tile.Length; i++)
        {
            tile[i] += partial[i];
        }
    }

    /// <summary>Replaces this matrix by itself times a square one.</summary>
    /// <param name="right">Square matrix, row by row.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    internal void MultiplyBy(double[,] right, ParallelOptions parallel)
    {
        int size = Columns;
        float[][] byPanel = new float[_panels.Length][];
        for (int p = 0; p < byPanel.Length; p++)
        {
            byPanel[p] = new float[size * Width];
            for (int i = 0; i < byPanel[p].Length; i++)
            {
                byPanel[p][i] = (float)right[i / Width, (p * Width) + (i % Width)];
            }
        }

        _ = Parallel.For(0, (Rows + ProductRows - 1) / ProductRows, parallel, block =>
        {
            float[] row = new float[size];
            int end = Math.Min(Rows, (block + 1) * ProductRows);
            for (int r = block * ProductRows; r < end; r++)
            {
                CopyRow(r, row);
                for (int p = 0; p < byPanel.Length; p++)
                {
                    MultiplyRow(row, byPanel[p], _panels[p].AsSpan(r * Width, Width));
                }
            }
        });
    }

    private static void MultiplyRow(ReadOnlySpan<float> row, float[] right, Span<float> target)
    {
        ReadOnlySpan<Vector256<float>> panel = MemoryMarshal.Cast<float, Vector256<float>>(right);
        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (int i = 0; i < row.Length; i++)
        {
            ReadOnlySpan<Vector256<float>> line = panel.Slice(i * Vectors, Vectors);
            Vector256<float> value = Vector256.Create(row[i]);
            sum0 += value * line[0];
            sum1 += value * line[1];
            sum2 += value * line[2];
            sum3 += value * line[3];
        }

        sum0.CopyTo(target);
        sum1.CopyTo(target[8..]);
        sum2.CopyTo(target[16..]);
        sum3.CopyTo(target[24..]);
    }
}
