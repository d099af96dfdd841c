using TransformerGen.Generator.Json;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "modernbert" (Warner et al. 2024): pre-norm encoder with rotary positions, gated feed-forwards, and layers that see only a neighbourhood.</summary>
internal sealed class ModernBertFamily : HubFamily
{
    private const string GlobalType = "full_attention", LocalType = "sliding_attention", TypesKey = "layer_types", PoolingKey = "classifier_pooling";

    /// <inheritdoc/>
    public override string ModelType => "modernbert";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubTasks.OfEncoders;

    /// <summary>Sparse prediction leaves out logits that no loss asks for.</summary>
    protected override IReadOnlyList<string> WithoutEffect =>
    [
        "initializer_cutoff_factor", "deterministic_flash_attn", "sparse_prediction", "sparse_pred_ignore_index", "repad_logits_with_grad", "position_embedding_type",
        "layer_norm_eps", PoolingKey, "decoder_bias",
    ];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("hidden_size", 768, "the width of every position"), inner = config.Size("intermediate_size", 1152, "the inner width of the feed-forward sublayer");
        int heads = config.Heads("num_attention_heads", 12), layers = config.Layers("num_hidden_layers", 22), headWidth = config.HeadWidth(width, heads, "num_attention_heads");
        int vocabulary = config.Vocabulary(50368), length = config.Length("max_position_embeddings", 8192);
        int window = config.InRange("local_attention", 128, 0, 1 << 24, "the number of tokens that a token of a local layer sees, both sides together") / 2;
        float epsilon = config.Epsilon("norm_eps", 1e-5), attentionDropout = config.Rate("attention_dropout", 0), innerDropout = config.Rate("mlp_dropout", 0);
        bool normBias = config.Flag("norm_bias", false), attentionBias = config.Flag("attention_bias", false), innerBias = config.Flag("mlp_bias", false);
        ActivationKind activation = config.Activation("hidden_activation", "gelu");
        bool[] isGlobal = GlobalLayers(config, layers);
        config.Reader.Has("global_rope_theta");

        // Another name of the same key, which wins where a file has both.
        string globalKey = config.Reader.IsGiven("rope_theta") ? "rope_theta" : "global_rope_theta";
        RotarySpec everywhere = HubRope.Read(config, RotaryKind.HalfSplit, headWidth, 160000, length, globalKey, layerType: GlobalType);
        double localTheta = config.Reader.Has("local_rope_theta") && !config.Reader.IsGiven("local_rope_theta") ? config.Positive(globalKey, 160000) : 10000;
        RotarySpec near = HubRope.Read(config, RotaryKind.HalfSplit, headWidth, localTheta, length, "local_rope_theta", layerType: LocalType);
        NormSpec Norm(string name) => new NormSpec(name, NormKind.Layer, epsilon) with { Bias = normBias };
        string prefix = task == HubTask.Model ? "" : "model.";
        HeadSpec head = Head(config, task, prefix, width, vocabulary, Norm);
        ModelSpec model = HubModels.Causal(config, width, vocabulary, length, "model.", pad: 50283, begin: 50281, end: 50282);
        return model with
        {
            Encoder = new StackSpec(
                "encoder",
                new EmbeddingSpec(prefix + "embeddings.tok_embeddings.weight", width, 1f)
                {
                    PaddingRow = model.PadId,
                    Norm = Norm(prefix + "embeddings.norm"),
                    Dropout = config.Rate("embedding_dropout", 0),
                },
                HubModels.Layers(layers, i =>
                {
                    string name = prefix + "layers." + Number.Text(i);
                    AttentionSpec attention = AttentionSpec.Self(
                        heads,
                        headWidth,
                        causal: false,
                        ProjectionSpec.Of(attentionBias, (name + ".attn.Wqkv", 3 * width)),
                        ProjectionSpec.Of(attentionBias, (name + ".attn.Wo", width))) with
                    {
                        Rotary = isGlobal[i] ? everywhere : near,
                        Pattern = isGlobal[i] ? PatternSpec.Full : PatternSpec.Near(window),
                        Dropout = attentionDropout,
                    };
                    var feedForward = new FeedForwardSpec(
                        ProjectionSpec.Of(innerBias, (name + ".mlp.Wi", 2 * inner)), ProjectionSpec.Of(innerBias, (name + ".mlp.Wo", width)), inner, activation, Gated: true)
                    {
                        Dropout = innerDropout,
                    };

                    // The first layer reads the embedding's norm as it is; the attention's output drops out by the probabilities' rate.
                    return new LayerSpec(new EquatableList<ResidualSpec>(
                    [
                        ResidualSpec.Of(new BranchSpec(attention) { NormBefore = i == 0 ? null : Norm(name + ".attn_norm"), Dropout = attentionDropout }),
                        ResidualSpec.Of(new BranchSpec(feedForward) { NormBefore = Norm(name + ".mlp_norm") }),
                    ]));
                }),
                Norm(prefix + "final_norm"))
            {
                CapturesEnd = false,
            },
            Head = head,
            Dropout = attentionDropout,
            Aliases = HubHeads.Aliases(head, "decoder"),
        };
    }

    private static HeadSpec Head(HubConfig config, HubTask task, string prefix, int width, int vocabulary, Func<string, NormSpec> norm)
    {
        DenseStepSpec dense = HubHeads.Dense("head.dense", width, config.Activation("classifier_activation", "gelu"), config.Flag("classifier_bias", false));
        var normed = new NormStepSpec(norm("head.norm"));
        var drop = new DropoutStepSpec(config.Rate("classifier_dropout", 0));
        switch (task)
        {
            case HubTask.Model:
                return HubHeads.Hidden(null, width);
            case HubTask.MaskedLanguage:
                string weight = config.Flag("tie_word_embeddings", true) ? prefix + "embeddings.tok_embeddings.weight" : "decoder.weight";
                return HubHeads.Masked(vocabulary, weight, config.Flag("decoder_bias", true) ? "decoder.bias" : null, dense, normed);
            case HubTask.SequenceClassification:
                config.Only(PoolingKey, "cls");
                return HubHeads.Sequences(config, "classifier", dense, normed, drop);
            case HubTask.TokenClassification:
                return HubHeads.Tokens(config, dense, normed, drop);
            default:
                return HubHeads.Span("classifier", dense, normed, drop);
        }
    }

    /// <summary>Which layers see everything: every n-th from the first, or as layer_types says (transformers 5).</summary>
    private static bool[] GlobalLayers(HubConfig config, int layers)
    {
        int every = config.InRange("global_attn_every_n_layers", 3, 1, int.MaxValue, "the distance from one layer that sees everything to the next");
        if (config.Reader.Value(TypesKey) is not { } value)
        {
            return [.. Enumerable.Range(0, layers).Select(i => i % every == 0)];
        }

        bool known = value.Kind == JsonKind.Array && value.Items.Count == layers && value.Items.All(item => item.Kind == JsonKind.String && item.Text is GlobalType or LocalType);
        if (!known)
        {
            config.Refuse(TypesKey, "a list of " + Number.Text(layers) + " words, each \"" + GlobalType + "\" or \"" + LocalType + "\"");
        }

        return [.. Enumerable.Range(0, layers).Select(i => !known || value.Items[i].Text == GlobalType)];
    }
}
