namespace TransformerGen.Decoding;

/// <summary>Makes tokens that a row already holds less likely: a logit below 0 is multiplied by the penalty, any other divided. Once each, however often the token occurs.</summary>
public sealed class RepetitionPenaltyProcessor : ILogitsProcessor
{
    private readonly float penalty;
    private bool[]? seen;

    /// <summary>Creates the processor.</summary>
    /// <param name="penalty">Above 1 discourages repetition, below 1 (and above 0) encourages it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The penalty is not above 0 or not finite.</exception>
    public RepetitionPenaltyProcessor(double penalty)
    {
        this.penalty = (float)Require.PositiveFinite(penalty, nameof(penalty));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Span<bool> done = Scratch.Take(ref seen, logits.Length);
        done.Clear();
        foreach (int id in ids)
        {
            Require.Token(id, logits.Length, nameof(ids));
            if (done[id]) continue;
            done[id] = true;
            logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
        }
    }
}
