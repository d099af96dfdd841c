using TransformerGen.Model;
using static System.FormattableString;

namespace TransformerGen.Training;

/// <summary>Tensors that are trained differently from the rest. A tensor belongs to the first group whose pattern it matches.</summary>
/// <param name="Pattern">
/// A checkpoint name, the beginning of one up to a dot (encoder.layers.0), or either with * for any characters (*.bias, decoder.*norm*).
/// </param>
public sealed record ParameterGroup(string Pattern)
{
    /// <summary>Multiplies the schedule's rate.</summary>
    public double LearningRateFactor { get; init; } = 1;

    /// <summary>Replaces the optimiser's weight decay; null keeps it. As always it acts on tensors of two or more dimensions alone.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>Never changes: the weights keep their bits, get no optimiser state, and products for their gradients alone are left out. Running statistics of normalisations are not weights and do change.</summary>
    public bool Frozen { get; init; }

    /// <summary>Everything that influences numbers, in one line.</summary>
    internal string Description => Frozen
        ? Pattern + " frozen"
        : Invariant($"{Pattern} factor={LearningRateFactor:R} decay={(WeightDecay is { } decay ? decay.ToString("R", System.Globalization.CultureInfo.InvariantCulture) : "default")}");

    /// <summary>Whether a tensor's name fits the pattern.</summary>
    /// <param name="name">Its checkpoint name.</param>
    /// <returns>Whether it fits.</returns>
    public bool Matches(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return NamePattern.Fits(Pattern, name);
    }
}
