using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "electra" (Clark et al. 2020): BERT whose embeddings may be narrower than its layers, without a pooler.</summary>
internal sealed class ElectraFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "electra";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubTasks.OfEncoders;

    /// <summary>Those of the summary belong to multiple choice.</summary>
    protected override IReadOnlyList<string> WithoutEffect => ["summary_type", "summary_use_proj", "summary_activation", "summary_last_dropout"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        BertSizes sizes = BertSizes.Read(config, width: 256, heads: 4, inner: 1024);
        int vocabulary = config.Vocabulary(30522), length = config.Length("max_position_embeddings", 512), types = config.Size("type_vocab_size", 2, "the number of token types");
        int narrow = config.Size("embedding_size", 128, "the width of the embeddings");
        config.Only("position_embedding_type", "absolute");
        string prefix = task == HubTask.Model ? "" : "electra.";
        HeadSpec head = Head(config, task, prefix, sizes, narrow, vocabulary);
        ModelSpec model = HubModels.Encoder(config, sizes.Width, vocabulary, length, "electra.", pad: 0);
        return model with
        {
            Encoder = new StackSpec(
                "encoder",
                sizes.Embedding(prefix, length, model.PadId, types, narrow) with
                {
                    Projection = narrow == sizes.Width ? null : ProjectionSpec.Of(bias: true, (prefix + "embeddings_project", sizes.Width)),
                },
                HubModels.Layers(sizes.Layers, i => sizes.Layer(prefix + "encoder.layer." + Number.Text(i))),
                null),
            Head = head,
            Dropout = sizes.Dropout,
            IgnoredTensors = HubHeads.Ignored,
            Aliases = HubHeads.Aliases(head, "generator_lm_head"),
        };
    }

    private static HeadSpec Head(HubConfig config, HubTask task, string prefix, BertSizes sizes, int narrow, int vocabulary)
    {
        var drop = new DropoutStepSpec(config.Rate("classifier_dropout", sizes.Dropout));
        return task switch
        {
            HubTask.Model => HubHeads.Hidden(null, sizes.Width),
            HubTask.MaskedLanguage => HubHeads.Masked(
                vocabulary,
                config.Flag("tie_word_embeddings", true) ? prefix + "embeddings.word_embeddings.weight" : "generator_lm_head.weight",
                "generator_lm_head.bias",
                HubHeads.Dense("generator_predictions.dense", narrow, ActivationKind.Gelu),
                new NormStepSpec(sizes.Norm("generator_predictions.LayerNorm"))),
            HubTask.SequenceClassification => HubHeads.Sequences(
                config, "classifier.out_proj", drop, HubHeads.Dense("classifier.dense", sizes.Width, ActivationKind.Gelu), drop),
            HubTask.TokenClassification => HubHeads.Tokens(config, drop),
            _ => HubHeads.Span(),
        };
    }
}
