namespace TransformerGen.Generator.Spec;

/// <summary>What a model answers.</summary>
internal enum HeadKind
{
    /// <summary>Logits over the vocabulary for each wanted row.</summary>
    Language,

    /// <summary>Logits over classes for each wanted row: every token, or one per sequence.</summary>
    Classes,

    /// <summary>Where a span begins and ends: two logits per token, softmax over the tokens of a sequence.</summary>
    Span,

    /// <summary>The last hidden states themselves, and where there is a pooler, one vector per sequence.</summary>
    Hidden,
}

/// <summary>Rows that the head is asked about when the caller does not choose.</summary>
internal enum HeadRows
{
    All,

    /// <summary>The first token of each sequence.</summary>
    First,

    /// <summary>The last token of each sequence.</summary>
    Last,

    /// <summary>The last end token of each sequence.</summary>
    End,
}

/// <summary>What the decoder of an encoder-decoder is fed when whole sequences are answered for.</summary>
internal enum TargetOrigin
{
    /// <summary>Targets of the caller's.</summary>
    Given,

    /// <summary>The source, one place to the right behind the begin token.</summary>
    Begin,

    /// <summary>The source, one place to the right behind its own last token.</summary>
    Last,
}

/// <summary>What the head's numbers are compared with.</summary>
internal enum LossKind
{
    CrossEntropy,

    /// <summary>Each class on its own (binary cross-entropy).</summary>
    MultiLabel,

    /// <summary>Mean squared error.</summary>
    Regression,
}

/// <summary>Steps from the last hidden state to what the model answers.</summary>
/// <param name="Classes">Columns of the logits; 0 for hidden states.</param>
/// <param name="Output">The last product; its weight may be an embedding's table. Null for hidden states.</param>
internal sealed record HeadSpec(HeadKind Kind, int Classes, ProjectionSpec? Output)
{
    public HeadRows Rows { get; init; }

    public LossKind Loss { get; init; }

    public TargetOrigin Targets { get; init; }

    /// <summary>Before the last product; of a hidden head the pooler's.</summary>
    public EquatableList<HeadStepSpec> Steps { get; init; } = EquatableList<HeadStepSpec>.Empty;

    /// <summary>Names of the classes, in their order; empty where nobody named them.</summary>
    public EquatableList<string> ClassNames { get; init; } = EquatableList<string>.Empty;

    /// <summary>Factor of the logits.</summary>
    public float Scale { get; init; } = 1f;

    /// <summary>c of c · tanh(logits / c), 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>The last product's bias is stored, and never trained.</summary>
    public bool BiasIsBuffer { get; init; }
}

internal abstract record HeadStepSpec;

internal sealed record DenseStepSpec(ProjectionSpec Projection, ActivationKind Activation) : HeadStepSpec;

internal sealed record NormStepSpec(NormSpec Norm) : HeadStepSpec;

internal sealed record DropoutStepSpec(float Rate) : HeadStepSpec;
