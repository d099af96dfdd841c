using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "qwen3_moe" (Yang et al. 2025): Qwen3 with a mixture of experts in some or all layers.</summary>
internal sealed class Qwen3MoeFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "qwen3_moe";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <summary>Unlike Qwen2 and Qwen3 the window is every layer's.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["max_window_layers"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 2048, 6144, 24, 32, 4, 151936, 32768);
        (int count, int perToken) = HubDecoders.ExpertCounts(config, sizes.Layers, "num_experts", 128, 8, "num_local_experts");
        int inner = config.Size("moe_intermediate_size", 768, "the inner width of one expert");
        int step = config.InRange("decoder_sparse_step", 1, 1, int.MaxValue, "every how many layers there are experts");
        var plain = new HashSet<int>(config.Reader.Integers("mlp_only_layers") ?? []);
        bool normalise = config.Flag("norm_topk_prob", false), bias = config.Flag("attention_bias", false);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 10000);
        int? window = HubDecoders.Window(config, 4096);
        PatternSpec pattern = HubDecoders.Pattern(config.Flag("use_sliding_window", false) ? window : null, sizes.Length);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (null, null, null), tied: false, Norm, (name, i) =>
        {
            AttentionSpec attention = sizes.Attention(name + ".self_attn", bias) with { Rotary = rotary, Pattern = pattern, Dropout = dropout };
            SublayerSpec feedForward = !plain.Contains(i) && (i + 1) % step == 0
                ? HubDecoders.Experts(name + ".mlp", ("gate_proj", "up_proj", "down_proj"), sizes.Width, count, perToken, inner, activation, normalise)
                : sizes.Gated(name + ".mlp", activation);
            return HubModels.PreNorm(
                0f,
                (Norm(name + ".input_layernorm"), HubDecoders.WithHeadNorms(attention, name + ".self_attn", epsilon)),
                (Norm(name + ".post_attention_layernorm"), feedForward));
        }, spanPrefix: "transformer.") with
        { Dropout = dropout };
    }
}
