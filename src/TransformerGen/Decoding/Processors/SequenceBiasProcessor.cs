namespace TransformerGen.Decoding;

/// <summary>
/// Adds a bias to the token that would complete a sequence: always for sequences of one token, otherwise when the row ends
/// with the tokens before it. A sequence longer than the row is left alone.
/// </summary>
public class SequenceBiasProcessor : ILogitsProcessor
{
    private readonly (int[] Sequence, float Bias)[] biases;

    /// <summary>Creates the processor.</summary>
    /// <param name="biases">Sequences of at least one token and what to add to the logit that would complete them.</param>
    /// <exception cref="ArgumentException">A sequence is empty.</exception>
    public SequenceBiasProcessor(IEnumerable<(IReadOnlyList<int> Sequence, float Bias)> biases)
    {
        ArgumentNullException.ThrowIfNull(biases);
        this.biases = [.. biases.Select(b => (b.Sequence.ToArray(), b.Bias))];
        if (this.biases.Any(b => b.Sequence.Length == 0))
            throw new ArgumentException("A sequence is empty. Expected at least one token in each; remove it.", nameof(biases));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A sequence's last token is outside the vocabulary.</exception>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        foreach ((int[] sequence, float bias) in biases)
        {
            if (sequence.Length > 1 && (sequence.Length > ids.Length || !ids.EndsWith(sequence.AsSpan(0, sequence.Length - 1)))) continue;
            Require.Token(sequence[^1], logits.Length, "biases");
            logits[sequence[^1]] += bias;
        }
    }
}

/// <summary>Forbids sequences of tokens: the last one when the others stand before it. The end token alone cannot be forbidden.</summary>
public sealed class BadWordsProcessor : SequenceBiasProcessor
{
    /// <summary>Creates the processor.</summary>
    /// <param name="badWords">Sequences of at least one token.</param>
    /// <param name="endTokens">The tokens that end a row; a bad word that consists of one of them is ignored.</param>
    /// <exception cref="ArgumentException">A sequence is empty.</exception>
    public BadWordsProcessor(IEnumerable<IReadOnlyList<int>> badWords, params int[] endTokens)
        : base(badWords.Where(w => w.Count != 1 || !endTokens.Contains(w[0])).Select(w => (w, float.NegativeInfinity)))
    {
    }
}

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
