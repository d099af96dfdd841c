using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "qwen3" (Yang et al. 2025): Llama with an RMS norm of each head of queries and keys; upper layers may have a sliding window.</summary>
internal sealed class Qwen3Family : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "qwen3";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 4096, 22016, 32, 32, 32, 151936, 32768, headWidth: 128);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        bool bias = config.Flag("attention_bias", false);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 10000);
        PatternSpec[] patterns = Qwen2Family.Patterns(config, sizes);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (null, null, null), tied: false, Norm, (name, i) =>
        {
            AttentionSpec attention = sizes.Attention(name + ".self_attn", bias) with { Rotary = rotary, Pattern = patterns[i], Dropout = dropout };
            return HubModels.PreNorm(
                0f,
                (Norm(name + ".input_layernorm"), HubDecoders.WithHeadNorms(attention, name + ".self_attn", epsilon)),
                (Norm(name + ".post_attention_layernorm"), sizes.Gated(name + ".mlp", activation)));
        }, spanPrefix: "transformer.") with
        { Dropout = dropout };
    }
}
