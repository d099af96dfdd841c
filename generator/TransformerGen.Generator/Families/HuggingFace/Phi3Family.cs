using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "phi3" (Abdin et al. 2024): Llama with fused products (qkv_proj, gate_up_proj) and a sliding window; its long rotation up to the original length.</summary>
internal sealed class Phi3Family : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "phi3";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithTokens;

    /// <summary>transformers has no dropout behind the embedding; the original length belongs to longrope.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["embd_pdrop", "original_max_position_embeddings", "interpolate_factor", "full_attn_mod", "lm_head_bias"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 3072, 8192, 32, 32, null, 32064, 4096);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-5), attentionDropout = config.Rate("attention_dropout", 0), dropout = config.Rate("resid_pdrop", 0);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = HubRope.Read(
            config, RotaryKind.HalfSplit, HubRope.Turned(config, sizes.HeadWidth, 1), 10000, sizes.Length, types: ["default", "longrope"], longNames: ["su", "yarn"], ordinaryOriginal: 4096);
        PatternSpec pattern = HubDecoders.Pattern(HubDecoders.Window(config, null), sizes.Length);
        config.Only("attention_bias", false);
        config.Only("mlp_bias", false);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (32000, 1, 32000), tied: false, Norm, (name, _) =>
        {
            AttentionSpec attention = sizes.Attention(name + ".self_attn");
            attention = attention with
            {
                Query = ProjectionSpec.Of(bias: false, (name + ".self_attn.qkv_proj", attention.Query.Width)),
                Rotary = rotary,
                Pattern = pattern,
                Dropout = attentionDropout,
            };
            FeedForwardSpec feedForward = sizes.Gated(name + ".mlp", activation) with { Widen = ProjectionSpec.Of(bias: false, (name + ".mlp.gate_up_proj", 2 * sizes.Inner)) };
            return HubModels.PreNorm(dropout, (Norm(name + ".input_layernorm"), attention), (Norm(name + ".post_attention_layernorm"), feedForward));
        }) with
        { Dropout = dropout };
    }
}
