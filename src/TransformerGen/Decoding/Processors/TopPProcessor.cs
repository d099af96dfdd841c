namespace TransformerGen.Decoding;

/// <summary>
/// Nucleus sampling: keeps the most probable tokens that together reach probability p. In ascending order of probability
/// (ties: lower index first) a token goes while the sum up to and including it is at most 1 - p; the most probable one stays.
/// </summary>
public sealed class TopPProcessor : ILogitsProcessor
{
    private readonly double p;
    private readonly AscendingMass order = new();
    private float[]? exponentials;

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
        ulong firstKept = order.Find(exp, exp, (1 - p) * sum, exceed: true);
        for (int i = 0; i < logits.Length; i++)
            if (AscendingMass.Rank(exp[i], i) < firstKept) logits[i] = float.NegativeInfinity;
    }
}
