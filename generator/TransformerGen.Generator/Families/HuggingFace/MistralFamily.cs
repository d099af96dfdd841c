using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "mistral" (Jiang et al. 2023): Llama with a sliding window in every layer.</summary>
internal sealed class MistralFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "mistral";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 4096, 14336, 32, 32, 8, 32000, 4096 * 32);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 10000);
        PatternSpec pattern = HubDecoders.Pattern(HubDecoders.Window(config, 4096), sizes.Length);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (null, 1, 2), tied: false, Norm, (name, _) => HubModels.PreNorm(
            0f,
            (Norm(name + ".input_layernorm"), sizes.Attention(name + ".self_attn") with { Rotary = rotary, Pattern = pattern, Dropout = dropout }),
            (Norm(name + ".post_attention_layernorm"), sizes.Gated(name + ".mlp", activation)))) with
        { Dropout = dropout };
    }
}
