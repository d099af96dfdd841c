using System.Text.Json;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Tests;

/// <summary>The choices of the paper's model, by the names of config.json.</summary>
internal sealed record PaperConfig
{
    public string Architecture { get; init; } = "encoder-decoder";

    public int DModel { get; init; } = 32;

    public int Heads { get; init; } = 4;

    public int HeadDim { get; init; }

    public int EncoderLayers { get; init; } = 2;

    public int DecoderLayers { get; init; } = 2;

    public int DFf { get; init; } = 64;

    public int Vocab { get; init; } = 61;

    public int MaxLength { get; init; } = 24;

    public string Activation { get; init; } = "relu";

    public string Norm { get; init; } = "layer";

    public string NormPlacement { get; init; } = "post";

    public float NormEps { get; init; } = 1e-5f;

    public string Positions { get; init; } = "sinusoidal";

    public bool ScaleEmbeddings { get; init; } = true;

    public bool ShareEmbeddings { get; init; } = true;

    public string Attention { get; init; } = "dot-product";

    public string AttentionPattern { get; init; } = "full";

    public int Window { get; init; }

    public int Dilation { get; init; } = 1;

    public int DilationGrowth { get; init; } = 1;

    public int GlobalTokens { get; init; }

    public int Stride { get; init; }

    public int TopK { get; init; }

    public bool Bias { get; init; } = true;

    public int PadId { get; init; }

    public int BosId { get; init; } = 1;

    public int EosId { get; init; } = 2;

    /// <summary>Not in config.json: the rate of dropout.</summary>
    public float Dropout { get; init; }

    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static PaperConfig Read(string path) => JsonSerializer.Deserialize<PaperConfig>(File.ReadAllText(path), s_options)!;

    public ModelSpec ToSpec() => new()
    {
        Width = DModel,
        Vocabulary = Vocab,
        MaxLength = MaxLength,
        Encoder = Architecture == "decoder" ? null : Stack("encoder", EncoderLayers, isDecoder: false),
        Decoder = Architecture == "encoder" ? null : Stack("decoder", DecoderLayers, isDecoder: true),
        Output = new OutputSpec(ShareEmbeddings ? "shared.weight" : "lm_head.weight"),
        PadId = PadId,
        BeginId = BosId,
        EndId = EosId,
        Dropout = Dropout,
        ConfigJson = "",
        Options = new BuildOptions { CaptureAttention = true, CaptureHiddenStates = true },
    };

    private NormPlacement Placement => NormPlacement == "pre" ? Generator.Spec.NormPlacement.Pre : Generator.Spec.NormPlacement.Post;

    private StackSpec Stack(string name, int layers, bool isDecoder)
    {
        var embedding = new EmbeddingSpec(
            ShareEmbeddings ? "shared.weight" : name + "_embed_tokens.weight",
            ScaleEmbeddings ? (float)Math.Sqrt(DModel) : 1f,
            Positions switch
            {
                "sinusoidal" => PositionKind.Sinusoidal,
                "sinusoidal-half" => PositionKind.SinusoidalHalf,
                "learned" => PositionKind.Learned,
                _ => throw new InvalidDataException(Positions),
            },
            Positions == "learned" ? name + ".embed_positions.weight" : null);
        return new StackSpec(
            name,
            embedding,
            new EquatableList<LayerSpec>(Enumerable.Range(0, layers).Select(layer => Layer($"{name}.layers.{layer}", layer, isDecoder))),
            NormPlacement == "pre" ? NormOf(name + ".layer_norm") : null);
    }

    private LayerSpec Layer(string name, int layer, bool isDecoder)
    {
        var sublayers = new List<SublayerSpec> { AttentionOf(name + ".self_attn", AttentionSource.Self, isDecoder, Pattern(layer)) };
        if (isDecoder && Architecture == "encoder-decoder")
        {
            sublayers.Add(AttentionOf(name + ".encoder_attn", AttentionSource.Encoder, false, PatternSpec.Full));
        }

        ActivationKind activation = Activation == "gelu" ? ActivationKind.Gelu : ActivationKind.Relu;
        sublayers.Add(new FeedForwardSpec(NormOf(name + ".final_layer_norm"), Placement, name + ".fc1", name + ".fc2", DFf, Bias, activation));
        return new LayerSpec(name, new EquatableList<SublayerSpec>(sublayers));
    }

    private AttentionSpec AttentionOf(string name, AttentionSource source, bool causal, PatternSpec pattern) => new(
        NormOf(name + "_layer_norm"), Placement, name, source, Heads, HeadDim > 0 ? HeadDim : DModel / Heads, Bias, causal,
        Attention == "additive" ? ScoreKind.Additive : ScoreKind.DotProduct, pattern);

    private PatternSpec Pattern(int layer) => AttentionPattern switch
    {
        "full" => PatternSpec.Full,
        "block" => new PatternSpec(PatternKind.Block, Window: Window),
        "window" => new PatternSpec(PatternKind.Window, Window: Window),
        "dilated" => new PatternSpec(PatternKind.Dilated, Window: Window, Dilation: Dilation * (int)Math.Pow(DilationGrowth, layer)),
        "sparse" => new PatternSpec(PatternKind.Sparse, Window: Window, GlobalTokens: GlobalTokens),
        "strided" => new PatternSpec(PatternKind.Strided, Stride: Stride),
        "top-k" => new PatternSpec(PatternKind.TopK, Top: TopK),
        _ => throw new InvalidDataException(AttentionPattern),
    };

    private NormSpec NormOf(string name) => new(name, Norm == "batch" ? NormKind.Batch : NormKind.Layer, NormEps);
}
