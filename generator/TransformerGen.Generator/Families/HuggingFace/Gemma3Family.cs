using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// model_type "gemma3_text" (Kamath et al. 2025): Gemma 2 with norms of queries and keys in place of the scores' soft cap, and a second base of rotation for
/// layers with a sliding window.
/// </summary>
internal sealed class Gemma3Family : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gemma3_text";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.Tasks;

    /// <summary>transformers stores the scores' soft cap, and no layer reads it.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["attn_logit_softcapping", "cache_implementation", "hidden_act"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 2304, 9216, 26, 8, 4, 262208, 131072, headWidth: 256);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        bool bias = config.Flag("attention_bias", false);
        ActivationKind activation = config.Activation("hidden_activation", "gelu_pytorch_tanh");
        float scale = (float)Math.Pow(config.Positive("query_pre_attn_scalar", 256), -0.5), ofLogits = GemmaFamily.SoftCap(config, "final_logit_softcapping", null);
        config.Only("use_bidirectional_attention", false);
        config.Only("partial_rotary_factor", 1);
        int? window = HubDecoders.Window(config, 4096);
        int period = config.InRange("sliding_window_pattern", 6, 1, int.MaxValue, "the number of layers from one without a sliding window to the next");
        bool[] sliding = HubDecoders.Sliding(config, sizes.Layers, window, i => (i + 1) % period != 0);
        RotarySpec everywhere = HubRope.Read(config, RotaryKind.HalfSplit, sizes.HeadWidth, 1e6, sizes.Length, layerType: "full_attention");
        RotarySpec nearby = HubRope.Read(config, RotaryKind.HalfSplit, sizes.HeadWidth, 10000, sizes.Length, "rope_local_base_freq", scaled: false, "sliding_attention");
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon) { UnitOffset = true };
        ModelSpec model = HubDecoders.ByLlamasNames(config, task, sizes, (0, 2, 1), tied: true, Norm, (name, i) =>
        {
            AttentionSpec attention = sizes.Attention(name + ".self_attn", bias) with
            {
                Rotary = sliding[i] ? nearby : everywhere,
                Scale = scale,
                Pattern = sliding[i] ? HubDecoders.Pattern(window, sizes.Length) : PatternSpec.Full,
                Dropout = dropout,
            };
            attention = HubDecoders.WithHeadNorms(attention, name + ".self_attn", epsilon, unitOffset: true);
            return GemmaFamily.Sandwich(name, Norm, attention, sizes.Gated(name + ".mlp", activation));
        });
        return GemmaFamily.Scaled(model) with { Head = model.Head with { SoftCap = model.Head.Kind == HeadKind.Language ? ofLogits : 0f }, Dropout = dropout };
    }
}
