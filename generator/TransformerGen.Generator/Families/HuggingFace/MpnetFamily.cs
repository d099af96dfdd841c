using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "mpnet" (Song et al. 2020): BERT without token types, with a bias by distance that all layers share.</summary>
internal sealed class MpnetFamily : HubFamily
{
    // transformers' MPNetEmbeddings and MPNetEncoder have these as constants.
    private const int PaddingId = 1, Buckets = 32, MaxDistance = 128;

    /// <inheritdoc/>
    public override string ModelType => "mpnet";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubTasks.OfEncoders;

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        BertSizes sizes = BertSizes.Read(config);
        int width = sizes.Width, vocabulary = config.Vocabulary(30527), rows = config.Length("max_position_embeddings", 512);
        config.Only("relative_attention_num_buckets", Buckets);
        if (rows <= PaddingId + 1)
        {
            config.Report("max_position_embeddings", Number.Text(rows), "more than 2, for the first position is 2");
        }

        string prefix = task == HubTask.Model ? "" : "mpnet.";
        var bias = new BiasSpec(BiasKind.Distance, prefix + "encoder.relative_attention_bias.weight", Buckets, MaxDistance, Bidirectional: true);
        HeadSpec head = HubHeads.Roberta(config, task, prefix, width, vocabulary, sizes.Norm, sizes.Dropout);
        return HubModels.Causal(config, width, vocabulary, rows - PaddingId - 1, "mpnet.", pad: 1, begin: 0, end: 2) with
        {
            Encoder = new StackSpec(
                "encoder",
                sizes.Embedding(prefix, rows, PaddingId < vocabulary ? PaddingId : -1, types: null) with { PositionOffset = PaddingId + 1, SkipsPadding = true },
                HubModels.Layers(sizes.Layers, i =>
                {
                    string name = prefix + "encoder.layer." + Number.Text(i), self = name + ".attention.attn";
                    AttentionSpec attention = AttentionSpec.Self(
                        sizes.Heads,
                        sizes.HeadWidth,
                        causal: false,
                        ProjectionSpec.Of(bias: true, (self + ".q", width), (self + ".k", width), (self + ".v", width)),
                        ProjectionSpec.Of(bias: true, (self + ".o", width))) with
                    {
                        Bias = bias,
                        Dropout = sizes.AttentionDropout,
                    };

                    // The attention's output drops out by the probabilities' rate.
                    return new LayerSpec(new EquatableList<ResidualSpec>(
                    [
                        HubModels.PostNorm(sizes.Norm(name + ".attention.LayerNorm"), attention, sizes.AttentionDropout),
                        HubModels.PostNorm(sizes.Norm(name + ".output.LayerNorm"), sizes.FeedForward(name), sizes.Dropout),
                    ]));
                }),
                null),
            Head = head,
            Dropout = sizes.Dropout,
            IgnoredTensors = HubHeads.Ignored,
            Aliases = HubHeads.Aliases(head, "lm_head.decoder"),
        };
    }
}
