using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// model_type "gpt_neox" (Black et al. 2022): attention and feed-forward beside each other, each behind its own norm, partial rotation; queries, keys and values
/// are one product, head by head.
/// </summary>
internal sealed class GptNeoXFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gpt_neox";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <summary>
    /// rotary_pct and rotary_emb_base count; transformers writes them under the usual names, too, and does not read those.
    /// The rest stands in configs of GPT-NeoX-20B.
    /// </summary>
    protected override IReadOnlyList<string> WithoutEffect => ["partial_rotary_factor", "rope_theta", "attention_probs_dropout_prob", "hidden_dropout_prob"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("hidden_size", 6144, "the width of every position"), heads = config.Heads("num_attention_heads", 64), layers = config.Layers("num_hidden_layers", 44);
        int inner = config.Size("intermediate_size", 24576, "the inner width of the feed-forward sublayer"), headWidth = config.HeadWidth(width, heads, "num_attention_heads");
        int vocabulary = config.Vocabulary(50432), length = config.Length("max_position_embeddings", 2048);
        float epsilon = config.Epsilon("layer_norm_eps", 1e-5), attentionDropout = config.Rate("attention_dropout", 0), dropout = config.Rate("hidden_dropout", 0);
        bool bias = config.Flag("attention_bias", true), parallel = config.Flag("use_parallel_residual", true);
        ActivationKind activation = config.Activation("hidden_act", "gelu");
        RotarySpec rotary = HubRope.Read(
            config, RotaryKind.HalfSplit, HubRope.Turned(config, headWidth, 0.25, "rotary_pct"), 10000, length, "rotary_emb_base");
        string prefix = HubDecoders.Prefix(task, "gpt_neox.");
        HeadSpec head = HubDecoders.Head(config, task, vocabulary, prefix + "embed_in.weight", tied: false, output: "embed_out", tokens: "classifier", drop: 0.1);
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        return HubModels.Causal(config, width, vocabulary, length, "gpt_neox.", null, 0, 2) with
        {
            Decoder = new StackSpec(
                "decoder",
                new EmbeddingSpec(prefix + "embed_in.weight", width, 1f) { Dropout = dropout },
                HubModels.Layers(layers, i =>
                {
                    string name = prefix + "layers." + Number.Text(i);
                    AttentionSpec attention = AttentionSpec.Self(
                        heads,
                        headWidth,
                        causal: true,
                        ProjectionSpec.Of(bias, name + ".attention.query_key_value", 3 * width, TensorLayout.Grouped(heads, headWidth, headWidth, headWidth)),
                        ProjectionSpec.Of(bias, (name + ".attention.dense", width))) with
                    {
                        Rotary = rotary,
                        Dropout = attentionDropout,
                    };
                    var feedForward = new FeedForwardSpec(
                        ProjectionSpec.Of(bias: true, (name + ".mlp.dense_h_to_4h", inner)), ProjectionSpec.Of(bias: true, (name + ".mlp.dense_4h_to_h", width)), inner, activation);
                    (NormSpec, SublayerSpec)[] parts = [(Norm(name + ".input_layernorm"), attention), (Norm(name + ".post_attention_layernorm"), feedForward)];
                    return parallel ? HubModels.Parallel(dropout, parts) : HubModels.PreNorm(dropout, parts);
                }),
                Norm(prefix + "final_layer_norm")),
            Head = head,
            Aliases = HubHeads.Aliases(head, "embed_out"),
            Dropout = dropout,
            IgnoredTensors = new EquatableList<string>(["*.attention.bias", "*.attention.masked_bias", "*.rotary_emb.inv_freq"]),
        };
    }
}
