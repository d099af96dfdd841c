namespace TransformerGen.Training;

/// <summary>
/// Label smoothing in PyTorch's definition (Szegedy et al. 2016): the model is trained towards q = (1 - ε) · one-hot + ε / V.
/// The cross-entropy H(q, p) and the Kullback-Leibler divergence KL(q ‖ p) = H(q, p) - H(q) differ by a constant, so their gradients are the same.
/// </summary>
public static class LabelSmoothing
{
    /// <summary>H(q): what the cross-entropy would be if the model predicted exactly q. Cross-entropy minus this is the divergence.</summary>
    /// <param name="epsilon">ε, in [0, 1).</param>
    /// <param name="classes">V.</param>
    /// <returns>The entropy in nats; 0 without smoothing.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static double Entropy(double epsilon, int classes)
    {
        Optimizer.Fraction(epsilon, nameof(epsilon));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (epsilon == 0)
        {
            return 0;
        }

        double other = epsilon / classes, label = 1 - epsilon + other;
        return -((label * Math.Log(label)) + ((classes - 1) * other * Math.Log(other)));
    }
}
