using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>The problem's memory: random rows, guards behind every buffer, and how rows are read and compared.</summary>
internal sealed unsafe partial class AttentionProblem
{
    private float* Random(Random random, int rows, int stride, int width)
    {
        float* start = Guarded(rows * stride);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < stride; column++)
            {
                start[(row * stride) + column] = column < width ? (float)((random.NextDouble() * 4) - 2) : 0f;
            }
        }

        return start;
    }

    private float* Guarded(long floats)
    {
        var buffer = new NativeBuffer(floats + Guard);
        buffer.Span.Fill(Sentinel);
        _buffers.Add(buffer);
        return buffer.Start;
    }

    private void VerifyGuards() => Assert.All(_buffers, b => Assert.True(b.Span[^Guard..].IndexOfAnyExcept(Sentinel) < 0, Name("something was written behind a buffer")));

    private void VerifyPadding(float* start, int rows, int stride, int width)
    {
        for (int row = 0; row < rows; row++)
        {
            Assert.True(new Span<float>(start + (row * stride) + width, stride - width).IndexOfAnyExcept(0f) < 0, Name($"padding of row {row} is not zero"));
        }
    }

    private double[,] Read(float* start, int row, int rows, int stride, int width = 0)
    {
        double[,] values = new double[rows, width == 0 ? _shape.HeadWidth : width];
        for (int i = 0; i < rows; i++)
        {
            for (int c = 0; c < values.GetLength(1); c++)
            {
                values[i, c] = start[((long)(row + i) * stride) + c];
            }
        }

        return values;
    }

    // What lies behind the columns is padding, which nobody sees.
    private double[,] ReadDense(float* start, int rows, int columns, int stride)
    {
        double[,] values = new double[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < stride; j++)
            {
                float value = start[((long)i * stride) + j];
                if (j < columns)
                {
                    values[i, j] = value;
                }
                else
                {
                    Assert.True(value == 0, Name("probabilities of padding are not zero"));
                }
            }
        }

        return values;
    }

    private void Same(string what, double[,] expected, double[,] actual) => Compare(what, 0, 0, expected, actual, 4e-6);

    private void Compare(string what, int sequence, int head, double[,] expected, double[,] actual, double tolerance)
    {
        double largest = Math.Max(1, expected.Cast<double>().Select(Math.Abs).Append(0).Max());
        for (int i = 0; i < expected.GetLength(0); i++)
        {
            for (int j = 0; j < expected.GetLength(1); j++)
            {
                double error = Math.Abs(expected[i, j] - actual[i, j]);
                if (!(error <= tolerance * largest))
                {
                    Assert.Fail(Name($"{what} of sequence {sequence}, head {head} at [{i}, {j}]: expected {expected[i, j]}, got {actual[i, j]}"));
                }
            }
        }
    }

    private string Name(string problem) => $"{_shape.ClassName}: {problem}.";
}
