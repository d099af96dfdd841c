namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "mt5" (Xue et al. 2021): T5 1.1 over many languages.</summary>
internal sealed class Mt5Family : T5Family
{
    /// <inheritdoc/>
    public override string ModelType => "mt5";

    /// <inheritdoc/>
    protected override (int Vocabulary, int Inner, int Layers, int Heads, string FeedForward, bool Tied) Ordinary => (250112, 1024, 8, 6, "gated-gelu", false);

    /// <inheritdoc/>
    protected override int? OrdinaryStart => 0;
}
