using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families;

/// <summary>Names of the paper's choices: keys in config.json, properties or parameters in the attribute, and the words of each choice.</summary>
internal static class PaperFields
{
    public const string Architecture = "architecture";
    public const string DModel = "d_model";
    public const string Heads = "heads";
    public const string HeadDim = "head_dim";
    public const string EncoderLayers = "encoder_layers";
    public const string DecoderLayers = "decoder_layers";
    public const string FeedForward = "d_ff";
    public const string Vocab = "vocab";
    public const string MaxLength = "max_length";
    public const string Activation = "activation";
    public const string Norm = "norm";
    public const string NormPlacement = "norm_placement";
    public const string NormEpsilon = "norm_eps";
    public const string Positions = "positions";
    public const string ScaleEmbeddings = "scale_embeddings";
    public const string ShareEmbeddings = "share_embeddings";
    public const string Attention = "attention";
    public const string Pattern = "attention_pattern";
    public const string Window = "window";
    public const string Dilation = "dilation";
    public const string DilationGrowth = "dilation_growth";
    public const string GlobalTokens = "global_tokens";
    public const string Stride = "stride";
    public const string TopK = "top_k";
    public const string Bias = "bias";
    public const string PadId = "pad_id";
    public const string BeginId = "bos_id";
    public const string EndId = "eos_id";
    public const string Dropout = "dropout";

    /// <summary>The attribute's constructor parameter that gives the layers of both stacks.</summary>
    public const string Layers = "layers";

    public static readonly WordTable<PaperArchitecture> Architectures = new(
        "Architecture",
        (PaperArchitecture.EncoderDecoder, "encoder-decoder", "EncoderDecoder"),
        (PaperArchitecture.Encoder, "encoder", "Encoder"),
        (PaperArchitecture.Decoder, "decoder", "Decoder"));

    public static readonly WordTable<ActivationKind> Activations = new("Activation", (ActivationKind.Relu, "relu", "ReLU"), (ActivationKind.Gelu, "gelu", "GELU"));

    public static readonly WordTable<NormKind> Norms = new("Norm", (NormKind.Layer, "layer", "Layer"), (NormKind.Batch, "batch", "Batch"));

    public static readonly WordTable<NormPlacement> NormPlacements = new(
        "NormPlacement", (Families.NormPlacement.Post, "post", "Post"), (Families.NormPlacement.Pre, "pre", "Pre"));

    public static readonly WordTable<PositionKind> PositionKinds = new(
        "Positions",
        (PositionKind.Sinusoidal, "sinusoidal", "Sinusoidal"),
        (PositionKind.SinusoidalHalf, "sinusoidal-half", "SinusoidalHalf"),
        (PositionKind.Learned, "learned", "Learned"));

    public static readonly WordTable<ScoreKind> Attentions = new(
        "Attention", (ScoreKind.DotProduct, "dot-product", "DotProduct"), (ScoreKind.Additive, "additive", "Additive"));

    public static readonly WordTable<PatternKind> Patterns = new(
        "Pattern",
        (PatternKind.Full, "full", "Full"),
        (PatternKind.Block, "block", "Block"),
        (PatternKind.Window, "window", "Window"),
        (PatternKind.Dilated, "dilated", "Dilated"),
        (PatternKind.Sparse, "sparse", "Sparse"),
        (PatternKind.Strided, "strided", "Strided"),
        (PatternKind.TopK, "top-k", "TopK"));

    private static readonly Dictionary<string, string> s_members = new(StringComparer.Ordinal)
    {
        [Architecture] = "Architecture",
        [DModel] = "dModel",
        [Heads] = "heads",
        [HeadDim] = "HeadDim",
        [EncoderLayers] = "EncoderLayers",
        [DecoderLayers] = "DecoderLayers",
        [FeedForward] = "FeedForward",
        [Vocab] = "vocab",
        [MaxLength] = "MaxLength",
        [Activation] = "Activation",
        [Norm] = "Norm",
        [NormPlacement] = "NormPlacement",
        [NormEpsilon] = "NormEpsilon",
        [Positions] = "Positions",
        [ScaleEmbeddings] = "ScaleEmbeddings",
        [ShareEmbeddings] = "ShareEmbeddings",
        [Attention] = "Attention",
        [Pattern] = "Pattern",
        [Window] = "Window",
        [Dilation] = "Dilation",
        [DilationGrowth] = "DilationGrowth",
        [GlobalTokens] = "GlobalTokens",
        [Stride] = "Stride",
        [TopK] = "TopK",
        [Bias] = "Bias",
        [PadId] = "PadId",
        [BeginId] = "BeginId",
        [EndId] = "EndId",
        [Dropout] = "Dropout",
    };

    /// <summary>Keys of config.json, in the order in which it is written.</summary>
    public static IReadOnlyList<string> Keys { get; } =
    [
        Architecture, DModel, Heads, HeadDim, EncoderLayers, DecoderLayers, FeedForward, Vocab, MaxLength, Activation, Norm, NormPlacement, NormEpsilon,
        Positions, ScaleEmbeddings, ShareEmbeddings, Attention, Pattern, Window, Dilation, DilationGrowth, GlobalTokens, Stride, TopK, Bias, PadId, BeginId,
        EndId, Dropout,
    ];

    /// <summary>The attribute's property or constructor parameter for a key of config.json.</summary>
    public static string Member(string key) => s_members[key];

    /// <summary>Whether a pattern depends on a number.</summary>
    public static bool Uses(PatternKind pattern, string number) => number switch
    {
        Window => pattern is PatternKind.Block or PatternKind.Window or PatternKind.Dilated or PatternKind.Sparse,
        Dilation or DilationGrowth => pattern is PatternKind.Dilated,
        GlobalTokens => pattern is PatternKind.Sparse,
        Stride => pattern is PatternKind.Strided,
        TopK => pattern is PatternKind.TopK,
        _ => false,
    };
}
