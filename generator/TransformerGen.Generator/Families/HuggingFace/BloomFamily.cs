using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// model_type "bloom" (Scao et al. 2022): scores with a slope by distance (ALiBi) instead of positions, a norm behind the embedding; queries, keys and values are
/// one product, head by head. Nothing limits the length of a sequence.
/// </summary>
internal sealed class BloomFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "bloom";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <summary>The inner width is four times the width whatever n_inner says; the others are of other implementations.</summary>
    protected override IReadOnlyList<string> WithoutEffect =>
    [
        "slow_but_exact", "n_inner", "offset_alibi", "seq_length", "skip_bias_add", "skip_bias_add_qkv", "attention_softmax_in_fp32", "bias_dropout_fusion",
        "masked_softmax_fusion", "unk_token_id",
    ];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("n_embed", 64, "the width of every position", "hidden_size"), heads = config.Heads("num_attention_heads", 8, "n_head");
        int layers = config.Layers("num_hidden_layers", 2, "n_layer"), vocabulary = config.Vocabulary(250880), headWidth = config.HeadWidth(width, heads, "n_head"), inner = 4 * width;
        float epsilon = config.Epsilon("layer_norm_epsilon", 1e-5), dropout = config.Rate("hidden_dropout", 0), attentionDropout = config.Rate("attention_dropout", 0);
        bool normedSkip = config.Flag("apply_residual_connection_post_layernorm", false);
        string prefix = HubDecoders.Prefix(task, "transformer.");
        HeadSpec head = HubDecoders.Head(config, task, vocabulary, prefix + "word_embeddings.weight", tied: true, tokens: "classifier", drop: dropout);
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        return HubModels.Causal(config, width, vocabulary, int.MaxValue / 2, "transformer.", null, 1, 2) with
        {
            Decoder = new StackSpec(
                "decoder",
                new EmbeddingSpec(prefix + "word_embeddings.weight", width, 1f) { Norm = Norm(prefix + "word_embeddings_layernorm") },
                HubModels.Layers(layers, i =>
                {
                    string name = prefix + "h." + Number.Text(i);
                    AttentionSpec attention = AttentionSpec.Self(
                        heads,
                        headWidth,
                        causal: true,
                        ProjectionSpec.Of(bias: true, name + ".self_attention.query_key_value", 3 * width, TensorLayout.Grouped(heads, headWidth, headWidth, headWidth)),
                        ProjectionSpec.Of(bias: true, (name + ".self_attention.dense", width))) with
                    {
                        Bias = new BiasSpec(BiasKind.Linear),
                        Dropout = attentionDropout,
                    };
                    var feedForward = new FeedForwardSpec(
                        ProjectionSpec.Of(bias: true, (name + ".mlp.dense_h_to_4h", inner)), ProjectionSpec.Of(bias: true, (name + ".mlp.dense_4h_to_h", width)), inner, ActivationKind.GeluTanh);
                    return new LayerSpec(new EquatableList<ResidualSpec>(
                        [Residual(Norm(name + ".input_layernorm"), attention), Residual(Norm(name + ".post_attention_layernorm"), feedForward)]));
                }),
                Norm(prefix + "ln_f")),
            Head = head,
            Aliases = HubHeads.Aliases(head, "lm_head"),
            Dropout = dropout,
        };

        ResidualSpec Residual(NormSpec norm, SublayerSpec function) => ResidualSpec.Of(new BranchSpec(function) { NormBefore = norm, Dropout = dropout }) with { SkipIsNormed = normedSkip };
    }
}
