using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>What families of BART's build differ in: defaults of keys, where norms stand, how positions are counted.</summary>
internal sealed record SequenceTraits
{
    public required int Vocabulary { get; init; }

    public required int? PadId { get; init; }

    public required int? BeginId { get; init; }

    public required int? EndId { get; init; }

    /// <summary>Where the decoder's tokens come from for a head that answers about a sequence.</summary>
    public TargetOrigin Targets { get; init; } = TargetOrigin.Begin;

    /// <summary>Default of num_labels.</summary>
    public int Labels { get; init; } = 2;

    /// <summary>Default of bos_token_id.</summary>
    public int? OrdinaryBegin { get; init; }

    public string Activation { get; init; } = "gelu";

    public double AttentionDropout { get; init; }

    /// <summary>Default of both layerdrops.</summary>
    public double LayerDrop { get; init; }

    public bool ScalesEmbedding { get; init; }

    /// <summary>Norms before the sublayers, and one behind each stack; else norms after the sums.</summary>
    public bool PreNorm { get; init; }

    /// <summary>A norm behind the embedding.</summary>
    public bool NormsEmbedding { get; init; }

    public PositionKind Positions { get; init; } = PositionKind.Learned;

    /// <summary>Rows of the positions in front of the first one; null for pad_token_id + 1.</summary>
    public int? PositionOffset { get; init; } = 0;

    /// <summary>The positions are stored and never trained.</summary>
    public bool PositionsAreBuffer { get; init; }

    /// <summary>The logits have a bias, stored and never trained.</summary>
    public bool BiasesLogits { get; init; } = true;
}

/// <summary>Encoder-decoders of BART's build and names.</summary>
internal static class HubSequences
{
    /// <summary>Keys of the first releases that transformers does not read: the classes decide; and keys of other heads.</summary>
    public static IReadOnlyList<string> WithoutEffect { get; } =
    [
        "num_hidden_layers", "normalize_before", "normalize_embedding", "add_final_layer_norm", "add_bias_logits", "static_position_embeddings", "extra_pos_embeddings",
        "classif_dropout", "classifier_dropout", "force_bos_token_to_be_generated", "do_blenderbot_90_layernorm", "save_step",
    ];

    /// <summary>What transformers has for all of them.</summary>
    public static IReadOnlyList<HubTask> Tasks { get; } = [HubTask.SequenceToSequence, HubTask.Model];

    /// <summary>The same with heads that read a sequence with both sides.</summary>
    public static IReadOnlyList<HubTask> TasksWithClassifiers { get; } = [HubTask.SequenceToSequence, HubTask.Model, HubTask.SequenceClassification, HubTask.QuestionAnswering];

    private static readonly EquatableList<string> s_versions = new(["*.version"]);

    /// <summary>Sinusoids that older versions stored.</summary>
    private static readonly EquatableList<string> s_computedPositions = new([.. s_versions, "*.embed_positions.weight", "*.embed_positions.weights"]);

    /// <summary>Names under which checkpoints hold a table that both sides, or the logits, share.</summary>
    /// <param name="shared">The table of both sides; null where each has its own.</param>
    /// <param name="prefix">In front of the sides' names.</param>
    /// <param name="output">The table that is the last product's weight, too; null where that has its own.</param>
    public static EquatableList<TensorAlias> Aliases(string? shared, string prefix, string? output)
    {
        IEnumerable<TensorAlias> sides = shared is null ? [] : [new TensorAlias(shared, prefix + "encoder.embed_tokens.weight"), new TensorAlias(shared, prefix + "decoder.embed_tokens.weight")];
        return new EquatableList<TensorAlias>(output is null ? sides : sides.Append(new TensorAlias(output, "lm_head.weight")));
    }

