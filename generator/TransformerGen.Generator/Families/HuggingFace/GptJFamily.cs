using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// model_type "gptj" (Wang and Komatsuzaki 2021): attention and feed-forward beside each other behind one norm; the first columns of each head turn in
/// neighbouring pairs; the logits have a bias.
/// </summary>
internal sealed class GptJFamily : HubFamily
{
    private const string RotaryKey = "rotary_dim";

    /// <inheritdoc/>
    public override string ModelType => "gptj";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithSpans;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect =>
        ["summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout", "n_ctx", "rotary", "scale_attn_weights"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("hidden_size", 4096, "the width of every position", "n_embd"), heads = config.Heads("num_attention_heads", 16, "n_head");
        int layers = config.Layers("num_hidden_layers", 28, "n_layer"), vocabulary = config.Vocabulary(50400), length = config.Length("max_position_embeddings", 2048, "n_positions");
        int inner = config.Optional("n_inner", 1, "the inner width of the feed-forward sublayer") ?? 4 * width, headWidth = config.HeadWidth(width, heads, "n_head");
        float epsilon = config.Epsilon("layer_norm_epsilon", 1e-5);
        float embeddingDropout = config.Rate("embd_pdrop", 0), dropout = config.Rate("resid_pdrop", 0), attentionDropout = config.Rate("attn_pdrop", 0);
        ActivationKind activation = config.Activation("activation_function", "gelu_new");
        RotarySpec rotary = Rotary(config, width, headWidth);
        string prefix = HubDecoders.Prefix(task, "transformer.");
        HeadSpec head = HubDecoders.Head(config, task, vocabulary, prefix + "wte.weight", tied: false, bias: true);
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        return HubModels.Causal(config, width, vocabulary, length, "transformer.", null, 50256, 50256) with
        {
            Decoder = new StackSpec(
                "decoder",
                new EmbeddingSpec(prefix + "wte.weight", width, 1f) { Dropout = embeddingDropout },
                HubModels.Layers(layers, i =>
                {
                    string name = prefix + "h." + Number.Text(i);
                    AttentionSpec attention = HubModels.Attention(name + ".attn", heads, heads, headWidth, bias: false, width, output: "out_proj") with
                    {
                        Rotary = rotary,
                        Dropout = attentionDropout,
                    };
                    var feedForward = new FeedForwardSpec(
                        ProjectionSpec.Of(bias: true, (name + ".mlp.fc_in", inner)), ProjectionSpec.Of(bias: true, (name + ".mlp.fc_out", width)), inner, activation);
                    return HubModels.Parallel(dropout, (Norm(name + ".ln_1"), attention), (Norm(name + ".ln_1"), feedForward));
                }),
                Norm(prefix + "ln_f")),
            Head = head,
            Aliases = HubHeads.Aliases(head, "lm_head"),
            Dropout = dropout,
            IgnoredTensors = new EquatableList<string>(["*.attn.bias", "*.attn.masked_bias", "*.attn.embed_positions"]),
        };
    }

    /// <summary>rotary_dim columns of each head; null is the width of the model, which a head has only where it is the only one.</summary>
    private static RotarySpec Rotary(HubConfig config, int width, int headWidth)
    {
        int? turned = config.OptionalOr(RotaryKey, 64, 1, "the number of columns of each head that turn");
        int dimensions = turned ?? width;
        if (dimensions % 2 != 0 || dimensions > headWidth)
        {
            config.Report(RotaryKey, turned is null ? "null" : Number.Text(dimensions), $"an even number of at most the {Number.Text(headWidth)} columns of a head");
            dimensions = 2;
        }

        return new RotarySpec(RotaryKind.Interleaved, dimensions, new EquatableList<double>(Enumerable.Range(0, dimensions / 2).Select(i => Math.Pow(10000, -2.0 * i / dimensions))));
    }
}
