using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "llama" (Touvron et al. 2023): pre-norm with RMS norms, rotary positions, grouped keys, SwiGLU.</summary>
internal sealed class LlamaFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <summary>Keys that converters left in published files; transformers reads none of them.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["is_llama_config", "max_sequence_length", "rope_interleaved"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 4096, 11008, 32, 32, null, 32000, 2048);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        bool attentionBias = config.Flag("attention_bias", false), feedForwardBias = config.Flag("mlp_bias", false);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 10000);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (null, 1, 2), tied: false, Norm, (name, _) => HubModels.PreNorm(
            0f,
            (Norm(name + ".input_layernorm"), sizes.Attention(name + ".self_attn", attentionBias) with { Rotary = rotary, Dropout = dropout }),
            (Norm(name + ".post_attention_layernorm"), sizes.Gated(name + ".mlp", activation, feedForwardBias))), spanPrefix: "transformer.") with
        { Dropout = dropout };
    }
}
