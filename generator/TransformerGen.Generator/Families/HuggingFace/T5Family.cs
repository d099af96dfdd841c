using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>model_type "t5" (Raffel et al. 2020): pre-norm encoder-decoder with RMS norms and a bias by distance in place of positions, v1.0 and v1.1 (gated, untied).</summary>
internal class T5Family : HubFamily
{
    private const string ProjectionKey = "feed_forward_proj", BucketsKey = "relative_attention_num_buckets", DistanceKey = "relative_attention_max_distance", BasePrefix = "transformer.";

    // Distances are bytes of a table per head; the longest that any checkpoint has is 128.
    private const int LargestDistance = 1 << 16;

    /// <inheritdoc/>
    public override string ModelType => "t5";

    /// <summary>What the families of this build differ in.</summary>
    protected virtual (int Vocabulary, int Inner, int Layers, int Heads, string FeedForward, bool Tied) Ordinary => (32128, 2048, 6, 8, "relu", true);

    /// <summary>Default of decoder_start_token_id; null for the id of padding, by which T5's own checkpoints begin.</summary>
    protected virtual int? OrdinaryStart => null;

    /// <inheritdoc/>
    protected override IReadOnlyList<HubTask> Tasks =>
        [HubTask.SequenceToSequence, HubTask.Model, HubTask.SequenceClassification, HubTask.TokenClassification, HubTask.QuestionAnswering, HubTask.Encoder];

    /// <inheritdoc/>
    protected override IReadOnlyList<string> WithoutEffect => ["classifier_dropout", "n_positions", "max_position_embeddings"];

    /// <inheritdoc/>
    protected override ModelSpec Build(HubConfig config, HubTask task)
    {
        (int ordinaryVocabulary, int ordinaryInner, int ordinaryLayers, int ordinaryHeads, string ordinaryFeedForward, bool ordinaryTied) = Ordinary;
        int width = config.Size("hidden_size", 512, "the width of every position", "d_model"), vocabulary = config.Vocabulary(ordinaryVocabulary);
        int layers = config.Layers("num_hidden_layers", ordinaryLayers, "num_layers"), decoderLayers = config.Reader.IsGiven("num_decoder_layers") ? config.Layers("num_decoder_layers", layers) : layers;
        bool tied = config.Flag("tie_word_embeddings", ordinaryTied);
        float dropout = config.Rate("dropout_rate", 0.1);
        string prefix = task is HubTask.SequenceClassification or HubTask.TokenClassification ? BasePrefix : "", table = prefix + "shared.weight";
        ModelSpec model = HubModels.Causal(config, width, vocabulary, int.MaxValue / 2, prefix, pad: 0, begin: null, end: 1);
        int begin = config.Id("decoder_start_token_id", vocabulary, OrdinaryStart ?? model.PadId);
        model = model with { BeginId = begin >= 0 ? begin : model.PadId };
        var parts = new Parts(
            prefix,
            width,
            config.Heads("num_attention_heads", ordinaryHeads, "num_heads"),
            config.InRange("head_dim", 64, 1, 1 << 15, "the width of one head", "d_kv"),
            config.Size("d_ff", ordinaryInner, "the inner width of the feed-forward sublayer"),
            config.Epsilon("layer_norm_epsilon", 1e-6),
            dropout);
        (bool gated, ActivationKind activation) = FeedForward(config, ordinaryFeedForward);
        (int buckets, int distance) = Buckets(config);
        StackSpec Stack(string name, int count) => new(
            name,
            new EmbeddingSpec(table, width, 1f) { Dropout = dropout },
            HubModels.Layers(count, i => parts.Layer(name, i, gated, activation, buckets, distance)),
            parts.Norm(prefix + name + ".final_layer_norm"))
        {
            Dropout = dropout,
        };
        bool encodes = task is HubTask.Encoder or HubTask.TokenClassification, isLanguage = task == HubTask.SequenceToSequence;
        float scale = config.Flag("scale_decoder_outputs", tied) ? (float)Math.Pow(width, -0.5) : 1f;
        StackSpec decoder = Stack("decoder", decoderLayers);
        return model with
        {
            Encoder = Stack("encoder", layers),
            Decoder = encodes ? null : decoder,
            Head = task switch
            {
                HubTask.Model or HubTask.Encoder => HubHeads.Hidden(null, width),
                HubTask.SequenceClassification => HubSequences.Classes(config, model, TargetOrigin.Begin),
                HubTask.TokenClassification => HubHeads.Tokens(config, new DropoutStepSpec(config.Rate("classifier_dropout", 0))),
                HubTask.QuestionAnswering => HubSequences.Mirrored(config, model, TargetOrigin.Begin, HubHeads.Span()),
                _ => new HeadSpec(HeadKind.Language, vocabulary, HubModels.Output(tied ? table : "lm_head.weight", null, vocabulary)) { Scale = scale },
            },
            Dropout = dropout,
            Initializer = new InitializerSpec(0f, (float)config.Positive("initializer_factor", 1)),
            IgnoredTensors = new EquatableList<string>(
            [
                (isLanguage ? "" : "*") + "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
                .. encodes ? ["*decoder.*"] : Array.Empty<string>(),
                .. isLanguage ? Array.Empty<string>() : ["lm_head.weight"],
            ]),
            Aliases = encodes
                ? new EquatableList<TensorAlias>([new TensorAlias(table, prefix + "encoder.embed_tokens.weight")])
                : HubSequences.Aliases(table, prefix, isLanguage && tied ? table : null),
        };
    }

