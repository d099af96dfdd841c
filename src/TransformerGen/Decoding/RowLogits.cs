namespace TransformerGen.Decoding;

/// <summary>Everything that is done to a row's logits before a token is chosen: processors, then the rules that depend on the prompt's length.</summary>
internal sealed class RowLogits
{
    private readonly LogitsProcessorList processors;
    private readonly ILogitsProcessor? custom;
    private readonly LogitsProcessorList sampling;
    private readonly int[] endTokens;
    private readonly int minNewTokens;
    private readonly int? forcedEndToken;

    public RowLogits(GenerationOptions options, ILogitsProcessor? custom)
    {
        processors = options.CreateProcessors();
        sampling = options.CreateSamplingProcessors();
        this.custom = custom;
        endTokens = [.. options.Ends];
        minNewTokens = options.MinNewTokens;
        forcedEndToken = options.ForcedEndToken;
    }

    /// <summary>Whether a token ends a row.</summary>
    public bool IsEnd(int token) => endTokens.AsSpan().Contains(token);

    /// <summary>Processes logits (or log-probabilities) in place.</summary>
    /// <param name="ids">The row so far.</param>
    /// <param name="logits">[V].</param>
    /// <param name="generated">How many tokens of the row were generated.</param>
    /// <param name="limit">How many may be.</param>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits, int generated, int limit)
    {
        // In front of the forced tokens, which win: a forced token may be an end token.
        if (generated < minNewTokens)
            foreach (int token in endTokens) logits[token] = float.NegativeInfinity;
        processors.Process(ids, logits);
        if (forcedEndToken is { } end && generated == limit - 1) ForcedTokenProcessor.Force(logits, end);
        custom?.Process(ids, logits);
        sampling.Process(ids, logits);
    }
}
