using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "gpt2" (Radford et al. 2019): pre-norm, learned positions, products stored as Conv1D, which is transposed.</summary>
internal sealed class Gpt2Family : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gpt2";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect =>
    [
        "reorder_and_upcast_attn", "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout", "n_ctx", "n_special",
        "predict_special_tokens", "output_past",
    ];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("hidden_size", 768, "the width of every position", "n_embd"), heads = config.Heads("num_attention_heads", 12, "n_head");
        int layers = config.Layers("num_hidden_layers", 12, "n_layer"), vocabulary = config.Vocabulary(50257), length = config.Length("max_position_embeddings", 1024, "n_positions");
        int inner = config.Optional("n_inner", 1, "the inner width of the feed-forward sublayer") ?? 4 * width, headWidth = config.HeadWidth(width, heads, "n_head");
        float epsilon = config.Epsilon("layer_norm_epsilon", 1e-5);
        float embeddingDropout = config.Rate("embd_pdrop", 0.1), dropout = config.Rate("resid_pdrop", 0.1), attentionDropout = config.Rate("attn_pdrop", 0.1);
        ActivationKind activation = config.Activation("activation_function", "gelu_new");
        bool scaled = config.Flag("scale_attn_weights", true), byLayer = config.Flag("scale_attn_by_inverse_layer_idx", false);
        string prefix = HubDecoders.Prefix(task, "transformer.");
        HeadSpec head = HubDecoders.Head(config, task, vocabulary, prefix + "wte.weight", tied: true, tokens: "classifier");
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        ProjectionSpec Conv1D(string name, int rows) => ProjectionSpec.Of(bias: true, name, rows, TensorLayout.Plain with { Transposed = true });
        return HubModels.Causal(config, width, vocabulary, length, "transformer.", begin: 50256, end: 50256) with
        {
            Decoder = new StackSpec(
                "decoder",
                new EmbeddingSpec(prefix + "wte.weight", width, 1f)
                {
                    Positions = PositionKind.Learned,
                    PositionTable = new PositionTableSpec(prefix + "wpe.weight", length),
                    Dropout = embeddingDropout,
                },
                HubModels.Layers(layers, i =>
                {
                    string name = prefix + "h." + Number.Text(i);
                    AttentionSpec attention = AttentionSpec.Self(
                        heads,
                        headWidth,
                        causal: true,
                        Conv1D(name + ".attn.c_attn", 3 * width),
                        Conv1D(name + ".attn.c_proj", width)) with
                    {
                        Scale = (float)((scaled ? Math.Pow(headWidth, -0.5) : 1) / (byLayer ? i + 1 : 1)),
                        Dropout = attentionDropout,
                    };
                    var feedForward = new FeedForwardSpec(Conv1D(name + ".mlp.c_fc", inner), Conv1D(name + ".mlp.c_proj", width), inner, activation);
                    return HubModels.PreNorm(dropout, (Norm(name + ".ln_1"), attention), (Norm(name + ".ln_2"), feedForward));
                }),
                Norm(prefix + "ln_f")),
            Head = head,
            Aliases = HubHeads.Aliases(head, "lm_head"),
            Dropout = dropout,
            IgnoredTensors = new EquatableList<string>(["*.attn.bias", "*.attn.masked_bias"]),
        };
    }
}