    /// <summary>"relu", or "gated-silu"; "gated-gelu" means the tanh approximation. dense_act_fn and is_gated_act, where they are given, win, as in transformers.</summary>
    private static (bool Gated, ActivationKind Activation) FeedForward(HubConfig config, string ordinary)
    {
        string word = config.Word(ProjectionKey, ordinary);
        string[] parts = word.Split('-');
        bool gated = parts[0] == "gated" && parts.Length == 2;
        string name = word == "gated-gelu" ? "gelu_new" : parts[parts.Length - 1];
        if (parts.Length > (gated ? 2 : 1) || HubActivations.Find(name) is null)
        {
            string words = ConfigReader.Alternatives(HubActivations.Words.Select(activation => "\"" + activation + "\""));
            config.Report(ProjectionKey, "\"" + word + "\"", words + ", or one of them behind \"gated-\"");
            name = "relu";
        }

        return (config.Flag("is_gated_act", gated), config.Activation("dense_act_fn", name));
    }

    private static (int Buckets, int Distance) Buckets(HubConfig config)
    {
        int buckets = config.InRange(BucketsKey, 32, 4, LargestDistance, "the number of distances that the bias tells apart");
        int distance = config.InRange(DistanceKey, 128, 1, LargestDistance, "the distance from which on all have the same bias");
        if (distance <= buckets / 2)
        {
            config.Report(DistanceKey, Number.Text(distance), "more than half of " + BucketsKey + ", which is " + Number.Text(buckets));
            (buckets, distance) = (32, 128);
        }

        return (buckets, distance);
    }

    private sealed record Parts(string Prefix, int Width, int Heads, int HeadWidth, int Inner, float Epsilon, float Dropout)
    {
        public NormSpec Norm(string name) => new(name, NormKind.Rms, Epsilon);

        public LayerSpec Layer(string stack, int index, bool gated, ActivationKind activation, int buckets, int distance)
        {
            bool decodes = stack == "decoder";
            string block = Prefix + stack + ".block.", layer = block + Number.Text(index) + ".layer.";
            var bias = new BiasSpec(BiasKind.Distance, block + "0.layer.0.SelfAttention.relative_attention_bias.weight", buckets, distance, Bidirectional: !decodes);
            var parts = new List<SublayerSpec> { Attention(layer + "0.SelfAttention", AttentionSource.Self, decodes) with { Bias = bias } };
            if (decodes)
            {
                parts.Add(Attention(layer + "1.EncDecAttention", AttentionSource.Encoder, causal: false));
            }

            string dense = layer + (decodes ? "2" : "1") + ".DenseReluDense";
            ProjectionSpec widen = gated ? ProjectionSpec.Of(bias: false, (dense + ".wi_0", Inner), (dense + ".wi_1", Inner)) : ProjectionSpec.Of(bias: false, (dense + ".wi", Inner));
            parts.Add(new FeedForwardSpec(widen, ProjectionSpec.Of(bias: false, (dense + ".wo", Width)), Inner, activation, gated) { Dropout = Dropout });
            return HubModels.PreNorm(Dropout, [.. parts.Select((part, i) => (Norm(layer + Number.Text(i) + ".layer_norm"), part))]);
        }

        private AttentionSpec Attention(string name, AttentionSource source, bool causal)
        {
            (string, int) Product(string letter) => (name + "." + letter, Heads * HeadWidth);
            bool self = source == AttentionSource.Self;
            return new AttentionSpec(
                source,
                Heads,
                Heads,
                HeadWidth,
                causal,
                self ? ProjectionSpec.Of(bias: false, Product("q"), Product("k"), Product("v")) : ProjectionSpec.Of(bias: false, Product("q")),
                ProjectionSpec.Of(bias: false, (name + ".o", Width)))
            {
                KeyValue = self ? null : ProjectionSpec.Of(bias: false, Product("k"), Product("v")),
                Scale = 1f,
                Dropout = Dropout,
            };
        }
    }
}
