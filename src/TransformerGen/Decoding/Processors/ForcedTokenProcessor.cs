namespace TransformerGen.Decoding;

/// <summary>
/// Forces one token when a row has a certain length: the token's logit becomes 0, every other minus infinity. With length 1 it
/// is Hugging Face's <c>forced_bos_token_id</c>, with (maximum length - 1) its <c>forced_eos_token_id</c>.
/// </summary>
public sealed class ForcedTokenProcessor : ILogitsProcessor
{
    private readonly int length;
    private readonly int token;

    /// <summary>Creates the processor.</summary>
    /// <param name="length">The length of the row, prompt included, behind which the token stands.</param>
    /// <param name="token">The forced token.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is negative.</exception>
    public ForcedTokenProcessor(int length, int token)
    {
        this.length = Require.AtLeast(0, length, nameof(length));
        this.token = Require.AtLeast(0, token, nameof(token));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The token is outside the vocabulary.</exception>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        if (ids.Length == length) Force(logits, token);
    }

    internal static void Force(Span<float> logits, int token)
    {
        Require.Token(token, logits.Length, nameof(token));
        logits.Fill(float.NegativeInfinity);
        logits[token] = 0;
    }
}
