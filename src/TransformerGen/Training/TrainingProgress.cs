namespace TransformerGen.Training;

/// <summary>Where a run is; reported after every step.</summary>
/// <param name="Last">The step.</param>
/// <param name="Position">The data that comes next.</param>
/// <param name="Steps">Steps of this call so far.</param>
/// <param name="TotalSteps">Steps of this call in all.</param>
/// <param name="TokensPerSecond">Rows computed per second, of both sides, averaged over this call.</param>
/// <param name="Elapsed">Since this call began.</param>
/// <param name="TimeLeft">Until it ends, at the speed so far.</param>
public readonly record struct TrainingProgress(
    StepResult Last, DataPosition Position, long Steps, long TotalSteps, double TokensPerSecond, TimeSpan Elapsed, TimeSpan TimeLeft);

/// <summary>How a run ended.</summary>
/// <param name="Completed">Whether all epochs are done; false when it was cancelled.</param>
/// <param name="Last">The last step; default when there was none to do.</param>
/// <param name="Steps">Steps of this call.</param>
/// <param name="Elapsed">Time of this call.</param>
public readonly record struct FitResult(bool Completed, StepResult Last, long Steps, TimeSpan Elapsed);
