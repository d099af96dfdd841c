using System.Diagnostics;
using TransformerGen.Training;
using Translate.Session;

namespace Translate.Engine;

/// <summary>Makes the user's reports from the trainer's: a few a second, each with the mean loss since the one before.</summary>
/// <param name="progress">Who is told.</param>
/// <param name="stepsBefore">Steps that an earlier start has done.</param>
/// <param name="totalSteps">Steps in all.</param>
/// <param name="limit">Time after which training ends, or null.</param>
internal sealed class TrainingMeter(IProgress<TrainingReport> progress, long stepsBefore, long totalSteps, TimeSpan? limit) : IProgress<TrainingProgress>
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly long start = Stopwatch.GetTimestamp();
    private long? reported;
    private long tokens;
    private double lossSum;
    private long labels;
    private TrainingReport? last;

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        StepResult step = value.Last;
        tokens += step.Tokens;
        labels += step.Labels;
        lossSum += step.Loss * step.Labels;
        if (reported is { } then && Stopwatch.GetElapsedTime(then) < Pause && step.Step < totalSteps) return;

        reported = Stopwatch.GetTimestamp();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        TimeSpan left = elapsed * ((double)(totalSteps - step.Step) / (step.Step - stepsBefore));
        if (limit - elapsed is { } allowed && allowed < left) left = allowed;
        last = new((int)step.Step, (int)totalSteps, lossSum / labels, step.LearningRate, tokens / elapsed.TotalSeconds, left);
        (lossSum, labels) = (0, 0);
        progress.Report(last);
    }

    /// <summary>Reports a loss on the held-out part.</summary>
    public void Validated(double loss)
    {
        if (last is not null) progress.Report(last with { ValidationLoss = loss });
    }
}
