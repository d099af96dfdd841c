namespace TransformerGen.Decoding;

/// <summary>Forbids tokens that would complete an n-gram which the row already holds.</summary>
public sealed class NoRepeatNgramProcessor : ILogitsProcessor
{
    private readonly int size;

    /// <summary>Creates the processor.</summary>
    /// <param name="size">n, at least 1; 1 forbids every token the row holds.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is below 1.</exception>
    public NoRepeatNgramProcessor(int size)
    {
        this.size = Require.AtLeast(1, size, nameof(size));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A forbidden id is outside the vocabulary.</exception>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        if (ids.Length < size) return;
        ReadOnlySpan<int> context = ids[(ids.Length - size + 1)..];
        ReadOnlySpan<int> places = ids[..^1];       // the context's own place has no token behind it
        if (context.IsEmpty) places = ids;
        for (int start = 0; start + size <= ids.Length; start++)
        {
            int found = places[start..].IndexOf(context);
            if (found < 0) break;
            start += found;
            int token = ids[start + size - 1];
            Require.Token(token, logits.Length, nameof(ids));
            logits[token] = float.NegativeInfinity;
        }
    }
}
