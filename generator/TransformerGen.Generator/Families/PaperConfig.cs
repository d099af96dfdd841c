using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families;

internal enum PaperArchitecture
{
    EncoderDecoder,
    Encoder,
    Decoder,
}

internal enum NormPlacement
{
    /// <summary>x ← norm(x + f(x)).</summary>
    Post,

    /// <summary>x ← x + f(norm(x)).</summary>
    Pre,
}

/// <summary>
/// The choices of model_type "transformer", flat as in its config.json and in the attribute. The defaults are the paper's; an absent dropout means none in
/// a config.json and 0.1 in the attribute, which say so where they read it.
/// </summary>
internal sealed record PaperConfig
{
    public PaperArchitecture Architecture { get; init; }

    public required int DModel { get; init; }

    public required int Heads { get; init; }

    /// <summary>0 for d_model / heads.</summary>
    public int HeadDim { get; init; }

    public required int EncoderLayers { get; init; }

    public required int DecoderLayers { get; init; }

    public required int FeedForward { get; init; }

    public required int Vocab { get; init; }

    public int MaxLength { get; init; } = 512;

    public ActivationKind Activation { get; init; } = ActivationKind.Relu;

    public NormKind Norm { get; init; }

    public NormPlacement NormPlacement { get; init; }

    public double NormEpsilon { get; init; } = 1e-5;

    public PositionKind Positions { get; init; } = PositionKind.Sinusoidal;

    public bool ScaleEmbeddings { get; init; } = true;

    public bool ShareEmbeddings { get; init; } = true;

    public ScoreKind Attention { get; init; }

    public PatternKind Pattern { get; init; }

    public int Window { get; init; }

    public int Dilation { get; init; } = 1;

    public int DilationGrowth { get; init; } = 1;

    public int GlobalTokens { get; init; }

    public int Stride { get; init; }

    public int TopK { get; init; }

    public bool Bias { get; init; } = true;

    public int PadId { get; init; }

    public int BeginId { get; init; } = 1;

    public int EndId { get; init; } = 2;

    public double Dropout { get; init; }

    public bool HasEncoder => Architecture != PaperArchitecture.Decoder;

    public bool HasDecoder => Architecture != PaperArchitecture.Encoder;

    /// <summary>Width of one head.</summary>
    public int HeadWidth => HeadDim != 0 ? HeadDim : DModel / Heads;

    /// <summary>
    /// The same model with one way of writing it: a head width that follows from the others is 0, numbers that the pattern does not use have their
    /// defaults.
    /// </summary>
    public PaperConfig Canonical()
    {
        var unused = new { Window = 0, Dilation = 1, DilationGrowth = 1, GlobalTokens = 0, Stride = 0, TopK = 0 };
        return this with
        {
            HeadDim = (long)HeadDim * Heads == DModel ? 0 : HeadDim,
            Window = PaperFields.Uses(Pattern, PaperFields.Window) ? Window : unused.Window,
            Dilation = PaperFields.Uses(Pattern, PaperFields.Dilation) ? Dilation : unused.Dilation,
            DilationGrowth = PaperFields.Uses(Pattern, PaperFields.DilationGrowth) ? DilationGrowth : unused.DilationGrowth,
            GlobalTokens = PaperFields.Uses(Pattern, PaperFields.GlobalTokens) ? GlobalTokens : unused.GlobalTokens,
            Stride = PaperFields.Uses(Pattern, PaperFields.Stride) ? Stride : unused.Stride,
            TopK = PaperFields.Uses(Pattern, PaperFields.TopK) ? TopK : unused.TopK,
        };
    }
}
