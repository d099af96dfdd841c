using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "olmo" (Groeneveld et al. 2024): Llama with layer norms that have no parameters; queries, keys and values may be clipped.</summary>
internal sealed class OlmoFamily : HubFamily
{
    // In transformers' code, not in the file.
    private const float Epsilon = 1e-5f;

    /// <inheritdoc/>
    public override string ModelType => "olmo";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithoutClassifier;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 4096, 11008, 32, 32, null, 50304, 2048);
        float dropout = config.Rate("attention_dropout", 0);
        bool bias = config.Flag("attention_bias", false);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 10000);
        float clip = config.Reader.IsGiven("clip_qkv") ? (float)config.Positive("clip_qkv", 1) : 0f;
        NormSpec Norm(string name) => NormSpec.Bare(name, Epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (1, null, 50279), tied: false, Norm, (name, _) => HubModels.PreNorm(
            0f,
            (Norm(name + ".input_layernorm"), sizes.Attention(name + ".self_attn", bias) with { Clip = clip, Rotary = rotary, Dropout = dropout }),
            (Norm(name + ".post_attention_layernorm"), sizes.Gated(name + ".mlp", activation)))) with
        { Dropout = dropout };
    }
}
