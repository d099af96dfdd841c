using System.Globalization;
using TransformerGen.Generator.Json;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "gpt_neo" (Black et al. 2021): GPT-2 whose layers see everything or a window, with scores that are not scaled.</summary>
internal sealed class GptNeoFamily : HubFamily
{
    private const string TypesKey = "attention_types", LayersKey = "attention_layers", Global = "global", Local = "local";

    /// <inheritdoc/>
    public override string ModelType => "gpt_neo";

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks => HubDecoders.AllTasks;

    /// <summary>The classifier's dropout is that of a head for tokens.</summary>
    protected override IReadOnlyList<string> WithoutEffect =>
        ["summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        int width = config.Size("hidden_size", 2048, "the width of every position"), heads = config.Heads("num_attention_heads", 16, "num_heads");
        int layers = config.Layers("num_hidden_layers", 24, "num_layers"), vocabulary = config.Vocabulary(50257), length = config.Length("max_position_embeddings", 2048);
        int inner = config.Optional("intermediate_size", 1, "the inner width of the feed-forward sublayer") ?? 4 * width, headWidth = config.HeadWidth(width, heads, "num_heads");
        int window = config.InRange("window_size", 256, 1, int.MaxValue, "the number of keys that a query of a local layer sees");
        float epsilon = config.Epsilon("layer_norm_epsilon", 1e-5), dropout = config.Rate("resid_dropout", 0);
        float embeddingDropout = config.Rate("embed_dropout", 0), attentionDropout = config.Rate("attention_dropout", 0);
        ActivationKind activation = config.Activation("activation_function", "gelu_new");
        bool[] local = Locals(config, layers);
        string prefix = HubDecoders.Prefix(task, "transformer.");
        HeadSpec head = HubDecoders.Head(config, task, vocabulary, prefix + "wte.weight", tied: true, tokens: "classifier", drop: 0.1);
        NormSpec Norm(string name) => new(name, NormKind.Layer, epsilon);
        return HubModels.Causal(config, width, vocabulary, length, "transformer.", null, 50256, 50256) with
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
                    AttentionSpec attention = HubModels.Attention(name + ".attn.attention", heads, heads, headWidth, bias: false, width, outputBias: true, "out_proj") with
                    {
                        Scale = 1f,
                        Pattern = local[i] ? HubDecoders.Pattern(window, length) : PatternSpec.Full,
                        Dropout = attentionDropout,
                    };
                    var feedForward = new FeedForwardSpec(
                        ProjectionSpec.Of(bias: true, (name + ".mlp.c_fc", inner)), ProjectionSpec.Of(bias: true, (name + ".mlp.c_proj", width)), inner, activation);
                    return HubModels.PreNorm(dropout, (Norm(name + ".ln_1"), attention), (Norm(name + ".ln_2"), feedForward));
                }),
                Norm(prefix + "ln_f")),
            Head = head,
            Aliases = HubHeads.Aliases(head, "lm_head"),
            Dropout = dropout,
            IgnoredTensors = new EquatableList<string>(["*.attn.attention.bias", "*.attn.attention.masked_bias"]),
        };
    }

    /// <summary>Which layers are local: attention_layers where it is given, else attention_types, [[[kinds], times], ...].</summary>
    private static bool[] Locals(HubConfig config, int layers)
    {
        List<string>? words = config.Reader.Value(TypesKey) is { } types ? Expand(types, layers) : [.. Enumerable.Range(0, 24).Select(i => i % 2 == 0 ? Global : Local)];
        string[] kinds = config.Reader.IsGiven(LayersKey) ? [.. config.Reader.Words(LayersKey) ?? []] : [.. words ?? []];
        string needed = $"{Number.Text(layers)} kinds of layers, each \"{Global}\" or \"{Local}\"";
        if (words is null || words.Count != layers || (words.Any(word => word is not (Global or Local)) && !config.Reader.IsGiven(LayersKey)))
        {
            config.Refuse(TypesKey, "a list of [[kinds], times] with " + needed);
        }
        else if (kinds.Length != layers || kinds.Any(kind => kind is not (Global or Local)))
        {
            config.Refuse(LayersKey, "a list of " + needed);
        }

        return [.. Enumerable.Range(0, layers).Select(i => i < kinds.Length && kinds[i] == Local)];
    }

    private static List<string>? Expand(JsonValue types, int most)
    {
        var words = new List<string>();
        foreach (JsonValue item in types.Items)
        {
            if (item.Items.Count != 2 || item.Items[0].Kind != JsonKind.Array || !int.TryParse(item.Items[1].Text, NumberStyles.None, CultureInfo.InvariantCulture, out int times))
            {
                return null;
            }

            IReadOnlyList<JsonValue> kinds = item.Items[0].Items;
            for (int i = 0; i < times && words.Count <= most && kinds.Count > 0; i++)
            {
                words.AddRange(kinds.Select(kind => kind.Text));
            }
        }

        return words;
    }
}
