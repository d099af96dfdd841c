namespace TransformerGen.Decoding;

/// <summary>Forbids tokens.</summary>
public sealed class SuppressTokensProcessor : ILogitsProcessor
{
    private readonly int[] tokens;

    /// <summary>Creates the processor.</summary>
    /// <param name="tokens">The tokens that are never chosen.</param>
    public SuppressTokensProcessor(ReadOnlySpan<int> tokens)
    {
        this.tokens = tokens.ToArray();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A token is outside the vocabulary.</exception>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        foreach (int token in tokens)
        {
            Require.Token(token, logits.Length, nameof(tokens));
            logits[token] = float.NegativeInfinity;
        }
    }
}
