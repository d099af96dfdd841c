namespace TransformerGen.Generator.Spec;

internal enum AttentionSource
{
    /// <summary>Keys and values from the same rows.</summary>
    Self,

    /// <summary>Keys and values from the encoder's output.</summary>
    Encoder,
}

internal enum ScoreKind
{
    /// <summary>scale · q · k.</summary>
    DotProduct,

    /// <summary>v · tanh(q + k) per head (Bahdanau et al. 2015).</summary>
    Additive,
}

/// <summary>softmax(score(q, k))·v per head, then a product. Query head h reads key head h / (Heads / KeyHeads).</summary>
/// <param name="Query">Of a self-attention one product for queries, keys and values, one below the other; else for the queries.</param>
internal sealed record AttentionSpec(AttentionSource Source, int Heads, int KeyHeads, int HeadWidth, bool Causal, ProjectionSpec Query, ProjectionSpec Output) : SublayerSpec
{
    /// <summary>Keys and values of the encoder's output, one below the other; null for a self-attention.</summary>
    public ProjectionSpec? KeyValue { get; init; }

    /// <summary>Queries, keys and values of tokens that see everything (Longformer).</summary>
    public ProjectionSpec? Global { get; init; }

    public ScoreKind Score { get; init; }

    /// <summary>Additive attention's vectors [heads, head width].</summary>
    public string? ScoreTensor { get; init; }

    /// <summary>Factor of q · k.</summary>
    public float Scale { get; init; } = (float)Math.Pow(HeadWidth, -0.5);

    /// <summary>c of c · tanh(score / c), 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>Of a self-attention: the largest size of any number of its queries, keys and values, 0 for none.</summary>
    public float Clip { get; init; }

    public BiasSpec Bias { get; init; } = BiasSpec.None;

    public PatternSpec Pattern { get; init; } = PatternSpec.Full;

    public RotarySpec? Rotary { get; init; }

    public HeadNormSpec? QueryNorm { get; init; }

    public HeadNormSpec? KeyNorm { get; init; }

    /// <summary>Of the probabilities.</summary>
    public float Dropout { get; init; }

    /// <summary>A self-attention whose heads have keys of their own.</summary>
    public static AttentionSpec Self(int heads, int headWidth, bool causal, ProjectionSpec query, ProjectionSpec output) =>
        new(AttentionSource.Self, heads, heads, headWidth, causal, query, output);

    /// <summary>Columns of all queries.</summary>
    public int QueryWidth => Heads * HeadWidth;

    /// <summary>Columns of all keys, and of all values.</summary>
    public int KeyWidth => KeyHeads * HeadWidth;
}

/// <summary>What is added to a score by the distance j - i of key and query.</summary>
/// <param name="Table">Name of the table [Buckets, heads], which several layers may share.</param>
/// <param name="MaxDistance">From here on all distances share a bucket.</param>
/// <param name="Bidirectional">Half of the buckets are for keys behind the query.</param>
internal sealed record BiasSpec(BiasKind Kind, string? Table = null, int Buckets = 0, int MaxDistance = 0, bool Bidirectional = false)
{
    public static BiasSpec None { get; } = new(BiasKind.None);

    /// <summary>Factor of the slopes of a linear bias.</summary>
    public float Scale { get; init; } = 1f;
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

/// <summary>Normalises queries or keys in groups of columns.</summary>
/// <param name="Weights">One tensor for all groups, or one per group.</param>
/// <param name="Biases">The same of the shifts; null for none.</param>
/// <param name="Groups">Groups: heads, or 1 for all heads together.</param>
/// <param name="Size">Columns of a group.</param>
internal sealed record HeadNormSpec(EquatableList<string> Weights, EquatableList<string>? Biases, int Groups, int Size, NormKind Kind, float Epsilon, bool UnitOffset = false);

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

    /// <summary>A query sees the keys at most this far away.</summary>
    public static PatternSpec Near(int window) => new(PatternKind.Window, window);
}
