using System.Numerics;
using System.Runtime.InteropServices;

namespace TransformerGen.Decoding;

/// <summary>A continuation of a beam by one token.</summary>
/// <param name="Sum">Sum of log-probabilities of the generated tokens, this one included.</param>
/// <param name="Beam">The beam that is continued.</param>
/// <param name="Token">The token.</param>
internal readonly record struct BeamCandidate(double Sum, int Beam, int Token);

/// <summary>The best continuations over all beams of a sentence, best first; among equals the lower beam, then the lower token.</summary>
internal sealed class BeamCandidates(int capacity)
{
    private readonly BeamCandidate[] best = new BeamCandidate[capacity];
    private int count;

    public ReadOnlySpan<BeamCandidate> Ranked => best.AsSpan(0, count);

    public void Clear() => count = 0;

    /// <summary>Offers every continuation of a beam; beams have to come in ascending order.</summary>
    /// <param name="beam">The beam.</param>
    /// <param name="sum">Its sum so far.</param>
    /// <param name="logProbabilities">[V] of the next token.</param>
    public void Add(int beam, double sum, ReadOnlySpan<float> logProbabilities)
    {
        int token = 0;
        for (; token < logProbabilities.Length && count < best.Length; token++) Offer(beam, sum + logProbabilities[token], token);

        // Almost no token makes it: a whole vector is compared with a threshold that is rounded down, so that nothing is missed.
        while (token < logProbabilities.Length)
        {
            float threshold = MathF.BitDecrement((float)(best[^1].Sum - sum));
            token = FirstAbove(logProbabilities, token, threshold);
            if (token < logProbabilities.Length) Offer(beam, sum + logProbabilities[token], token);
            token++;
        }
    }

    private void Offer(int beam, double sum, int token)
    {
        if (count == best.Length)
        {
            if (!(sum > best[^1].Sum)) return;
        }
        else
        {
            count++;
        }
        int place = count - 1;
        for (; place > 0 && sum > best[place - 1].Sum; place--) best[place] = best[place - 1];
        best[place] = new BeamCandidate(sum, beam, token);
    }

    private static int FirstAbove(ReadOnlySpan<float> x, int start, float threshold)
    {
        Vector<float> thresholds = new(threshold);
        while (start <= x.Length - Vector<float>.Count)
        {
            Vector<float> values = new(x[start..]);
            if (Vector.GreaterThanAny(values, thresholds)) break;
            start += Vector<float>.Count;
        }
        while (start < x.Length && !(x[start] > threshold)) start++;
        return start;
    }
}
