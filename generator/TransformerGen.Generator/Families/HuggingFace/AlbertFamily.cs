using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "albert" (Lan et al. 2020): BERT with narrow embeddings and layers that share their weights.</summary>
internal sealed class AlbertFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "albert";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubTasks.OfEncoders;

    /// <summary>Keys of the first release that transformers does not read.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["down_scale_factor", "gap_size", "net_structure_type", "num_memory_blocks"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        BertSizes sizes = BertSizes.Read(config, width: 4096, heads: 64, inner: 16384, activation: "gelu_new", dropout: 0);
        int vocabulary = config.Vocabulary(30000), length = config.Length("max_position_embeddings", 512), types = config.Size("type_vocab_size", 2, "the number of token types");
        int narrow = config.Size("embedding_size", 128, "the width of the embeddings"), groups = config.InRange("num_hidden_groups", 1, 1, sizes.Layers, "the number of groups of layers, each with its own weights");
        int inside = config.InRange("inner_group_num", 1, 1, Math.Max(1, 1024 / sizes.Layers), "the number of layers of a group");
        config.Only("position_embedding_type", "absolute");
        string prefix = task == HubTask.Model ? "" : "albert.";
        HeadSpec head = Head(config, task, prefix, sizes, narrow, vocabulary);
        ModelSpec model = HubModels.Causal(config, sizes.Width, vocabulary, length, "albert.", pad: 0, begin: 2, end: 3);
        return model with
        {
            Encoder = new StackSpec(
                "encoder",
                sizes.Embedding(prefix, length, model.PadId, types, narrow) with
                {
                    Projection = ProjectionSpec.Of(bias: true, (prefix + "encoder.embedding_hidden_mapping_in", sizes.Width)),
                },
                HubModels.Layers(sizes.Layers, i =>
                {
                    // Group i · groups / layers, as transformers' AlbertTransformer divides: in floating point, and cut off.
                    int group = (int)(i / ((double)sizes.Layers / groups));
                    string name = prefix + "encoder.albert_layer_groups." + Number.Text(group) + ".albert_layers.";
                    return new LayerSpec(new EquatableList<ResidualSpec>(Enumerable.Range(0, inside).SelectMany(j => Residuals(sizes, name + Number.Text(j)))));
                }),
                null),
            Head = head,
            Dropout = sizes.Dropout,
            IgnoredTensors = new EquatableList<string>([.. HubHeads.Ignored, "sop_classifier.*"]),
            Aliases = HubHeads.Aliases(head, "predictions.decoder"),
        };
    }

    // The feed-forward's output does not drop out.
    private static ResidualSpec[] Residuals(BertSizes sizes, string name)
    {
        int width = sizes.Width;
        string self = name + ".attention";
        AttentionSpec attention = AttentionSpec.Self(
            sizes.Heads,
            sizes.HeadWidth,
            causal: false,
            ProjectionSpec.Of(bias: true, (self + ".query", width), (self + ".key", width), (self + ".value", width)),
            ProjectionSpec.Of(bias: true, (self + ".dense", width))) with
        {
            Dropout = sizes.AttentionDropout,
        };
        var feedForward = new FeedForwardSpec(
            ProjectionSpec.Of(bias: true, (name + ".ffn", sizes.Inner)), ProjectionSpec.Of(bias: true, (name + ".ffn_output", width)), sizes.Inner, sizes.Activation);
        return
        [
            HubModels.PostNorm(sizes.Norm(self + ".LayerNorm"), attention, sizes.Dropout),
            HubModels.PostNorm(sizes.Norm(name + ".full_layer_layer_norm"), feedForward, dropout: 0f),
        ];
    }

    private static HeadSpec Head(HubConfig config, HubTask task, string prefix, BertSizes sizes, int narrow, int vocabulary)
    {
        const string Rate = "classifier_dropout_prob";
        var drop = new DropoutStepSpec(config.Rate(Rate, config.Reader.Has(Rate) ? sizes.Dropout : 0.1));
        return task switch
        {
            HubTask.Model => HubHeads.Hidden(prefix + "pooler", sizes.Width),
            HubTask.MaskedLanguage => HubHeads.Masked(
                vocabulary,
                config.Flag("tie_word_embeddings", true) ? prefix + "embeddings.word_embeddings.weight" : "predictions.decoder.weight",
                "predictions.bias",
                HubHeads.Dense("predictions.dense", narrow, sizes.Activation),
                new NormStepSpec(sizes.Norm("predictions.LayerNorm"))),
            HubTask.SequenceClassification => HubHeads.Sequences(config, "classifier", HubHeads.Pooler(prefix + "pooler", sizes.Width), drop),
            HubTask.TokenClassification => HubHeads.Tokens(config, drop),
            _ => HubHeads.Span(),
        };
    }
}
