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
        ["reorder_and_upcast_attn", "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout", "n_ctx"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("n_embd", 768, "the width of every position", "hidden_size"), heads = config.Heads("n_head", 12, "num_attention_heads");
        int layers = config.Layers("n_layer", 12, "num_hidden_layers"), vocabulary = config.Vocabulary(50257), length = config.Length("n_positions", 1024, "max_position_embeddings");
        int inner = config.Optional("n_inner", 1, "the inner width of the feed-forward sublayer") ?? 4 * width, headWidth = config.HeadWidth(width, heads, "n_head");
        float epsilon = config.Epsilon("layer_norm_epsilon", 1e-5);
        float embeddingDropout = config.Rate("embd_pdrop", 0.1), dropout = config.Rate("resid_pdrop", 0.1), attentionDropout = config.Rate("attn_pdrop", 0.1);
        ActivationKind activation = config.Activation("activation_function", "gelu_new");
        bool scaled = config.Flag("scale_attn_weights", true), byLayer = config.Flag("scale_attn_by_inverse_layer_idx", false);
        string prefix = HubDecoders.Prefix(task, "transformer.");
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
            Head = HubDecoders.Head(config, task, vocabulary, prefix + "wte.weight", tied: true, tokens: "classifier"),
            Dropout = dropout,
            IgnoredTensors = new EquatableList<string>(["*.attn.bias", "*.attn.masked_bias"]),
        };
    }
}
