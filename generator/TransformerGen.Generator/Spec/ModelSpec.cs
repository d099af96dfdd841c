namespace TransformerGen.Generator.Spec;

/// <summary>
/// One Transformer, whatever family it comes from: the only thing that the incremental pipeline caches. Graph, backward pass, plan and text are
/// pure functions of it. What differs between layers is data in the lists; no field names a family.
/// </summary>
internal sealed record ModelSpec
{
    /// <summary>The family's model_type, for the reader of the generated class.</summary>
    public required string ModelType { get; init; }

    /// <summary>d_model: width of the residual stream.</summary>
    public required int Width { get; init; }

    public required int Vocabulary { get; init; }

    /// <summary>Most tokens of one sequence; int.MaxValue / 2 where nothing limits them.</summary>
    public required int MaxLength { get; init; }

    public StackSpec? Encoder { get; init; }

    public StackSpec? Decoder { get; init; }

    public required HeadSpec Head { get; init; }

    /// <summary>Id of padding, -1 where the model has none.</summary>
    public required int PadId { get; init; }

    /// <summary>Id that begins a target sequence, -1 where the model has none.</summary>
    public required int BeginId { get; init; }

    /// <summary>Ids that end a sequence; the first is the model's own.</summary>
    public required EquatableList<int> EndIds { get; init; }

    /// <summary>Tokens with global attention.</summary>
    public GlobalsSpec Globals { get; init; } = GlobalsSpec.None;

    /// <summary>The dropout rate that most sites have and that a trainer may replace; sites with another rate carry their own.</summary>
    public float Dropout { get; init; }

    /// <summary>How fresh weights start.</summary>
    public InitializerSpec Initializer { get; init; } = InitializerSpec.Paper;

    /// <summary>Prefix that a checkpoint of the bare model lacks, such as transformer. or bert.; empty for none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Patterns of checkpoint names that say nothing: buffers that older versions stored.</summary>
    public EquatableList<string> IgnoredTensors { get; init; } = EquatableList<string>.Empty;

    /// <summary>Further names under which checkpoints hold a tensor: the other end of tied weights.</summary>
    public EquatableList<TensorAlias> Aliases { get; init; } = EquatableList<TensorAlias>.Empty;

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

/// <summary>How fresh weights start: matrices Xavier-uniform by their own shape or normal; embeddings normal; gains one, biases zero.</summary>
/// <param name="MatrixDeviation">Standard deviation of matrices; 0 for Xavier-uniform.</param>
/// <param name="EmbeddingDeviation">Standard deviation of embeddings; 0 for width^-0.5.</param>
internal sealed record InitializerSpec(float MatrixDeviation, float EmbeddingDeviation)
{
    public static InitializerSpec Paper { get; } = new(0, 0);
}
