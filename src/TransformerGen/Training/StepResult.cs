namespace TransformerGen.Training;

/// <summary>What one optimiser step saw.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Loss">Mean cross-entropy of the labels that count, in nats, before the step; against the smoothed distribution where labels are smoothed.</param>
/// <param name="Divergence">Mean KL divergence from the model's to the smoothed distribution: <paramref name="Loss"/> minus <see cref="LabelSmoothing.Entropy"/>.</param>
/// <param name="LearningRate">The schedule's rate.</param>
/// <param name="GradientNorm">Norm of all gradients that are trained on, before clipping.</param>
/// <param name="Tokens">Rows that were computed, of both sides.</param>
/// <param name="Labels">Labels that counted.</param>
public readonly record struct StepResult(long Step, double Loss, double Divergence, double LearningRate, double GradientNorm, int Tokens, int Labels);
