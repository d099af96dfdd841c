using TransformerGen.Generator.Json;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// model_type "longformer" (Beltagy et al. 2020): RoBERTa whose tokens see half a window to each side, but for those that the caller calls global, which
/// see and are seen by all, with projections of their own. Where the caller calls none global, sequence classification takes the first token and question answering
/// the question, as transformers does.
/// </summary>
internal sealed class LongformerFamily : HubFamily
{
    private const string WindowKey = "attention_window";

    /// <inheritdoc/>
    public override string ModelType => "longformer";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubTasks.OfEncoders;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect => ["onnx_export", "attention_mode", "ignore_attention_mask"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        BertSizes sizes = BertSizes.Read(config);
        int width = sizes.Width, vocabulary = config.Vocabulary(30522), rows = config.Length("max_position_embeddings", 512), types = config.Size("type_vocab_size", 2, "the number of token types");
        int[] windows = Windows(config, sizes.Layers);
        config.Only("position_embedding_type", "absolute");
        string prefix = task == HubTask.Model ? "" : "longformer.";
        int length = config.LengthBehindPadding(rows, pad: 1, out int offset);
        HeadSpec head = HubHeads.Roberta(config, task, prefix, width, vocabulary, sizes.Norm, sizes.Dropout);
        return HubModels.Causal(config, width, vocabulary, length, "longformer.", pad: 1, begin: 0, end: 2) with
        {
            Encoder = new StackSpec(
                "encoder",
                sizes.Embedding(prefix, rows, offset - 1, types) with { PositionOffset = offset, SkipsPadding = true },
                HubModels.Layers(sizes.Layers, i =>
                {
                    string name = prefix + "encoder.layer." + Number.Text(i), self = name + ".attention.self";
                    LayerSpec layer = sizes.Layer(name);
                    BranchSpec branch = layer.Residuals[0].Branches[0];
                    AttentionSpec attention = (AttentionSpec)branch.Function with
                    {
                        Pattern = PatternSpec.Near(windows[i] / 2),
                        Global = ProjectionSpec.Of(bias: true, (self + ".query_global", width), (self + ".key_global", width), (self + ".value_global", width)),
                    };
                    ResidualSpec first = layer.Residuals[0] with { Branches = new EquatableList<BranchSpec>([branch with { Function = attention }]) };
                    return new LayerSpec(new EquatableList<ResidualSpec>([first, layer.Residuals[1]]));
                }),
                null),
            Head = head,
            Globals = task switch
            {
                HubTask.SequenceClassification => new GlobalsSpec(GlobalsKind.First),
                HubTask.QuestionAnswering => new GlobalsSpec(GlobalsKind.Question, config.Id("sep_token_id", vocabulary, 2)),
                _ => new GlobalsSpec(GlobalsKind.Named),
            },
            Dropout = sizes.Dropout,
            IgnoredTensors = HubHeads.Ignored,
            Aliases = HubHeads.Aliases(head, "lm_head.decoder"),
        };
    }

    /// <summary>One window for all layers or one for each; both sides together, hence even.</summary>
    private static int[] Windows(HubConfig config, int layers)
    {
        const int Ordinary = 512;
        IReadOnlyList<int> given = config.Reader.Integers(WindowKey) ?? [Ordinary];
        bool forAll = config.Reader.Value(WindowKey) is not { Kind: JsonKind.Array };
        if (given.Any(window => window is < 2 or > 1 << 24 || window % 2 != 0) || (!forAll && given.Count != layers))
        {
            if (config.Reader.IsGiven(WindowKey))
            {
                config.Refuse(WindowKey, "an even number from 2, or a list of " + Number.Text(layers) + " of them, one for each layer");
            }

            return [.. Enumerable.Repeat(Ordinary, layers)];
        }

        return [.. Enumerable.Range(0, layers).Select(i => forAll ? given[0] : given[i])];
    }
}
