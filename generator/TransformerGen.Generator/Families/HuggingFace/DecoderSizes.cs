using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>Sizes of a decoder by transformers' usual names.</summary>
/// <param name="Width">hidden_size.</param>
/// <param name="Inner">intermediate_size.</param>
/// <param name="Heads">num_attention_heads.</param>
/// <param name="KeyHeads">num_key_value_heads.</param>
/// <param name="HeadWidth">head_dim, or hidden_size / num_attention_heads.</param>
/// <param name="Layers">num_hidden_layers.</param>
/// <param name="Vocabulary">vocab_size.</param>
/// <param name="Length">max_position_embeddings.</param>
internal sealed record DecoderSizes(int Width, int Inner, int Heads, int KeyHeads, int HeadWidth, int Layers, int Vocabulary, int Length)
{
    /// <summary>Reads them; the arguments are transformers' defaults.</summary>
    /// <param name="config">The file.</param>
    /// <param name="width">hidden_size.</param>
    /// <param name="inner">intermediate_size.</param>
    /// <param name="layers">num_hidden_layers.</param>
    /// <param name="heads">num_attention_heads.</param>
    /// <param name="keyHeads">num_key_value_heads; null for as many as heads.</param>
    /// <param name="vocabulary">vocab_size.</param>
    /// <param name="length">max_position_embeddings.</param>
    /// <param name="headWidth">head_dim; null for hidden_size / num_attention_heads.</param>
    public static DecoderSizes Read(HubConfig config, int width, int inner, int layers, int heads, int? keyHeads, int vocabulary, int length, int? headWidth = null)
    {
        int d = config.Size("hidden_size", width, "the width of every position"), h = config.Heads("num_attention_heads", heads);
        return new DecoderSizes(
            d,
            config.Size("intermediate_size", inner, "the inner width of the feed-forward sublayer"),
            h,
            config.KeyHeads("num_key_value_heads", h, keyHeads ?? h),
            config.HeadWidth(d, h, "num_attention_heads", "head_dim", headWidth),
            config.Layers("num_hidden_layers", layers),
            config.Vocabulary(vocabulary),
            config.Length("max_position_embeddings", length));
    }

    /// <summary>Causal self-attention with q_proj, k_proj, v_proj and an output product.</summary>
    public AttentionSpec Attention(string name, bool bias = false, bool? outputBias = null, string output = "o_proj") =>
        HubModels.Attention(name, Heads, KeyHeads, HeadWidth, bias, Width, outputBias, output);

    /// <summary>Feed-forward with gate_proj, up_proj and down_proj.</summary>
    public FeedForwardSpec Gated(string name, ActivationKind activation, bool bias = false) => HubModels.Gated(name, Inner, Width, activation, bias);

    /// <summary>Rotary positions of whole heads, halves of a head turning together.</summary>
    public RotarySpec Rotary(HubConfig config, double theta) => HubRope.Whole(config, RotaryKind.HalfSplit, HeadWidth, theta, Length);
}
