using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "gemma2" (Riviere et al. 2024): norms around each branch, soft caps of scores and logits, a sliding window in every second layer.</summary>
internal sealed class Gemma2Family : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gemma2";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithTokens;

    /// <summary>hidden_activation counts, not hidden_act; sliding_window, not sliding_window_size.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["cache_implementation", "hidden_act", "sliding_window_size"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 2304, 9216, 26, 8, 4, 256000, 8192, headWidth: 256);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        bool bias = config.Flag("attention_bias", false);
        ActivationKind activation = config.Activation("hidden_activation", "gelu_pytorch_tanh");
        float scale = (float)Math.Pow(config.Positive("query_pre_attn_scalar", 256), -0.5);
        float ofScores = GemmaFamily.SoftCap(config, "attn_logit_softcapping", 50), ofLogits = GemmaFamily.SoftCap(config, "final_logit_softcapping", 30);
        config.Only("use_bidirectional_attention", false);
        RotarySpec rotary = sizes.Rotary(config, 10000);
        int? window = HubDecoders.Window(config, 4096);
        bool[] sliding = HubDecoders.Sliding(config, sizes.Layers, window, i => i % 2 == 0);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon) { UnitOffset = true };
        ModelSpec model = HubDecoders.ByLlamasNames(config, task, sizes, (0, 2, 1), tied: true, Norm, (name, i) =>
        {
            AttentionSpec attention = sizes.Attention(name + ".self_attn", bias) with
            {
                Rotary = rotary,
                Scale = scale,
                SoftCap = ofScores,
                Pattern = sliding[i] ? HubDecoders.Pattern(window, sizes.Length) : PatternSpec.Full,
                Dropout = dropout,
            };
            return GemmaFamily.Sandwich(name, Norm, attention, sizes.Gated(name + ".mlp", activation));
        });
        return GemmaFamily.Scaled(model) with { Head = model.Head with { SoftCap = model.Head.Kind == HeadKind.Language ? ofLogits : 0f }, Dropout = dropout };
    }
}
