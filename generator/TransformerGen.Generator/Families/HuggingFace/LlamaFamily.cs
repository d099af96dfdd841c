using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "llama" (Touvron et al. 2023): pre-norm with RMS norms, rotary positions, grouped keys, SwiGLU.</summary>
internal sealed class LlamaFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => [HubTask.CausalLanguage];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("hidden_size", 4096, "the width of every position"), inner = config.Size("intermediate_size", 11008, "the inner width of the feed-forward sublayer");
        int heads = config.Heads("num_attention_heads", 32), layers = config.Layers("num_hidden_layers", 32);
        int vocabulary = config.Vocabulary(32000), length = config.Length("max_position_embeddings", 2048);
        int keyHeads = config.KeyHeads("num_key_value_heads", heads, heads), headWidth = config.HeadWidth(width, heads, "num_attention_heads", "head_dim");
        float epsilon = config.Epsilon("rms_norm_eps", 1e-6), attentionDropout = config.Rate("attention_dropout", 0);
        bool attentionBias = config.Flag("attention_bias", false), feedForwardBias = config.Flag("mlp_bias", false);
        ActivationKind activation = config.Activation("hidden_act", "silu");
        RotarySpec rotary = HubRope.Read(config, RotaryKind.HalfSplit, headWidth, 10000, length);
        NormSpec Norm(string name) => new(name, NormKind.Rms, epsilon);
        return HubModels.Causal(config, width, vocabulary, length, "model.") with
        {
            Decoder = new StackSpec(
                "decoder",
                new EmbeddingSpec("model.embed_tokens.weight", width, 1f),
                HubModels.Layers(layers, i =>
                {
                    string name = "model.layers." + Number.Text(i);
                    return HubModels.PreNorm(
                        0f,
                        (Norm(name + ".input_layernorm"), HubModels.Attention(name + ".self_attn", heads, keyHeads, headWidth, attentionBias, width) with { Rotary = rotary, Dropout = attentionDropout }),
                        (Norm(name + ".post_attention_layernorm"), HubModels.Gated(name + ".mlp", inner, width, activation, feedForwardBias)));
                }),
                Norm("model.norm")),
            Head = HubModels.LanguageHead(vocabulary, "model.embed_tokens", tied: config.Flag("tie_word_embeddings", false)),
            Dropout = attentionDropout,
        };
    }
}
