namespace TransformerGen.Decoding;

/// <summary>Forbids the end tokens while a row, prompt included, is shorter than a minimum.</summary>
public sealed class MinLengthProcessor : ILogitsProcessor
{
    private readonly int minLength;
    private readonly int[] endTokens;

    /// <summary>Creates the processor.</summary>
    /// <param name="minLength">The fewest tokens, prompt included, at least 0.</param>
    /// <param name="endTokens">The tokens that end a row.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="minLength"/> is negative.</exception>
    public MinLengthProcessor(int minLength, ReadOnlySpan<int> endTokens)
    {
        this.minLength = Require.AtLeast(0, minLength, nameof(minLength));
        this.endTokens = endTokens.ToArray();
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        if (ids.Length >= minLength) return;
        foreach (int token in endTokens) logits[token] = float.NegativeInfinity;
    }
}
