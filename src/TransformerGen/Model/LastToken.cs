namespace TransformerGen.Model;

/// <summary>The token at which a decoder's classifier answers.</summary>
internal static class LastToken
{
    /// <summary>
    /// Place of the last token that is not <see cref="ModelInfo.PadId"/>, as transformers chooses it: it asks for the id, not for a mask, so a sequence that ends with
    /// this id is answered for at the token in front. 0 where there is no other token.
    /// </summary>
    /// <param name="info">The model.</param>
    /// <param name="tokens">A sequence, at least one token.</param>
    public static int Of(ModelInfo info, ReadOnlySpan<int> tokens) => info.PadId < 0 ? tokens.Length - 1 : Math.Max(0, tokens.LastIndexOfAnyExcept(info.PadId));
}
