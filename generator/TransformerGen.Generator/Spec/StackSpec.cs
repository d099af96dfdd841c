namespace TransformerGen.Generator.Spec;

/// <summary>Embedding, layers, and the norm after the last layer.</summary>
/// <param name="Name">encoder or decoder: what its stages are called.</param>
internal sealed record StackSpec(string Name, EmbeddingSpec Embedding, EquatableList<LayerSpec> Layers, NormSpec? FinalNorm)
{
    /// <summary>A product behind the last layer (and its norm), to another width.</summary>
    public ProjectionSpec? Projection { get; init; }

    /// <summary>Of what the stack gives, behind its norm.</summary>
    public float Dropout { get; init; }

    /// <summary>How often training skips a layer (Fan et al. 2020); each layer, for the whole batch.</summary>
    public float LayerDrop { get; init; }

    /// <summary>The last of the captured hidden states is what the stack gives, behind its norm and projection; else what its last layer gives.</summary>
    public bool CapturesEnd { get; init; } = true;

    /// <summary>Width of what the stack gives.</summary>
    public int OutputWidth(int width) => Projection?.Width ?? width;
}

/// <summary>
/// x = table[token] · scale (TokenProjection), plus positions and token types; then, where they exist, the norm, dropout, and the projection to the width of
/// the layers.
/// </summary>
/// <param name="Table">Name of the table [vocabulary, Width], which several stacks may share.</param>
/// <param name="Width">Columns of the table.</param>
/// <param name="Scale">Factor of the table's rows.</param>
internal sealed record EmbeddingSpec(string Table, int Width, float Scale)
{
    /// <summary>A row of the table that gets no gradient through the embedding, -1 for none.</summary>
    public int PaddingRow { get; init; } = -1;

    /// <summary>From the table's width to the layers', before positions are added.</summary>
    public ProjectionSpec? TokenProjection { get; init; }

    public PositionKind Positions { get; init; }

    public PositionTableSpec? PositionTable { get; init; }

    /// <summary>What is added to a position before its row of the table, or its sinusoid, is taken.</summary>
    public int PositionOffset { get; init; }

    /// <summary>Tokens of <see cref="PaddingRow"/> behind the last real one are not counted: all stand in front of the first position, at a row that gets no gradient.</summary>
    public bool SkipsPadding { get; init; }

    public TypeTableSpec? Types { get; init; }

    public NormSpec? Norm { get; init; }

    public float Dropout { get; init; }

    public ProjectionSpec? Projection { get; init; }
}

/// <param name="Name">Name of the tensor [rows, width].</param>
/// <param name="Rows">Rows, those in front of the offset included.</param>
/// <param name="Fixed">The sinusoids that it begins as, where it is stored and never trained; null for a table that is trained.</param>
internal sealed record PositionTableSpec(string Name, int Rows, PositionKind? Fixed = null)
{
    /// <summary>Stored, and never trained.</summary>
    public bool IsBuffer => Fixed is not null;
}

/// <param name="Name">Name of the tensor [rows, width].</param>
/// <param name="Rows">Token types.</param>
internal sealed record TypeTableSpec(string Name, int Rows);

internal enum PositionKind
{
    None,

    /// <summary>sin, cos, sin, cos ... (the paper).</summary>
    Sinusoidal,

    /// <summary>All sines, then all cosines.</summary>
    SinusoidalHalf,

    /// <summary>All sines, then all cosines, of frequencies 10000^(-i / (width / 2 - 1)) (fairseq).</summary>
    SinusoidalFairseq,

    /// <summary>A parameter, or stored numbers.</summary>
    Learned,
}

/// <summary>The steps of a layer, each x ← x + what its branches give.</summary>
internal sealed record LayerSpec(EquatableList<ResidualSpec> Residuals)
{
    public IEnumerable<SublayerSpec> Sublayers => Residuals.SelectMany(residual => residual.Branches).Select(branch => branch.Function);
}

/// <summary>x ← NormAfter(skip + dropout(Σ branches)), skip = x. One branch with a norm after the sum is the paper's post-norm; several are parallel.</summary>
internal sealed record ResidualSpec(EquatableList<BranchSpec> Branches)
{
    public NormSpec? NormAfter { get; init; }

    /// <summary>Of the branches' sum, whose branches then have neither dropout nor scale of their own.</summary>
    public float Dropout { get; init; }

    /// <summary>The skip is the (first) branch's normalised input instead of x.</summary>
    public bool SkipIsNormed { get; init; }

    public static ResidualSpec Of(params BranchSpec[] branches) => new(new EquatableList<BranchSpec>(branches));
}

/// <summary>Scale · dropout(NormAfter(f(NormBefore(x)))). Branches with equal norms before share one.</summary>
internal sealed record BranchSpec(SublayerSpec Function)
{
    public NormSpec? NormBefore { get; init; }

    public NormSpec? NormAfter { get; init; }

    public float Scale { get; init; } = 1f;

    public float Dropout { get; init; }
}

internal abstract record SublayerSpec;

internal enum NormKind
{
    Layer,
    Batch,

    /// <summary>x / √(mean x² + ε) (Zhang and Sennrich 2019).</summary>
    Rms,
}

/// <param name="Name">Prefix of its parameters: weight, bias.</param>
internal sealed record NormSpec(string Name, NormKind Kind, float Epsilon)
{
    /// <summary>A layer norm without parameters; the name tells it from the other norms of the model.</summary>
    public static NormSpec Bare(string name, float epsilon) => new(name, NormKind.Layer, epsilon) { Gain = false, Bias = false };

    /// <summary>The gain is 1 + weight.</summary>
    public bool UnitOffset { get; init; }

    /// <summary>Without it the norm has no parameters at all: y = x̂.</summary>
    public bool Gain { get; init; } = true;

    public bool Bias { get; init; } = Kind != NormKind.Rms;

    /// <summary>Suffix of the gain's name.</summary>
    public string Weight => Name + ".weight";
}
