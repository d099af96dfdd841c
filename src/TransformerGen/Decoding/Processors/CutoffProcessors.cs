namespace TransformerGen.Decoding;

/// <summary>Keeps the tokens of at least a probability, and the most probable ones in any case.</summary>
public sealed class EpsilonCutoffProcessor : ILogitsProcessor
{
    private readonly double epsilon;
    private float[]? exponentials;

    /// <summary>Creates the processor.</summary>
    /// <param name="epsilon">The smallest probability that is kept, above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is not in (0, 1).</exception>
    public EpsilonCutoffProcessor(double epsilon)
    {
        this.epsilon = Require.InsideUnit(epsilon, nameof(epsilon));
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Span<float> exp = Scratch.Take(ref exponentials, logits.Length);
        double sum = Softmax.Exponentials(logits, exp, out float max);
        Cut(logits, exp, epsilon * sum, max);
    }

    /// <summary>Removes what is below the threshold, except what equals the largest logit.</summary>
    internal static void Cut(Span<float> logits, ReadOnlySpan<float> exp, double threshold, float max)
    {
        for (int i = 0; i < logits.Length; i++)
            if (exp[i] < threshold && logits[i] < max) logits[i] = float.NegativeInfinity;
    }
}

/// <summary>
/// Keeps the tokens of at least the probability eta = min(epsilon, sqrt(epsilon) x exp(-entropy)): a flat distribution is
/// cut less. The most probable tokens are kept in any case.
/// </summary>
public sealed class EtaCutoffProcessor : ILogitsProcessor
{
    private readonly double epsilon;
    private float[]? exponentials;

    /// <summary>Creates the processor.</summary>
    /// <param name="epsilon">The largest probability that may be cut, above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is not in (0, 1).</exception>
    public EtaCutoffProcessor(double epsilon)
    {
        this.epsilon = Require.InsideUnit(epsilon, nameof(epsilon));
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Span<float> exp = Scratch.Take(ref exponentials, logits.Length);
        double sum = Softmax.Exponentials(logits, exp, out float max);
        double eta = Math.Min(epsilon, Math.Sqrt(epsilon) * Math.Exp(-Softmax.Entropy(logits, exp, sum, max)));
        EpsilonCutoffProcessor.Cut(logits, exp, eta * sum, max);
    }
}
