using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "qwen2" (Yang et al. 2024): Llama with biases of queries, keys and values; upper layers may have a sliding window.</summary>
internal sealed class Qwen2Family : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "qwen2";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <summary>For servers that compute long contexts in another way; transformers does not.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["dual_chunk_attention_config"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 4096, 22016, 32, 32, 32, 151936, 32768);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 10000);
        PatternSpec[] patterns = Patterns(config, sizes);
        config.Only("use_mrope", false);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (null, null, null), tied: false, Norm, (name, i) => HubModels.PreNorm(
            0f,
            (Norm(name + ".input_layernorm"), sizes.Attention(name + ".self_attn", bias: true, outputBias: false) with { Rotary = rotary, Pattern = patterns[i], Dropout = dropout }),
            (Norm(name + ".post_attention_layernorm"), sizes.Gated(name + ".mlp", activation))), spanPrefix: "transformer.") with
        { Dropout = dropout };
    }

    /// <summary>Where use_sliding_window says so, layers from max_window_layers on, or those that layer_types names.</summary>
    public static PatternSpec[] Patterns(HubConfig config, DecoderSizes sizes)
    {
        int? window = HubDecoders.Window(config, 4096);
        window = config.Flag("use_sliding_window", false) ? window : null;
        int first = config.InRange("max_window_layers", 28, 0, int.MaxValue, "the number of layers below those with a sliding window");
        bool[] sliding = HubDecoders.Sliding(config, sizes.Layers, window, i => window is not null && i >= first);
        return [.. sliding.Select(isSliding => isSliding ? HubDecoders.Pattern(window, sizes.Length) : PatternSpec.Full)];
    }
}
