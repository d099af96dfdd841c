namespace TransformerGen.Decoding;

/// <summary>
/// Locally typical sampling: keeps the tokens whose information -log p is closest to the entropy of the distribution, until
/// together they reach a mass of probability.
/// </summary>
public sealed class TypicalPProcessor : ILogitsProcessor
{
    private readonly double mass;
    private float[]? exponentials;
    private ulong[]? order;

    /// <summary>Creates the processor.</summary>
    /// <param name="mass">The probability to reach, above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mass"/> is not in (0, 1).</exception>
    public TypicalPProcessor(double mass)
    {
        this.mass = Require.InsideUnit(mass, nameof(mass));
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Span<float> exp = Scratch.Take(ref exponentials, logits.Length);
        double sum = Softmax.Exponentials(logits, exp, out float max);
        double entropy = Softmax.Entropy(logits, exp, sum, max), logSum = Math.Log(sum);

        Span<ulong> sorted = Scratch.Take(ref order, logits.Length);
        for (int i = 0; i < logits.Length; i++)
        {
            double information = logSum - (logits[i] - max);
            sorted[i] = RankedToken.Pack((float)Math.Abs(information - entropy), i);
        }
        sorted.Sort();

        int last = 0;
        double cumulative = exp[RankedToken.Token(sorted[0])];
        while (cumulative < mass * sum && last < sorted.Length - 1) cumulative += exp[RankedToken.Token(sorted[++last])];
        float farthest = RankedToken.Weight(sorted[last]);
        for (int i = last + 1; i < sorted.Length; i++)
            if (RankedToken.Weight(sorted[i]) > farthest) logits[RankedToken.Token(sorted[i])] = float.NegativeInfinity;
    }
}
