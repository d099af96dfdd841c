namespace TransformerGen.Decoding;

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
