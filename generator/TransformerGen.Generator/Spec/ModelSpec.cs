namespace TransformerGen.Generator.Spec;

/// <summary>
/// One Transformer, whatever family it comes from: the only thing that the incremental pipeline caches. Graph, backward pass, plan and text are
/// pure functions of it. What differs between layers is data in the lists; no field names a family.
/// </summary>
internal sealed record ModelSpec
{
    /// <summary>d_model.</summary>
    public required int Width { get; init; }

    public required int Vocabulary { get; init; }

    public required int MaxLength { get; init; }

    public StackSpec? Encoder { get; init; }

    public StackSpec? Decoder { get; init; }

    public required OutputSpec Output { get; init; }

    public required int PadId { get; init; }

    public required int BeginId { get; init; }

    public required int EndId { get; init; }

    /// <summary>Probability of dropping in training, 0 for none.</summary>
    public float Dropout { get; init; }

    /// <summary>What a saved model writes beside its weights.</summary>
    public required string ConfigJson { get; init; }

    public BuildOptions Options { get; init; } = new();
}

/// <summary>What to generate, apart from the mathematics.</summary>
internal sealed record BuildOptions
{
    /// <summary>Emit the backward pass.</summary>
    public bool Training { get; init; } = true;

    public bool CaptureAttention { get; init; }

    public bool CaptureHiddenStates { get; init; }

    /// <summary>Let values whose lives do not overlap share memory; off only to prove that it changes nothing.</summary>
    public bool ShareMemory { get; init; } = true;
}

/// <summary>Embedding, layers, and the norm after the last layer.</summary>
/// <param name="Name">Prefix of its parameters: encoder, decoder.</param>
internal sealed record StackSpec(string Name, EmbeddingSpec Embedding, EquatableList<LayerSpec> Layers, NormSpec? FinalNorm);

/// <summary>Token embedding times a factor, plus positions.</summary>
/// <param name="Table">Name of the parameter, which several stacks may share.</param>
internal sealed record EmbeddingSpec(string Table, float Scale, PositionKind Positions, string? PositionTable);

internal enum PositionKind
{
    None,

    /// <summary>sin, cos, sin, cos ... (the paper).</summary>
    Sinusoidal,

    /// <summary>All sines, then all cosines.</summary>
    SinusoidalHalf,

    /// <summary>All sines, then all cosines, of frequencies 10000^(-i / (width / 2 - 1)) (fairseq).</summary>
    SinusoidalFairseq,

    /// <summary>A parameter.</summary>
    Learned,
}

/// <param name="Name">Prefix of its parameters: encoder.layers.0.</param>
internal sealed record LayerSpec(string Name, EquatableList<SublayerSpec> Sublayers);

/// <summary>x + f(x), normalised after the sum (post) or before f (pre).</summary>
internal abstract record SublayerSpec(NormSpec Norm, NormPlacement Placement);

internal enum NormPlacement
{
    Post,
    Pre,
}

internal enum NormKind
{
    Layer,
    Batch,

    /// <summary>x / √(mean x² + ε) (Zhang and Sennrich 2019).</summary>
    Rms,
}

/// <param name="Name">Prefix of its parameters.</param>
internal sealed record NormSpec(string Name, NormKind Kind, float Epsilon);

internal enum AttentionSource
{
    /// <summary>Keys and values from the same rows.</summary>
    Self,

    /// <summary>Keys and values from the encoder's output.</summary>
    Encoder,
}

internal enum ScoreKind
{
    /// <summary>q · k / √K.</summary>
    DotProduct,

    /// <summary>v · tanh(q + k) per head (Bahdanau et al. 2015).</summary>
    Additive,
}

internal sealed record AttentionSpec(
    NormSpec Norm, NormPlacement Placement, string Name, AttentionSource Source, int Heads, int HeadWidth, bool Bias, bool Causal, ScoreKind Score, PatternSpec Pattern)
    : SublayerSpec(Norm, Placement);

internal enum PatternKind
{
    Full,
    Block,
    Window,
    Dilated,
    Sparse,
    Strided,
    TopK,
}

/// <summary>
/// Which keys j a query i may see (i, j: positions). Block: i / Window == j / Window. Window: |i - j| ≤ Window. Dilated: |i - j| ≤ Window · Dilation and
/// Dilation divides i - j. Sparse: |i - j| ≤ Window, or i &lt; GlobalTokens, or j &lt; GlobalTokens. Strided: |i - j| &lt; Stride, or j % Stride == Stride - 1.
/// TopK: the Top keys with the largest scores among those it may see.
/// </summary>
internal sealed record PatternSpec(PatternKind Kind, int Window = 0, int Dilation = 1, int GlobalTokens = 0, int Stride = 0, int Top = 0)
{
    public static PatternSpec Full { get; } = new(PatternKind.Full);
}

internal enum ActivationKind
{
    None,
    Relu,

    /// <summary>x · Φ(x), exact.</summary>
    Gelu,

    /// <summary>GELU by its tanh approximation (Hendrycks and Gimpel 2016).</summary>
    GeluTanh,

    /// <summary>x · sigmoid(1.702 x).</summary>
    QuickGelu,

    /// <summary>x · sigmoid(x), also called swish.</summary>
    Silu,
    Tanh,
    Sigmoid,
}

internal enum RotaryKind
{
    /// <summary>Columns c and c + Dimensions / 2 turn together (Llama, GPT-NeoX).</summary>
    HalfSplit,

    /// <summary>Columns 2c and 2c + 1 turn together (GPT-J).</summary>
    Interleaved,
}

/// <summary>Queries and keys are turned by an angle that grows with the position (RoPE, Su et al. 2021).</summary>
/// <param name="Dimensions">Columns of each head that turn; the others pass.</param>
/// <param name="InverseFrequencies">Angle per position of each pair, [Dimensions / 2].</param>
/// <param name="Factor">Of both cosine and sine.</param>
internal sealed record RotarySpec(RotaryKind Kind, int Dimensions, EquatableList<double> InverseFrequencies, float Factor = 1f);

internal sealed record FeedForwardSpec(NormSpec Norm, NormPlacement Placement, string Widen, string Narrow, int Inner, bool Bias, ActivationKind Activation)
    : SublayerSpec(Norm, Placement);

/// <summary>Logits = x · Wᵀ.</summary>
/// <param name="Weight">Name of the parameter [vocabulary, width]; a tied one is an embedding's table.</param>
internal sealed record OutputSpec(string Weight);
