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
