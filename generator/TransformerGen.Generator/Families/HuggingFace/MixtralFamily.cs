using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "mixtral" (Jiang et al. 2024): Mistral with a mixture of experts in every layer, whose chosen probabilities are divided by their sum.</summary>
internal sealed class MixtralFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "mixtral";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 4096, 14336, 32, 32, 8, 32000, 4096 * 32);
        (int count, int perToken) = HubDecoders.ExpertCounts(config, sizes.Layers, "num_local_experts", 8, 2, "num_experts");
        float epsilon = config.Epsilon("rms_norm_eps", 1e-5), dropout = config.Rate("attention_dropout", 0);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 1e6);
        PatternSpec pattern = HubDecoders.Pattern(HubDecoders.Window(config, null), sizes.Length);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (null, 1, 2), tied: false, Norm, (name, _) => HubModels.PreNorm(
            0f,
            (Norm(name + ".input_layernorm"), sizes.Attention(name + ".self_attn") with { Rotary = rotary, Pattern = pattern, Dropout = dropout }),
            (Norm(name + ".post_attention_layernorm"),
                HubDecoders.Experts(name + ".block_sparse_moe", ("w1", "w3", "w2"), sizes.Width, count, perToken, sizes.Inner, activation, normalise: true)))) with
        { Dropout = dropout };
    }
}
