using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TransformerGen.Decoding;

/// <summary>
/// Softmax over a vocabulary. Every exponential is computed by the same IEEE operations whatever the vector width, and sums are
/// taken in one fixed order, in double: from the same logits, sampling draws the same tokens on every machine.
/// </summary>
internal static class Softmax
{
    // Below this the result is smaller than the smallest normal float; it counts as zero.
    private const float Smallest = -87.3f;
    private const float Log2E = 1.44269504f;
    // ln 2 in two parts: the first has few enough bits that n x Ln2High is exact for |n| <= 126.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    /// <summary>The largest entry; NaN when there is one.</summary>
    public static float Max(ReadOnlySpan<float> x)
    {
        float max = float.NegativeInfinity;
        int i = 0;
        if (x.Length >= Vector<float>.Count)
        {
            Vector<float> best = new(float.NegativeInfinity);
            ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(x);
            foreach (Vector<float> v in vectors) best = Vector.Max(best, v);
            for (int lane = 0; lane < Vector<float>.Count; lane++) max = MathF.Max(max, best[lane]);
            i = vectors.Length * Vector<float>.Count;
        }
        for (; i < x.Length; i++) max = MathF.Max(max, x[i]);
        return max;
    }

    /// <summary>The lowest index of the largest entry.</summary>
    /// <exception cref="InvalidOperationException">An entry is NaN.</exception>
    public static int ArgMax(ReadOnlySpan<float> x)
    {
        int index = x.IndexOf(Finite(Max(x)));
        return index < 0 ? 0 : index;
    }

    /// <summary>exp(x - max) for every entry, and their sum. One where an entry is the largest, zero at minus infinity.</summary>
    /// <param name="x">The logits.</param>
    /// <param name="exponentials">Receives as many values; may not overlap <paramref name="x"/> unless it is the same.</param>
    /// <param name="max">The largest logit.</param>
    /// <exception cref="InvalidOperationException">An entry is NaN, or none is above minus infinity.</exception>
    public static double Exponentials(ReadOnlySpan<float> x, Span<float> exponentials, out float max)
    {
        max = Finite(Max(x));
        if (float.IsInfinity(max))
            throw new InvalidOperationException($"The largest logit is {max}, so that no distribution can be made of them. Expected at least one finite logit and none of plus infinity: check the weights and the logits processors.");
        Exp(x, max, exponentials);
        return Sum(exponentials[..x.Length]);
    }

    /// <summary>Replaces logits by log-probabilities: (x - max) - log(sum of exp(x - max)).</summary>
    /// <param name="x">[V] logits in, log-probabilities out.</param>
    /// <param name="scratch">At least V floats.</param>
    public static void ToLogProbabilities(Span<float> x, Span<float> scratch)
    {
        float logSum = (float)Math.Log(Exponentials(x, scratch, out float max));
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(x);
        Vector<float> maxes = new(max), logSums = new(logSum);
        for (int v = 0; v < vectors.Length; v++) vectors[v] = vectors[v] - maxes - logSums;
        for (int i = vectors.Length * Vector<float>.Count; i < x.Length; i++) x[i] = x[i] - max - logSum;
    }

    /// <summary>Entropy in nats of the distribution that <see cref="Exponentials"/> described.</summary>
    public static double Entropy(ReadOnlySpan<float> x, ReadOnlySpan<float> exponentials, double sum, float max)
    {
        // -sum p log p with log p = (x - max) - log sum.
        double weighted = 0;
        for (int i = 0; i < x.Length; i++)
            if (exponentials[i] > 0) weighted += (double)exponentials[i] * (x[i] - max);
        return Math.Log(sum) - weighted / sum;
    }

    private static float Finite(float max) => !float.IsNaN(max) ? max : throw new InvalidOperationException(
        "A logit is NaN. Expected numbers: check the weights that were loaded and, after training, the learning rate.");

    private static void Exp(ReadOnlySpan<float> x, float max, Span<float> y)
    {
        ReadOnlySpan<Vector<float>> from = MemoryMarshal.Cast<float, Vector<float>>(x);
        Span<Vector<float>> to = MemoryMarshal.Cast<float, Vector<float>>(y);
        Vector<float> maxes = new(max);
        for (int v = 0; v < from.Length; v++) to[v] = ExpOfNegative(from[v] - maxes);
        for (int i = from.Length * Vector<float>.Count; i < x.Length; i++) y[i] = ExpOfNegative(x[i] - max);
    }

    // exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2; the Taylor series to r^7 leaves 5e-9.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> ExpOfNegative(Vector<float> x)
    {
        Vector<float> n = Vector.Floor(x * Log2E + new Vector<float>(0.5f));
        Vector<float> r = x - n * Ln2High - n * Ln2Low;
        Vector<float> p = new(1f / 5040);
        p = p * r + new Vector<float>(1f / 720);
        p = p * r + new Vector<float>(1f / 120);
        p = p * r + new Vector<float>(1f / 24);
        p = p * r + new Vector<float>(1f / 6);
        p = p * r + new Vector<float>(0.5f);
        p = p * r + Vector<float>.One;
        p = p * r + Vector<float>.One;
        Vector<int> power = Vector.ConvertToInt32(n) + new Vector<int>(127);
        Vector<float> scaled = p * Vector.AsVectorSingle(Vector.ShiftLeft(power, 23));
        return Vector.ConditionalSelect(Vector.LessThan(x, new Vector<float>(Smallest)), Vector<float>.Zero, scaled);
    }

    // The same operations for what no vector covers.
    private static float ExpOfNegative(float x)
    {
        if (x < Smallest) return 0;
        float n = MathF.Floor(x * Log2E + 0.5f);
        float r = x - n * Ln2High - n * Ln2Low;
        float p = 1f / 5040;
        p = p * r + 1f / 720;
        p = p * r + 1f / 120;
        p = p * r + 1f / 24;
        p = p * r + 1f / 6;
        p = p * r + 0.5f;
        p = p * r + 1;
        p = p * r + 1;
        return p * BitConverter.Int32BitsToSingle(((int)n + 127) << 23);
    }

    // Four running sums hide the latency of the additions; which one an element joins depends on its index alone.
    private static double Sum(ReadOnlySpan<float> x)
    {
        double a = 0, b = 0, c = 0, d = 0;
        int i = 0;
        for (; i <= x.Length - 4; i += 4)
        {
            a += x[i];
            b += x[i + 1];
            c += x[i + 2];
            d += x[i + 3];
        }
        for (; i < x.Length; i++) a += x[i];
        return (a + b) + (c + d);
    }
}
