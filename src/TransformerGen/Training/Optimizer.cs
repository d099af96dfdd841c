using static System.FormattableString;

namespace TransformerGen.Training;

/// <summary>How gradients become steps: the options of an optimiser, with PyTorch's formulas and defaults. Immutable; the state is the trainer's.</summary>
public abstract record Optimizer
{
    private protected Optimizer()
    {
    }

    /// <summary>
    /// What is subtracted of each weight beside the gradient's step; acts on tensors of two or more dimensions alone (no biases, no gains).
    /// AdamW decays the weight itself, w ← w·(1 - rate·decay); Adam and SGD add decay·w to the gradient, as PyTorch's do.
    /// </summary>
    public double WeightDecay { get; init; }

    /// <summary>Everything that influences numbers, in one line; written to checkpoints and compared when one is resumed.</summary>
    public abstract string Description { get; }

    internal abstract bool HasFirst { get; }

    internal abstract bool HasSecond { get; }

    /// <summary>Adam (Kingma and Ba 2015), as torch.optim.Adam: m̂ / (√v̂ + ε), both with bias correction.</summary>
    /// <param name="beta1">Decay of the mean of gradients, in [0, 1).</param>
    /// <param name="beta2">Decay of the mean of squared gradients, in [0, 1). The paper's Transformer has 0.98.</param>
    /// <param name="epsilon">Added to the root, positive. The paper's Transformer has 1e-9.</param>
    /// <returns>The options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static AdamOptimizer Adam(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) => new(beta1, beta2, epsilon, decoupled: false);

    /// <summary>AdamW (Loshchilov and Hutter 2019), as torch.optim.AdamW: Adam whose decay acts on the weights and not through the gradient.</summary>
    /// <param name="beta1">Decay of the mean of gradients, in [0, 1).</param>
    /// <param name="beta2">Decay of the mean of squared gradients, in [0, 1).</param>
    /// <param name="epsilon">Added to the root, positive.</param>
    /// <param name="weightDecay">See <see cref="WeightDecay"/>.</param>
    /// <returns>The options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static AdamOptimizer AdamW(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01) =>
        new(beta1, beta2, epsilon, decoupled: true) { WeightDecay = weightDecay };

    /// <summary>Stochastic gradient descent, as torch.optim.SGD without dampening.</summary>
    /// <param name="momentum">Share of the last step that goes on, in [0, 1); 0 needs no state.</param>
    /// <param name="nesterov">Look ahead along the momentum.</param>
    /// <returns>The options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The momentum is out of range.</exception>
    public static SgdOptimizer Sgd(double momentum = 0, bool nesterov = false) => new(momentum, nesterov);

    internal static double Fraction(double value, string name) =>
        value is >= 0 and < 1 ? value : throw new ArgumentOutOfRangeException(name, value, "It has to be in [0, 1).");
}

/// <summary>Adam or AdamW; made by <see cref="Optimizer.Adam"/> and <see cref="Optimizer.AdamW"/>.</summary>
public sealed record AdamOptimizer : Optimizer
{
    internal AdamOptimizer(double beta1, double beta2, double epsilon, bool decoupled)
    {
        Beta1 = Fraction(beta1, nameof(beta1));
        Beta2 = Fraction(beta2, nameof(beta2));
        Epsilon = (float)epsilon > 0 && double.IsFinite(epsilon)
            ? epsilon
            : throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "It has to be positive and representable as a float: it keeps weights that never had a gradient from 0 / 0.");
        IsDecoupled = decoupled;
    }

    /// <summary>Decay of the mean of gradients.</summary>
    public double Beta1 { get; }

    /// <summary>Decay of the mean of squared gradients.</summary>
    public double Beta2 { get; }

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; }

    /// <summary>Whether decay acts on the weights themselves (AdamW).</summary>
    public bool IsDecoupled { get; }

    /// <inheritdoc/>
    public override string Description => Invariant($"{(IsDecoupled ? "AdamW" : "Adam")} beta1={Beta1:R} beta2={Beta2:R} epsilon={Epsilon:R} decay={WeightDecay:R}");

    internal override bool HasFirst => true;

    internal override bool HasSecond => true;
}

/// <summary>Gradient descent; made by <see cref="Optimizer.Sgd"/>.</summary>
public sealed record SgdOptimizer : Optimizer
{
    internal SgdOptimizer(double momentum, bool nesterov)
    {
        Momentum = Fraction(momentum, nameof(momentum));
        Nesterov = nesterov;
        if (nesterov && momentum == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "Nesterov's form needs a momentum above 0.");
        }
    }

    /// <summary>Share of the last step that goes on.</summary>
    public double Momentum { get; }

    /// <summary>Whether the step looks ahead along the momentum.</summary>
    public bool Nesterov { get; }

    /// <inheritdoc/>
    public override string Description => Invariant($"SGD momentum={Momentum:R} nesterov={(Nesterov ? 1 : 0)} decay={WeightDecay:R}");

    internal override bool HasFirst => Momentum > 0;

    internal override bool HasSecond => false;
}
