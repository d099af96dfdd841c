namespace TransformerGen.Decoding;

/// <summary>
/// Nucleus sampling: keeps the most probable tokens that together reach probability p. In ascending order of probability
/// (ties: lower index first) a token goes while the sum up to and including it is at most 1 - p; the most probable one stays.
/// </summary>
public sealed class TopPProcessor : ILogitsProcessor
{
    private readonly double p;
    private float[]? exponentials;
    private ulong[]? order;

    /// <summary>Creates the processor.</summary>
    /// <param name="p">The probability to reach, from 0 (only the most probable token) to 1 (every token).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is not in [0, 1].</exception>
    public TopPProcessor(double p)
    {
        this.p = Require.Between(0, 1, p, nameof(p));
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Span<float> exp = Scratch.Take(ref exponentials, logits.Length);
        double sum = Softmax.Exponentials(logits, exp, out _);
        double removable = (1 - p) * sum;

        // However many tokens are below removable / V, together they are below removable: they come first in ascending
        // order and all go, so that only the others have to be sorted.
        double surelyGone = removable / logits.Length * (1 - 1e-9), cumulative = 0;
        Span<ulong> sorted = Scratch.Take(ref order, logits.Length);
        int count = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (exp[i] < surelyGone || exp[i] == 0)
            {
                cumulative += exp[i];
                if (exp[i] < surelyGone) logits[i] = float.NegativeInfinity;
            }
            else
            {
                sorted[count++] = RankedToken.Pack(exp[i], i);
            }
        }
        sorted = sorted[..count];
        sorted.Sort();
        for (int i = 0; i < count - 1; i++)
        {
            int token = RankedToken.Token(sorted[i]);
            cumulative += exp[token];
            if (cumulative > removable) break;
            logits[token] = float.NegativeInfinity;
        }
    }
}
