using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families;

/// <summary>
/// model_type "transformer": the encoder-decoder of "Attention Is All You Need", its halves, and the variants of its parts. Described by the attribute or by
/// a config.json; both give the same Spec.
/// </summary>
internal sealed class PaperFamily : Family
{
    /// <inheritdoc/>
    public override string ModelType => "transformer";

    /// <inheritdoc/>
    public override ModelSpec? Read(ConfigReader reader)
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
            Width = config.DModel,
            Vocabulary = config.Vocab,
            MaxLength = config.MaxLength,
            Encoder = config.HasEncoder ? Stack(config, "encoder", config.EncoderLayers) : null,
            Decoder = config.HasDecoder ? Stack(config, "decoder", config.DecoderLayers) : null,
            Output = new OutputSpec(config.ShareEmbeddings ? "shared.weight" : "lm_head.weight"),
            PadId = config.PadId,
            BeginId = config.BeginId,
            EndId = config.EndId,
            Dropout = (float)config.Dropout,
            ConfigJson = PaperJson.Write(config),
        };
    }

    private static StackSpec Stack(PaperConfig config, string stack, int layers) => new(
        stack,
        new EmbeddingSpec(
            config.ShareEmbeddings ? "shared.weight" : stack + "_embed_tokens.weight",
            config.ScaleEmbeddings ? (float)Math.Sqrt(config.DModel) : 1f,
            config.Positions,
            config.Positions == PositionKind.Learned ? stack + ".embed_positions.weight" : null),
        new EquatableList<LayerSpec>(Enumerable.Range(0, layers).Select(layer => Layer(config, stack, layer))),
        config.NormPlacement == NormPlacement.Pre ? Norm(config, stack + ".layer_norm") : null);

    private static LayerSpec Layer(PaperConfig config, string stack, int layer)
    {
        string name = stack + ".layers." + Number.Text(layer);
        bool causal = stack == "decoder";
        var sublayers = new List<SublayerSpec>
        {
            Attend(config, name + ".self_attn", AttentionSource.Self, causal, Pattern(config, layer)),
        };
        if (causal && config.HasEncoder)
        {
            sublayers.Add(Attend(config, name + ".encoder_attn", AttentionSource.Encoder, causal: false, PatternSpec.Full));
        }

        sublayers.Add(new FeedForwardSpec(
            Norm(config, name + ".final_layer_norm"), config.NormPlacement, name + ".fc1", name + ".fc2", config.FeedForward, config.Bias, config.Activation));
        return new LayerSpec(name, new EquatableList<SublayerSpec>(sublayers));
    }

    private static AttentionSpec Attend(PaperConfig config, string name, AttentionSource source, bool causal, PatternSpec pattern) => new(
        Norm(config, name + "_layer_norm"), config.NormPlacement, name, source, config.Heads, config.HeadWidth, config.Bias, causal, config.Attention, pattern);

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