    /// <summary>Classes of a sequence that both sides read: dropout, tanh(W·x + b), dropout and the last product, of the decoder's row at the last end token.</summary>
    /// <param name="config">The file.</param>
    /// <param name="model">Its ids and width.</param>
    /// <param name="targets">What the decoder is fed.</param>
    /// <param name="ordinary">Default of num_labels.</param>
    public static HeadSpec Classes(HubConfig config, ModelSpec model, TargetOrigin targets, int ordinary = 2)
    {
        int labels = config.Labels(ordinary);
        var drop = new DropoutStepSpec(config.Rate("classifier_dropout", 0));
        if (model.EndIds.Count == 0)
        {
            config.Report("eos_token_id", "no id of the vocabulary", "the id that ends a sequence: the classes are read off there");
        }

        return Mirrored(config, model, targets, new HeadSpec(HeadKind.Classes, labels, ProjectionSpec.Of(bias: true, ("classification_head.out_proj", labels)))
        {
            Rows = HeadRows.End,
            Loss = config.Problem(labels),
            Steps = HubHeads.Steps(drop, HubHeads.Dense("classification_head.dense", model.Width, ActivationKind.Tanh), drop),
        });
    }

    /// <summary>A head over the rows of a decoder that is fed the source.</summary>
    public static HeadSpec Mirrored(HubConfig config, ModelSpec model, TargetOrigin targets, HeadSpec head)
    {
        if (targets == TargetOrigin.Begin && model.BeginId < 0)
        {
            config.Report("decoder_start_token_id", "no id of the vocabulary", "the id that the decoder's side begins with");
        }

        return head with { Targets = targets };
    }

    /// <summary>The Spec of a file.</summary>
    public static ModelSpec Build(HubConfig config, SequenceTraits traits, HubTask task)
    {
        int width = config.Size("hidden_size", 1024, "the width of every position", "d_model"), vocabulary = config.Vocabulary(traits.Vocabulary);
        int length = config.Length("max_position_embeddings", 1024);
        float dropout = config.Rate("dropout", 0.1);
        if (traits.Positions != PositionKind.Learned && (width % 2 != 0 || width < 4))
        {
            config.Report("d_model", Number.Text(width), "an even number from 4: positions are pairs of a sine and a cosine");
        }

        string prefix = task == HubTask.Model ? "" : "model.";
        ModelSpec model = HubModels.Causal(config, width, vocabulary, length, "model.", traits.PadId, traits.OrdinaryBegin, traits.EndId);
        int begin = config.Id("decoder_start_token_id", vocabulary, traits.BeginId);
        model = model with { BeginId = begin >= 0 ? begin : model.BeginId };
        bool shares = Shares(config, vocabulary), tied = config.Flag("tie_word_embeddings", true);
        string table = prefix + (shares ? "shared" : "decoder.embed_tokens"), output = tied ? table + ".weight" : "lm_head.weight";
        bool isLanguage = task == HubTask.SequenceToSequence;
        EquatableList<string> ignored = traits.Positions == PositionKind.Learned ? s_versions : s_computedPositions;
        return model with
        {
            Encoder = Stack(config, traits, "encoder", prefix, model, shares, dropout),
            Decoder = Stack(config, traits, "decoder", prefix, model, shares, dropout),
            Head = task switch
            {
                HubTask.Model => HubHeads.Hidden(null, width),
                HubTask.SequenceClassification => Classes(config, model, traits.Targets, traits.Labels),
                HubTask.QuestionAnswering => Mirrored(config, model, traits.Targets, HubHeads.Span()),
                _ => Language(vocabulary, output, traits.BiasesLogits),
            },
            Dropout = dropout,
            Initializer = HubModels.Initializer(config, key: "init_std"),
            IgnoredTensors = isLanguage ? ignored : new EquatableList<string>([.. ignored, "final_logits_bias", "lm_head.weight"]),
            Aliases = Aliases(shares ? table + ".weight" : null, prefix, isLanguage && tied ? output : null),
        };
    }

    private static HeadSpec Language(int vocabulary, string weight, bool biased) => new(
        HeadKind.Language,
        vocabulary,
        new ProjectionSpec(
            new EquatableList<TensorSpec>([new TensorSpec(weight, vocabulary)]),
            biased ? new EquatableList<TensorSpec>([new TensorSpec("final_logits_bias", vocabulary) { Layout = TensorLayout.Plain with { IsRow = true } }]) : null))
    {
        BiasIsBuffer = biased,
    };

