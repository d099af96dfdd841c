using TransformerGen.Generator.Families.HuggingFace;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families;

/// <summary>
/// model_type "transformer": the encoder-decoder of "Attention Is All You Need", its halves, and the variants of its parts. Described by the attribute or by
/// a config.json; both give the same Spec.
/// </summary>
internal sealed class PaperFamily : Family
{
    /// <summary>Its model_type.</summary>
    public const string Type = "transformer";

    /// <inheritdoc/>
    public override string ModelType => Type;

    /// <inheritdoc/>
    public override ModelSpec? Read(ConfigReader reader, HeadChoice? choice = null)
    {
        PaperConfig config = PaperJson.Read(reader);
        reader.ReportUnknownKeys(PaperFields.Keys);
        if (reader.Failed)
        {
            return null;
        }

        PaperRules.Check(config, reader);
        return reader.Failed ? null : Build(config);
    }

    /// <summary>The Spec of a configuration that keeps the rules (<see cref="PaperRules"/>).</summary>
    public static ModelSpec Build(PaperConfig config)
    {
        config = config.Canonical();
        return new ModelSpec
        {
            ModelType = Type,
            Width = config.DModel,
            Vocabulary = config.Vocab,
            MaxLength = config.MaxLength,
            Encoder = config.HasEncoder ? Stack(config, "encoder", config.EncoderLayers) : null,
            Decoder = config.HasDecoder ? Stack(config, "decoder", config.DecoderLayers) : null,
            Head = new HeadSpec(HeadKind.Language, config.Vocab, ProjectionSpec.Of(bias: false, (config.ShareEmbeddings ? "shared" : "lm_head", config.Vocab))),
            PadId = config.PadId,
            BeginId = config.BeginId,
            EndIds = new EquatableList<int>([config.EndId]),
            Dropout = (float)config.Dropout,
            ConfigJson = PaperJson.Write(config),
        };
    }

    private static StackSpec Stack(PaperConfig config, string stack, int layers) => new(
        stack,
        new EmbeddingSpec(
            config.ShareEmbeddings ? "shared.weight" : stack + "_embed_tokens.weight", config.DModel, config.ScaleEmbeddings ? (float)Math.Sqrt(config.DModel) : 1f)
        {
            Positions = config.Positions,
            PositionTable = config.Positions == PositionKind.Learned ? new PositionTableSpec(stack + ".embed_positions.weight", config.MaxLength) : null,
            Dropout = (float)config.Dropout,
        },
        new EquatableList<LayerSpec>(Enumerable.Range(0, layers).Select(layer => Layer(config, stack, layer))),
        config.NormPlacement == NormPlacement.Pre ? Norm(config, stack + ".layer_norm") : null);

    private static LayerSpec Layer(PaperConfig config, string stack, int layer)
    {
        string name = stack + ".layers." + Number.Text(layer);
        bool causal = stack == "decoder";
        var residuals = new List<ResidualSpec> { Residual(config, name + ".self_attn_layer_norm", Attend(config, name + ".self_attn", AttentionSource.Self, causal, Pattern(config, layer))) };
        if (causal && config.HasEncoder)
        {
            residuals.Add(Residual(config, name + ".encoder_attn_layer_norm", Attend(config, name + ".encoder_attn", AttentionSource.Encoder, causal: false, PatternSpec.Full)));
        }

        residuals.Add(Residual(
            config,
            name + ".final_layer_norm",
            new FeedForwardSpec(
                ProjectionSpec.Of(config.Bias, (name + ".fc1", config.FeedForward)), ProjectionSpec.Of(config.Bias, (name + ".fc2", config.DModel)), config.FeedForward, config.Activation)));
        return new LayerSpec(new EquatableList<ResidualSpec>(residuals));
    }

    private static ResidualSpec Residual(PaperConfig config, string norm, SublayerSpec function)
    {
        var spec = new NormSpec(norm, config.Norm, (float)config.NormEpsilon);
        bool pre = config.NormPlacement == NormPlacement.Pre;
        return ResidualSpec.Of(new BranchSpec(function) { NormBefore = pre ? spec : null, Dropout = (float)config.Dropout }) with { NormAfter = pre ? null : spec };
    }

    private static AttentionSpec Attend(PaperConfig config, string name, AttentionSource source, bool causal, PatternSpec pattern)
    {
        // Saturated, so that an absurd size stays absurd until the cap refuses it.
        int inner = (int)Math.Min(int.MaxValue, (long)config.Heads * config.HeadWidth);
        ProjectionSpec Of(params string[] products) => ProjectionSpec.Of(config.Bias, [.. products.Select(product => (name + "." + product, inner))]);
        bool isSelf = source == AttentionSource.Self;
        return new AttentionSpec(
            source,
            config.Heads,
            config.Heads,
            config.HeadWidth,
            causal,
            isSelf ? Of("q_proj", "k_proj", "v_proj") : Of("q_proj"),
            ProjectionSpec.Of(config.Bias, (name + ".out_proj", config.DModel)))
        {
            KeyValue = isSelf ? null : Of("k_proj", "v_proj"),
            Score = config.Attention,
            ScoreTensor = config.Attention == ScoreKind.Additive ? name + ".score" : null,
            Pattern = pattern,
        };
    }

    private static NormSpec Norm(PaperConfig config, string name) => new(name, config.Norm, (float)config.NormEpsilon);

    private static PatternSpec Pattern(PaperConfig config, int layer) => new(
        config.Pattern,
        Reach(config, config.Window),
        DilationOf(config, layer),
        Reach(config, config.GlobalTokens),
        Reach(config, config.Stride),
        Reach(config, config.TopK));

    /// <summary>
    /// A pattern's number, at most the maximum length: from there on every number means the same, and arithmetic with it stays far from overflow in the
    /// kernels.
    /// </summary>
    private static int Reach(PaperConfig config, int number) => Math.Min(number, config.MaxLength);

    /// <summary>
    /// dilation · growth^layer. From the maximum length on, every larger distance leaves a query the same one key, itself, so the power stops there rather
    /// than overflow.
    /// </summary>
    private static int DilationOf(PaperConfig config, int layer)
    {
        long dilation = config.Dilation;
        for (int i = 0; i < layer && dilation < config.MaxLength; i++)
        {
            dilation *= config.DilationGrowth;
        }

        return config.Pattern == PatternKind.Dilated ? (int)Math.Min(dilation, Math.Max(config.MaxLength, 1)) : 1;
    }
}
