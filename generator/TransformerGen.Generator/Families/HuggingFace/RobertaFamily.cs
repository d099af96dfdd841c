using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "roberta" (Liu et al. 2019): BERT whose positions begin behind the id of padding, with heads of other names.</summary>
internal class RobertaFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "roberta";

    /// <summary>Default of vocab_size.</summary>
    protected virtual int Vocabulary => 50265;

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubTasks.OfEncoders;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        BertSizes sizes = BertSizes.Read(config);
        int vocabulary = config.Vocabulary(Vocabulary), rows = config.Length("max_position_embeddings", 512), types = config.Size("type_vocab_size", 2, "the number of token types");
        config.Only("position_embedding_type", "absolute");
        string prefix = task == HubTask.Model ? "" : "roberta.";
        float dropout = sizes.Dropout;
        int length = config.LengthBehindPadding(rows, pad: 1, out int offset);
        HeadSpec head = HubHeads.Roberta(config, task, prefix, sizes.Width, vocabulary, sizes.Norm, config.Rate("classifier_dropout", dropout));
        return HubModels.Causal(config, sizes.Width, vocabulary, length, "roberta.", pad: 1, begin: 0, end: 2) with
        {
            Encoder = new StackSpec(
                "encoder",
                sizes.Embedding(prefix, rows, offset - 1, types) with { PositionOffset = offset, SkipsPadding = true },
                HubModels.Layers(sizes.Layers, i => sizes.Layer(prefix + "encoder.layer." + Number.Text(i))),
                null),
            Head = head,
            Dropout = dropout,
            IgnoredTensors = HubHeads.Ignored,
            Aliases = HubHeads.Aliases(head, "lm_head.decoder"),
        };
    }
}
