namespace TransformerGen.Decoding;

/// <summary>
/// Locally typical sampling: keeps the tokens whose information -log p is closest to the entropy of the distribution, until
/// together they reach a mass of probability.
/// </summary>
public sealed class TypicalPProcessor : ILogitsProcessor
{
    private readonly double mass;
    private readonly AscendingMass order = new();
    private float[]? exponentials;
    private float[]? distances;

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

        Span<float> distance = Scratch.Take(ref distances, logits.Length);
        for (int i = 0; i < logits.Length; i++) distance[i] = (float)Math.Abs(logSum - (logits[i] - max) - entropy);

        float farthest = AscendingMass.Key(order.Find(distance, exp, mass * sum, exceed: false));
        for (int i = 0; i < logits.Length; i++)
            if (distance[i] > farthest) logits[i] = float.NegativeInfinity;
    }
}
