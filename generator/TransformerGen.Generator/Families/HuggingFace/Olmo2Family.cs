using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "olmo2" (OLMo et al. 2024): RMS norms behind the branches instead of before them, and of all heads of queries and of keys together.</summary>
internal sealed class Olmo2Family : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "olmo2";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithoutClassifier;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 4096, 11008, 32, 32, null, 50304, 2048);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-5), dropout = config.Rate("attention_dropout", 0);
        bool bias = config.Flag("attention_bias", false);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 10000);
        config.Never("clip_qkv");
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (1, null, 50279), tied: false, Norm, (name, _) =>
        {
            AttentionSpec attention = sizes.Attention(name + ".self_attn", bias) with
            {
                Rotary = rotary,
                QueryNorm = All(name + ".self_attn.q_norm", sizes.Heads * sizes.HeadWidth),
                KeyNorm = All(name + ".self_attn.k_norm", sizes.KeyHeads * sizes.HeadWidth),
                Dropout = dropout,
            };
            return new LayerSpec(new EquatableList<ResidualSpec>(
            [
                ResidualSpec.Of(new BranchSpec(attention) { NormAfter = Norm(name + ".post_attention_layernorm") }),
                ResidualSpec.Of(new BranchSpec(sizes.Gated(name + ".mlp", activation)) { NormAfter = Norm(name + ".post_feedforward_layernorm") }),
            ]));
        }) with
        { Dropout = dropout };

        HeadNormSpec All(string name, int width) => new(new EquatableList<string>([name + ".weight"]), null, 1, width, NormKind.Rms, epsilon);
    }
}
