namespace TransformerGen.Decoding;

/// <summary>Keeps the tokens whose probability is at least min-p times that of the most probable one.</summary>
public sealed class MinPProcessor : ILogitsProcessor
{
    private readonly double minP;
    private float[]? exponentials;

    /// <summary>Creates the processor.</summary>
    /// <param name="minP">The share of the largest probability, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="minP"/> is not in [0, 1].</exception>
    public MinPProcessor(double minP)
    {
        this.minP = Require.Between(0, 1, minP, nameof(minP));
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        // p_i / p_max is exp(x_i - max): the sum cancels.
        Span<float> exp = Scratch.Take(ref exponentials, logits.Length);
        Softmax.Exponentials(logits, exp, out _);
        for (int i = 0; i < logits.Length; i++)
            if (exp[i] < minP) logits[i] = float.NegativeInfinity;
    }
}
