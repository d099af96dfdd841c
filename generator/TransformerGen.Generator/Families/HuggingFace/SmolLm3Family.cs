using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "smollm3" (Bakouch et al. 2025): Llama in which some layers, every fourth as a rule, do not turn queries and keys, and may have a sliding window.</summary>
internal sealed class SmolLm3Family : HubFamily
{
    private const string RotatedKey = "no_rope_layers", IntervalKey = "no_rope_layer_interval";

    /// <inheritdoc/>
    public override string ModelType => "smollm3";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <summary>Left over from the configs of Qwen2.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["max_window_layers"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 2048, 11008, 36, 16, 4, 128256, 32768);
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), dropout = config.Rate("attention_dropout", 0);
        bool attentionBias = config.Flag("attention_bias", false), feedForwardBias = config.Flag("mlp_bias", false);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = sizes.Rotary(config, 2000000);
        bool[] rotated = Rotated(config, sizes.Layers);
        int? window = HubDecoders.Window(config, null);
        window = config.Flag("use_sliding_window", false) ? window : null;
        bool[] sliding = HubDecoders.Sliding(config, sizes.Layers, window, i => window is not null && !rotated[i]);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubDecoders.ByLlamasNames(config, task, sizes, (128004, 128000, 128001), tied: true, Norm, (name, i) =>
        {
            AttentionSpec attention = sizes.Attention(name + ".self_attn", attentionBias) with
            {
                Rotary = rotated[i] ? rotary : null,
                Pattern = sliding[i] ? HubDecoders.Pattern(window, sizes.Length) : PatternSpec.Full,
                Dropout = dropout,
            };
            return HubModels.PreNorm(
                0f,
                (Norm(name + ".input_layernorm"), attention),
                (Norm(name + ".post_attention_layernorm"), sizes.Gated(name + ".mlp", activation, feedForwardBias)));
        }, spanPrefix: "transformer.") with
        { Dropout = dropout };
    }

    /// <summary>Layers that turn queries and keys: those with a 1 in no_rope_layers (which names the others), else all but each last of no_rope_layer_interval.</summary>
    private static bool[] Rotated(HubConfig config, int layers)
    {
        int interval = config.InRange(IntervalKey, 4, 1, int.MaxValue, "of how many layers the last has no rotary positions");
        if (config.Reader.Integers(RotatedKey) is not { } marks)
        {
            return [.. Enumerable.Range(1, layers).Select(number => number % interval != 0)];
        }

        if (marks.Count < layers || marks.Any(mark => mark is not (0 or 1)))
        {
            config.Refuse(RotatedKey, $"a list of {Number.Text(layers)} numbers, one for each layer: 1 with rotary positions, 0 without");
        }

        return [.. Enumerable.Range(0, layers).Select(i => i < marks.Count && marks[i] == 1)];
    }
}
