using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// model_type "gpt_bigcode" (Li et al. 2023: StarCoder): GPT-2 with plain instead of transposed products, and one key head behind all heads of queries or, without
/// multi_query, queries, keys and values head by head.
/// </summary>
internal sealed class GptBigCodeFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gpt_bigcode";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.TasksWithTokens;

    /// <summary>Where the softmax rounds, buffers of an inference runner, and the number of key heads, which follows from multi_query.</summary>
    protected override IReadOnlyList<string> WithoutEffect =>
    [
        "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "num_key_value_heads", "inference_runner", "validate_runner_input", "pre_allocate_kv_cache", "pad_key_length",
        "max_sequence_length", "max_batch_size", "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout", "n_ctx",
    ];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("hidden_size", 768, "the width of every position", "n_embd"), heads = config.Heads("num_attention_heads", 12, "n_head");
        int layers = config.Layers("num_hidden_layers", 12, "n_layer"), vocabulary = config.Vocabulary(50257), length = config.Length("max_position_embeddings", 1024, "n_positions");
        int inner = config.Optional("n_inner", 1, "the inner width of the feed-forward sublayer") ?? 4 * width, headWidth = config.HeadWidth(width, heads, "n_head");
        float epsilon = config.Epsilon("layer_norm_epsilon", 1e-5);
        float embeddingDropout = config.Rate("embd_pdrop", 0.1), dropout = config.Rate("resid_pdrop", 0.1), attentionDropout = config.Rate("attn_pdrop", 0.1);
        ActivationKind activation = config.Activation("activation_function", "gelu_pytorch_tanh");
        bool scaled = config.Flag("scale_attn_weights", true), single = config.Flag("multi_query", true);
        int keyHeads = single ? 1 : heads;
        TensorLayout layout = single ? TensorLayout.Plain : TensorLayout.Grouped(heads, headWidth, headWidth, headWidth);
        string prefix = HubDecoders.Prefix(task, "transformer.");
        HeadSpec head = HubDecoders.Head(config, task, vocabulary, prefix + "wte.weight", tied: true, tokens: "classifier");
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
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
                    var attention = new AttentionSpec(
                        AttentionSource.Self,
                        heads,
                        keyHeads,
                        headWidth,
                        Causal: true,
                        ProjectionSpec.Of(bias: true, name + ".attn.c_attn", (heads + (2 * keyHeads)) * headWidth, layout),
                        ProjectionSpec.Of(bias: true, (name + ".attn.c_proj", width)))
                    {
                        Scale = scaled ? (float)Math.Pow(headWidth, -0.5) : 1f,
                        Dropout = attentionDropout,
                    };
                    var feedForward = new FeedForwardSpec(
                        ProjectionSpec.Of(bias: true, (name + ".mlp.c_fc", inner)), ProjectionSpec.Of(bias: true, (name + ".mlp.c_proj", width)), inner, activation);
                    return HubModels.PreNorm(dropout, (Norm(name + ".ln_1"), attention), (Norm(name + ".ln_2"), feedForward));
                }),
                Norm(prefix + "ln_f")),
            Head = head,
            Dropout = dropout,
            Aliases = HubHeads.Aliases(head, "lm_head"),
            IgnoredTensors = new EquatableList<string>(["*.attn.bias", "*.attn.masked_bias"]),
        };
    }
}
