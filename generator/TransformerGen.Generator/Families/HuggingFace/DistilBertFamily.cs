using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "distilbert" (Sanh et al. 2019): BERT without token types and pooler, with keys and names of its own.</summary>
internal sealed class DistilBertFamily : HubFamily
{
    private const float Epsilon = 1e-12f;

    /// <inheritdoc/>
    public override string ModelType => "distilbert";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubTasks.OfEncoders;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect => ["tie_weights_", "seq_classif_dropout", "qa_dropout"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("hidden_size", 768, "the width of every position", "dim"), heads = config.Heads("num_attention_heads", 12, "n_heads");
        int layers = config.Layers("num_hidden_layers", 6, "n_layers"), inner = config.Size("hidden_dim", 3072, "the inner width of the feed-forward sublayer");
        int vocabulary = config.Vocabulary(30522), length = config.Length("max_position_embeddings", 512), headWidth = config.HeadWidth(width, heads, "n_heads");
        float dropout = config.Rate("dropout", 0.1), attentionDropout = config.Rate("attention_dropout", 0.1);
        ActivationKind activation = config.Activation("activation", "gelu");
        string prefix = task == HubTask.Model ? "" : "distilbert.";
        HeadSpec head = Head(config, task, prefix, width, vocabulary, activation, dropout);
        ModelSpec model = HubModels.Encoder(config, width, vocabulary, length, "distilbert.", pad: 0);
        return model with
        {
            Encoder = new StackSpec(
                "encoder",
                new EmbeddingSpec(prefix + "embeddings.word_embeddings.weight", width, 1f)
                {
                    PaddingRow = model.PadId,
                    Positions = PositionKind.Learned,
                    PositionTable = new PositionTableSpec(prefix + "embeddings.position_embeddings.weight", length, config.Flag("sinusoidal_pos_embds", false) ? PositionKind.Sinusoidal : null),
                    Norm = Norm(prefix + "embeddings.LayerNorm"),
                    Dropout = dropout,
                },
                HubModels.Layers(layers, i =>
                {
                    string name = prefix + "transformer.layer." + Number.Text(i);
                    AttentionSpec attention = AttentionSpec.Self(
                        heads,
                        headWidth,
                        causal: false,
                        ProjectionSpec.Of(bias: true, (name + ".attention.q_lin", width), (name + ".attention.k_lin", width), (name + ".attention.v_lin", width)),
                        ProjectionSpec.Of(bias: true, (name + ".attention.out_lin", width))) with
                    {
                        Dropout = attentionDropout,
                    };
                    var feedForward = new FeedForwardSpec(
                        ProjectionSpec.Of(bias: true, (name + ".ffn.lin1", inner)), ProjectionSpec.Of(bias: true, (name + ".ffn.lin2", width)), inner, activation);
                    return new LayerSpec(new EquatableList<ResidualSpec>(
                    [
                        HubModels.PostNorm(Norm(name + ".sa_layer_norm"), attention, dropout: 0f),
                        HubModels.PostNorm(Norm(name + ".output_layer_norm"), feedForward, dropout),
                    ]));
                }),
                null),
            Head = head,
            Dropout = dropout,
            IgnoredTensors = HubHeads.Ignored,
            Aliases = HubHeads.Aliases(head, "vocab_projector"),
        };
    }

    private static HeadSpec Head(HubConfig config, HubTask task, string prefix, int width, int vocabulary, ActivationKind activation, float dropout) => task switch
    {
        HubTask.Model => HubHeads.Hidden(null, width),
        HubTask.MaskedLanguage => HubHeads.Masked(
            vocabulary,
            config.Flag("tie_word_embeddings", true) ? prefix + "embeddings.word_embeddings.weight" : "vocab_projector.weight",
            "vocab_projector.bias",
            HubHeads.Dense("vocab_transform", width, activation),
            new NormStepSpec(Norm("vocab_layer_norm"))),
        HubTask.SequenceClassification => HubHeads.Sequences(
            config, "classifier", HubHeads.Dense("pre_classifier", width, ActivationKind.Relu), new DropoutStepSpec(config.Rate("seq_classif_dropout", 0.2))),
        HubTask.TokenClassification => HubHeads.Tokens(config, new DropoutStepSpec(dropout)),
        _ => HubHeads.Span("qa_outputs", new DropoutStepSpec(config.Rate("qa_dropout", 0.1))),
    };

    private static NormSpec Norm(string name) => new(name, NormKind.Layer, Epsilon);
}
