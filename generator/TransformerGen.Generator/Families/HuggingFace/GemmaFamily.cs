using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "gemma" (Mesnard et al. 2024): Llama with embeddings times √D, gains 1 + weight, GeGLU, heads of their own width.</summary>
internal sealed class GemmaFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gemma";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithTokens;

    /// <summary>hidden_act counts, as in transformers 5; files still hold the key that its first versions took instead.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["hidden_activation"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 3072, 24576, 28, 16, 16, 256000, 8192, headWidth: 256);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        bool bias = config.Flag("attention_bias", false);
        ActivationKind activation = config.Activation("hidden_act", "gelu_pytorch_tanh");
        config.Only("use_bidirectional_attention", false);
        RotarySpec rotary = sizes.Rotary(config, 10000);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon) { UnitOffset = true };
        ModelSpec model = HubDecoders.ByLlamasNames(config, task, sizes, (0, 2, 1), tied: true, Norm, (name, _) => HubModels.PreNorm(
            0f,
            (Norm(name + ".input_layernorm"), sizes.Attention(name + ".self_attn", bias) with { Rotary = rotary, Dropout = dropout }),
            (Norm(name + ".post_attention_layernorm"), sizes.Gated(name + ".mlp", activation))));
        return Scaled(model) with { Dropout = dropout };
    }

    /// <summary>Embeddings times √D.</summary>
    public static ModelSpec Scaled(ModelSpec model) =>
        model with { Decoder = model.Decoder! with { Embedding = model.Decoder.Embedding with { Scale = (float)Math.Sqrt(model.Width) } } };

    /// <summary>Norms before and behind each branch, by the names that Gemma 2 and 3 share.</summary>
    public static LayerSpec Sandwich(string name, Func<string, NormSpec> norm, AttentionSpec attention, FeedForwardSpec feedForward) => new(new EquatableList<ResidualSpec>(
    [
        ResidualSpec.Of(new BranchSpec(attention) { NormBefore = norm(name + ".input_layernorm"), NormAfter = norm(name + ".post_attention_layernorm") }),
        ResidualSpec.Of(new BranchSpec(feedForward) { NormBefore = norm(name + ".pre_feedforward_layernorm"), NormAfter = norm(name + ".post_feedforward_layernorm") }),
    ]));

    /// <summary>A soft cap: 0 where the file says null.</summary>
    public static float SoftCap(HubConfig config, string key, double? ordinary) =>
        config.Reader.IsGiven(key) || (ordinary is not null && !config.Reader.Has(key)) ? (float)config.Positive(key, ordinary ?? 1) : 0f;
}
