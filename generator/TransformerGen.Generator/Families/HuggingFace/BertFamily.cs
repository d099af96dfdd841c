using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "bert" (Devlin et al. 2019): post-norm encoder with token types.</summary>
internal sealed class BertFamily : HubFamily
{
    /// <inheritdoc/>
    public override string ModelType => "bert";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubTasks.OfEncoders;

    /// <summary>Keys of the first release that transformers does not read.</summary>
    protected override IReadOnlyList<string> WithoutEffect =>
        ["directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        BertSizes sizes = BertSizes.Read(config);
        int vocabulary = config.Vocabulary(30522), length = config.Length("max_position_embeddings", 512), types = config.Size("type_vocab_size", 2, "the number of token types");
        config.Only("position_embedding_type", "absolute");
        string prefix = task == HubTask.Model ? "" : "bert.";
        HeadSpec head = HubHeads.Bert(config, task, prefix, sizes, vocabulary);
        ModelSpec model = HubModels.Encoder(config, sizes.Width, vocabulary, length, "bert.", pad: 0);
        return model with
        {
            Encoder = new StackSpec(
                "encoder",
                sizes.Embedding(prefix, length, model.PadId, types),
                HubModels.Layers(sizes.Layers, i => sizes.Layer(prefix + "encoder.layer." + Number.Text(i))),
                null),
            Head = head,
            Dropout = sizes.Dropout,
            IgnoredTensors = new EquatableList<string>([.. HubHeads.Ignored, "cls.seq_relationship.*"]),
            Aliases = HubHeads.Aliases(head, "cls.predictions.decoder"),
        };
    }
}
