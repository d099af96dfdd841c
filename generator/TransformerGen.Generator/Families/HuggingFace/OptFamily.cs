using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// model_type "opt" (Zhang et al. 2022): learned positions from row 2 of their table; norms before or, in the model of 350M, behind the sublayers; embeddings may
/// have a width of their own.
/// </summary>
internal sealed class OptFamily : HubFamily
{
    // torch's default: the config has no key for it.
    private const float Epsilon = 1e-5f;

    /// <inheritdoc/>
    public override string ModelType => "opt";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithSpans;

    /// <summary>No layer reads the activation's dropout; the others are Galactica's.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["activation_dropout", "learned_embeddings", "scale_embeddings"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        const int Offset = 2;
        int width = config.Size("hidden_size", 768, "the width of every position"), heads = config.Heads("num_attention_heads", 12), layers = config.Layers("num_hidden_layers", 12);
        int inner = config.Size("ffn_dim", 3072, "the inner width of the feed-forward sublayer"), headWidth = config.HeadWidth(width, heads, "num_attention_heads");
        int vocabulary = config.Vocabulary(50272), length = config.Length("max_position_embeddings", 2048);
        int own = config.Optional("word_embed_proj_dim", 1, "the width of the embedding's table") ?? width;
        float dropout = config.Rate("dropout", 0.1), attentionDropout = config.Rate("attention_dropout", 0);
        bool bias = config.Flag("enable_bias", true), normFirst = config.Flag("do_layer_norm_before", true), noFinalNorm = config.Flag("_remove_final_layer_norm", false);
        ActivationKind activation = config.Activation("activation_function", "relu");
        config.Only("layer_norm_elementwise_affine", true);
        string prefix = HubDecoders.Prefix(task, "model.") + "decoder.";
        HeadSpec head = HubDecoders.Head(config, task, vocabulary, prefix + "embed_tokens.weight", tied: true);
        NormSpec Norm(string name) => new(name, NormKind.Layer, Epsilon);
        ModelSpec model = HubModels.Causal(config, width, vocabulary, length, "model.", 1, 2, 2);
        return model with
        {
            Decoder = new StackSpec(
                "decoder",
                new EmbeddingSpec(prefix + "embed_tokens.weight", own, 1f)
                {
                    PaddingRow = model.PadId,
                    TokenProjection = own == width ? null : ProjectionSpec.Of(bias: false, (prefix + "project_in", width)),
                    Positions = PositionKind.Learned,
                    PositionTable = new PositionTableSpec(prefix + "embed_positions.weight", length + Offset),
                    PositionOffset = Offset,
                },
                HubModels.Layers(layers, i =>
                {
                    string name = prefix + "layers." + Number.Text(i);
                    AttentionSpec attention = HubModels.Attention(name + ".self_attn", heads, heads, headWidth, bias, width, output: "out_proj") with { Dropout = attentionDropout };
                    var feedForward = new FeedForwardSpec(ProjectionSpec.Of(bias, (name + ".fc1", inner)), ProjectionSpec.Of(bias, (name + ".fc2", width)), inner, activation);
                    (NormSpec, SublayerSpec)[] parts = [(Norm(name + ".self_attn_layer_norm"), attention), (Norm(name + ".final_layer_norm"), feedForward)];
                    return normFirst ? HubModels.PreNorm(dropout, parts) : HubModels.PostNorm(dropout, parts);
                }),
                normFirst && !noFinalNorm ? Norm(prefix + "final_layer_norm") : null)
            {
                Projection = own == width ? null : ProjectionSpec.Of(bias: false, (prefix + "project_out", own)),
                LayerDrop = config.Rate("layerdrop", 0),
            },
            Head = head,
            Aliases = HubHeads.Aliases(head, "lm_head"),
            Dropout = dropout,
            Initializer = HubModels.Initializer(config, 0.02, "init_std"),
        };
    }
}
