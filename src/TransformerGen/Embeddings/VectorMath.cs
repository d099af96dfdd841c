using System.Numerics;
using System.Runtime.InteropServices;

namespace TransformerGen.Embeddings;

/// <summary>The inner loops of word vectors. Trainers pad rows to whole vectors, so that the tails are never entered there.</summary>
internal static class VectorMath
{
    /// <summary>Floats to which trainers pad a row: a multiple of every vector's length.</summary>
    public const int RowFloats = 16;

    /// <summary>Floats from one padded row to the next.</summary>
    public static int Stride(int dimension) => (dimension + RowFloats - 1) / RowFloats * RowFloats;

    /// <summary>The inner product; both spans have the same length.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ReadOnlySpan<Vector<float>> left = MemoryMarshal.Cast<float, Vector<float>>(a), right = MemoryMarshal.Cast<float, Vector<float>>(b);
        Vector<float> first = Vector<float>.Zero, second = Vector<float>.Zero;
        int i = 0;
        for (; i + 1 < left.Length && i + 1 < right.Length; i += 2)
        {
            first += left[i] * right[i];
            second += left[i + 1] * right[i + 1];
        }

        if (i < left.Length && i < right.Length)
        {
            first += left[i] * right[i];
        }

        float sum = Vector.Sum(first + second);
        for (i = left.Length * Vector<float>.Count; i < a.Length && i < b.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>destination += scale · source; both spans have the same length.</summary>
    public static void AddScaled(Span<float> destination, ReadOnlySpan<float> source, float scale)
    {
        Span<Vector<float>> to = MemoryMarshal.Cast<float, Vector<float>>(destination);
        ReadOnlySpan<Vector<float>> from = MemoryMarshal.Cast<float, Vector<float>>(source);
        var factor = new Vector<float>(scale);
        int i = 0;
        for (; i < to.Length && i < from.Length; i++)
        {
            to[i] += factor * from[i];
        }

        for (i *= Vector<float>.Count; i < destination.Length && i < source.Length; i++)
        {
            destination[i] += scale * source[i];
        }
    }

    /// <summary>
    /// One step of AdaGrad on two padded rows whose gradients are <paramref name="gradient"/> times each other: every element falls by
    /// rate · gradient / √squares, with the squares of the steps before this one (as in the authors' program), then its square is added.
    /// </summary>
    public static void AdaGradPair(Span<float> a, Span<float> b, Span<float> aSquares, Span<float> bSquares, float gradient, float rate)
    {
        Span<Vector<float>> left = MemoryMarshal.Cast<float, Vector<float>>(a), right = MemoryMarshal.Cast<float, Vector<float>>(b);
        Span<Vector<float>> leftSquares = MemoryMarshal.Cast<float, Vector<float>>(aSquares), rightSquares = MemoryMarshal.Cast<float, Vector<float>>(bSquares);
        Vector<float> factor = new(gradient), step = new(rate);
        for (int i = 0; i < left.Length && i < right.Length && i < leftSquares.Length && i < rightSquares.Length; i++)
        {
            Vector<float> leftGradient = factor * right[i], rightGradient = factor * left[i];
            left[i] -= step * leftGradient / Vector.SquareRoot(leftSquares[i]);
            right[i] -= step * rightGradient / Vector.SquareRoot(rightSquares[i]);
            leftSquares[i] += leftGradient * leftGradient;
            rightSquares[i] += rightGradient * rightGradient;
        }
    }
}
