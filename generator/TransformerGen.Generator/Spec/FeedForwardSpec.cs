namespace TransformerGen.Generator.Spec;

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

/// <summary>Narrow(activation(Widen(x))); gated: Widen gives gate and value side by side, Narrow(activation(gate) ⊙ value).</summary>
/// <param name="Widen">[Inner, d], or gated [2 · Inner, d], the gate first.</param>
/// <param name="Narrow">[d, Inner].</param>
internal sealed record FeedForwardSpec(ProjectionSpec Widen, ProjectionSpec Narrow, int Inner, ActivationKind Activation, bool Gated = false) : SublayerSpec
{
    /// <summary>Between the two products.</summary>
    public float Dropout { get; init; }
}

/// <summary>A mixture of experts (Shazeer et al. 2017): each token goes through the PerToken gated feed-forwards that the router scores highest.</summary>
/// <param name="Router">[Count, d].</param>
/// <param name="Widen">The experts' gate and value, expert after expert: [Count · 2 · Inner, d].</param>
/// <param name="Narrow">[Count · d, Inner].</param>
/// <param name="Normalise">The chosen probabilities are divided by their sum.</param>
internal sealed record ExpertsSpec(
    ProjectionSpec Router, ProjectionSpec Widen, ProjectionSpec Narrow, int Count, int PerToken, int Inner, ActivationKind Activation, bool Normalise) : SublayerSpec;