    /// <summary>One table for both sides, or one for each, of the same vocabulary.</summary>
    private static bool Shares(HubConfig config, int vocabulary)
    {
        const string Key = "decoder_vocab_size";
        bool shares = config.Flag("share_encoder_decoder_embeddings", true);
        if (config.Reader.Integer(Key) is int given && given != vocabulary && !shares)
        {
            config.Refuse(Key, "vocab_size, which is " + Number.Text(vocabulary));
        }

        return shares;
    }

    private static StackSpec Stack(HubConfig config, SequenceTraits traits, string name, string root, ModelSpec model, bool shares, float dropout)
    {
        string headsKey = name + "_attention_heads", prefix = root + name, layerDrop = name + "_layerdrop";
        int width = model.Width, heads = name == "encoder" ? config.Heads("num_attention_heads", 16, headsKey) : config.Heads(headsKey, 16);
        int headWidth = config.HeadWidth(width, heads, headsKey), layers = config.Layers(name + "_layers", 12), inner = config.Size(name + "_ffn_dim", 4096, "the inner width of the " + name + "'s feed-forward sublayer");
        float attentionDropout = config.Rate("attention_dropout", traits.AttentionDropout), innerDropout = config.Rate("activation_dropout", 0);
        ActivationKind activation = config.Activation("activation_function", traits.Activation);
        int offset = traits.PositionOffset ?? Math.Max(0, model.PadId) + 1;
        NormSpec Norm(string part) => new(prefix + part, NormKind.Layer, 1e-5f);
        AttentionSpec Attention(string part, AttentionSource source)
        {
            (string, int) Product(string letter) => (part + "." + letter + "_proj", width);
            bool self = source == AttentionSource.Self;
            return new AttentionSpec(
                source,
                heads,
                heads,
                headWidth,
                Causal: self && name == "decoder",
                self ? ProjectionSpec.Of(bias: true, Product("q"), Product("k"), Product("v")) : ProjectionSpec.Of(bias: true, Product("q")),
                ProjectionSpec.Of(bias: true, Product("out")))
            {
                KeyValue = self ? null : ProjectionSpec.Of(bias: true, Product("k"), Product("v")),
                Dropout = attentionDropout,
            };
        }

        return new StackSpec(
            name,
            new EmbeddingSpec(shares ? root + "shared.weight" : prefix + ".embed_tokens.weight", width, config.Flag("scale_embedding", traits.ScalesEmbedding) ? (float)Math.Sqrt(width) : 1f)
            {
                PaddingRow = model.PadId,
                Positions = traits.Positions,
                PositionTable = traits.Positions == PositionKind.Learned
                    ? new PositionTableSpec(prefix + ".embed_positions.weight", model.MaxLength + offset, traits.PositionsAreBuffer ? PositionKind.SinusoidalHalf : null)
                    : null,
                PositionOffset = offset,
                Norm = traits.NormsEmbedding ? Norm(".layernorm_embedding") : null,
                Dropout = dropout,
            },
            HubModels.Layers(layers, i =>
            {
                string layer = ".layers." + Number.Text(i);
                var feedForward = new FeedForwardSpec(
                    ProjectionSpec.Of(bias: true, (prefix + layer + ".fc1", inner)), ProjectionSpec.Of(bias: true, (prefix + layer + ".fc2", width)), inner, activation)
                {
                    Dropout = innerDropout,
                };
                var parts = new List<(NormSpec, SublayerSpec)> { (Norm(layer + ".self_attn_layer_norm"), Attention(prefix + layer + ".self_attn", AttentionSource.Self)) };
                if (name == "decoder")
                {
                    parts.Add((Norm(layer + ".encoder_attn_layer_norm"), Attention(prefix + layer + ".encoder_attn", AttentionSource.Encoder)));
                }

                parts.Add((Norm(layer + ".final_layer_norm"), feedForward));
                return traits.PreNorm ? HubModels.PreNorm(dropout, [.. parts]) : HubModels.PostNorm(dropout, [.. parts]);
            }),
            traits.PreNorm ? Norm(".layer_norm") : null)
        {
            LayerDrop = config.Rate(layerDrop, traits.LayerDrop),
        };
    }
}
