using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "starcoder2" (Lozhkov et al. 2024): grouped keys and rotary positions with layer norms, biases, a plain feed-forward and a sliding window.</summary>
internal sealed class Starcoder2Family : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "starcoder2";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithTokens;

    /// <summary>Left over from the configs of its predecessor: hidden_act and norm_epsilon count.</summary>
    protected override IReadOnlyList<string> WithoutEffect =>
        ["activation_function", "layer_norm_epsilon", "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "scale_attn_weights", "mlp_type", "norm_type"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        DecoderSizes sizes = DecoderSizes.Read(config, 3072, 12288, 30, 24, 2, 49152, 4096);
        float epsilon = config.Epsilon("norm_epsilon", 1e-5);
        float attentionDropout = config.Rate("attention_dropout", 0), embeddingDropout = config.Rate("embedding_dropout", 0), dropout = config.Rate("residual_dropout", 0);
        bool bias = config.Flag("use_bias", true);
        ActivationKind activation = config.Activation("hidden_act", "gelu_pytorch_tanh");
        RotarySpec rotary = sizes.Rotary(config, 10000);
        PatternSpec pattern = HubDecoders.Pattern(HubDecoders.Window(config, null), sizes.Length);
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        ModelSpec model = HubDecoders.ByLlamasNames(config, task, sizes, (null, 50256, 50256), tied: true, Norm, (name, _) =>
        {
            var feedForward = new FeedForwardSpec(
                ProjectionSpec.Of(bias, (name + ".mlp.c_fc", sizes.Inner)), ProjectionSpec.Of(bias, (name + ".mlp.c_proj", sizes.Width)), sizes.Inner, activation);
            return HubModels.PreNorm(
                dropout,
                (Norm(name + ".input_layernorm"), sizes.Attention(name + ".self_attn", bias) with { Rotary = rotary, Pattern = pattern, Dropout = attentionDropout }),
                (Norm(name + ".post_attention_layernorm"), feedForward));
        });
        return model with
        {
            Decoder = model.Decoder! with { Embedding = model.Decoder.Embedding with { Dropout = embeddingDropout } },
            Dropout = dropout,
            Initializer = HubModels.Initializer(config, 0.018042),
        };
    }
}
