namespace TransformerGen.Decoding;

/// <summary>Changes the logits of one row before its next token is chosen.</summary>
/// <remarks>
/// The processors of this library reuse their scratch memory: they allocate at the first call and not after it, and one
/// instance serves one caller at a time. A token that may not be chosen gets minus infinity.
/// </remarks>
public interface ILogitsProcessor
{
    /// <summary>Rewrites the logits in place.</summary>
    /// <param name="ids">The row's tokens so far: prompt (of an encoder-decoder: its start token) and what was generated.</param>
    /// <param name="logits">[V] logits, or log-probabilities in beam search.</param>
    void Process(ReadOnlySpan<int> ids, Span<float> logits);
}
