using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>A linear layer with random weights, packed, and the same mathematics in double loops.</summary>
internal sealed unsafe class LayerCase : IDisposable
{
    private readonly NativeBuffer _panels, _transposed;

    public LayerCase(LinearMethods methods)
    {
        Methods = methods;
        Weights = Guarded.Random(Random, methods.Outputs, methods.Inputs);
        Bias = Guarded.Random(Random, 1, methods.Outputs);
        const float Sentinel = 54321f;
        long forward = (long)methods.Inputs * Bias.Stride, backward = (long)methods.Outputs * Weights.Stride;
        _panels = new NativeBuffer(forward + 16);
        _transposed = new NativeBuffer(backward + 16);
        _panels.Span.Fill(Sentinel);
        _transposed.Span.Fill(Sentinel);
        PackInPieces(methods);
        Assert.True(_panels.Start[forward] == Sentinel && _transposed.Start[backward] == Sentinel, "packing wrote beyond the panels");
        Assert.True(_panels.Start[forward - 1] != Sentinel && _transposed.Start[backward - 1] != Sentinel, "packing left a part of the panels");
    }

    public Random Random { get; } = new(20260801);

    public LinearMethods Methods { get; }

    public Guarded Weights { get; }

    public Guarded Bias { get; }

    public float* Panels => _panels.Start;

    public float* TransposedPanels => _transposed.Start;

    /// <summary>Packs like an optimiser's blocks, in whatever order they are done: pieces of whole rows, with ends inside and outside of squares and panels.</summary>
    private void PackInPieces(LinearMethods methods)
    {
        int[] rows = [16, 5, 64, 1, 43, 32], cuts = [.. Cuts()];
        for (int i = cuts.Length - 2; i >= 0; i--)
        {
            int first = i == 0 ? -1000 : cuts[i] * Weights.Stride, end = i == cuts.Length - 2 ? int.MaxValue - 1000 : cuts[i + 1] * Weights.Stride;
            methods.Pack(Weights.Start, Panels, first, end);
            methods.PackTransposed(Weights.Start, TransposedPanels, first, end);
        }

        IEnumerable<int> Cuts()
        {
            int row = 0;
            for (int i = 0; row < methods.Outputs; row += rows[i++ % rows.Length])
            {
                yield return row;
            }

            yield return methods.Outputs;
        }
    }

    public static double[,] Map(double[,] values, Func<double, double> function)
    {
        var result = new double[values.GetLength(0), values.GetLength(1)];
        for (int r = 0; r < values.GetLength(0); r++)
        {
            for (int c = 0; c < values.GetLength(1); c++)
            {
                result[r, c] = function(values[r, c]);
            }
        }

        return result;
    }

    public static double[,] Where(Guarded mask, double[,] values)
    {
        double[,] result = Map(values, v => v);
        for (int r = 0; r < mask.Rows; r++)
        {
            for (int c = 0; c < mask.Width; c++)
            {
                result[r, c] = mask[r, c] > 0 ? result[r, c] : 0;
            }
        }

        return result;
    }

    /// <summary>Φ by Simpson's rule from 0, to about 1e-12.</summary>
    public static double NormalCdf(double x)
    {
        const int Steps = 200;
        double h = x / Steps, sum = 0;
        for (int i = 0; i <= Steps; i++)
        {
            sum += (i is 0 or Steps ? 1 : (i % 2 == 1 ? 4 : 2)) * Math.Exp(-(h * i) * (h * i) / 2);
        }

        return 0.5 + (sum * h / 3 / Math.Sqrt(2 * Math.PI));
    }

    /// <summary>dyᵀ·x and the column sums of dy.</summary>
    public static (double[,] Weights, double[,] Bias) Gradients(Guarded x, Guarded dy)
    {
        double[,] weights = new double[dy.Width, x.Width], bias = new double[1, dy.Width];
        for (int r = 0; r < x.Rows; r++)
        {
            for (int n = 0; n < dy.Width; n++)
            {
                double value = dy[r, n];
                bias[0, n] += value;
                for (int k = 0; k < x.Width; k++)
                {
                    weights[n, k] += value * x[r, k];
                }
            }
        }

        return (weights, bias);
    }

    public static void Same(Guarded expected, Guarded actual, string what)
    {
        for (int r = 0; r < expected.Rows; r++)
        {
            for (int c = 0; c < expected.Width; c++)
            {
                Assert.True(expected[r, c] == actual[r, c], $"{what}: [{r}, {c}] is {actual[r, c]:R}, expected {expected[r, c]:R}");
            }
        }

        actual.Check(what);
    }

    public double[,] Product(Guarded x, bool bias)
    {
        var result = new double[x.Rows, Weights.Rows];
        for (int r = 0; r < x.Rows; r++)
        {
            for (int n = 0; n < Weights.Rows; n++)
            {
                double sum = bias ? Bias[0, n] : 0;
                for (int k = 0; k < Weights.Width; k++)
                {
                    sum += (double)x[r, k] * Weights[n, k];
                }

                result[r, n] = sum;
            }
        }

        return result;
    }

    public double[,] ProductTransposed(Guarded dy)
    {
        var result = new double[dy.Rows, Weights.Width];
        for (int r = 0; r < dy.Rows; r++)
        {
            for (int n = 0; n < Weights.Rows; n++)
            {
                for (int k = 0; k < Weights.Width; k++)
                {
                    result[r, k] += (double)dy[r, n] * Weights[n, k];
                }
            }
        }

        return result;
    }

    /// <summary>
    /// Compares. Terms are below 1 in magnitude (1/3 on average), so partial sums grow like √k / 3 and each addition rounds by up to 2⁻²⁴ of one: the
    /// error is a random walk with a standard deviation of about 6e-9 · depth, four times that where a sum happens to be large. A lost term is 1e3
    /// times what is allowed.
    /// </summary>
    public void Near(double[,] expected, Guarded actual, int depth, string what)
    {
        double allowed = 1e-7 * (8 + depth);
        for (int r = 0; r < actual.Rows; r++)
        {
            for (int c = 0; c < actual.Width; c++)
            {
                double error = Math.Abs(expected[r, c] - actual[r, c]);
                Assert.True(error <= allowed, $"{Methods.Inputs} to {Methods.Outputs}, {what}: [{r}, {c}] is {actual[r, c]:R}, expected {expected[r, c]:R} within {allowed:E1}");
            }
        }

        actual.Check(what);
    }

    public void Dispose()
    {
        Weights.Dispose();
        Bias.Dispose();
        _panels.Dispose();
        _transposed.Dispose();
    }
}
