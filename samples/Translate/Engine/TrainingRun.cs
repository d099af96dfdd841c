using TransformerGen.Model;
using TransformerGen.Training;
using Translate.Session;

namespace Translate.Engine;

/// <summary>One run of training, from the first step or from a checkpoint, until it is done, out of time or cancelled.</summary>
/// <typeparam name="TModel">The generated class.</typeparam>
/// <param name="trainer">The trainer, at the step where the run begins.</param>
/// <param name="source">The training part.</param>
/// <param name="validation">The held-out part, or null not to measure its loss.</param>
/// <param name="epochs">Epochs in all.</param>
internal sealed class TrainingRun<TModel>(Trainer<TModel> trainer, ITrainingSource source, ITrainingSource? validation, int epochs)
    where TModel : class, ITrainable<TModel>
{
    // On a small corpus an epoch takes a moment: its loss is worth a look only now and then.
    private const int StepsBetweenValidations = 200;

    // The longest time that a timer takes is about 49 days.
    private static readonly TimeSpan LongestLimit = TimeSpan.FromDays(40);

    /// <summary>Trains. When cancelled, the checkpoint holds everything that going on needs.</summary>
    public TrainingOutcome Run(TrainingJob job, IProgress<TrainingReport> progress, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (job.Limit is { } limit) end.CancelAfter(limit < LongestLimit ? limit : LongestLimit);

        var meter = new TrainingMeter(progress, trainer.StepsDone, (long)epochs * source.BatchesPerEpoch, job.Limit);
        int between = validation is null ? epochs : (StepsBetweenValidations + source.BatchesPerEpoch - 1) / source.BatchesPerEpoch;
        while (trainer.Position.Epoch < epochs && !end.IsCancellationRequested)
        {
            int until = Math.Min(epochs, ((trainer.Position.Epoch / between) + 1) * between);
            trainer.Fit(source, until, meter, end.Token);
            if (validation is null || cancellationToken.IsCancellationRequested) continue;
            meter.Validated(trainer.Evaluate(validation));
            trainer.Save(job.CheckpointPath);
        }

        if (!cancellationToken.IsCancellationRequested || trainer.Position.Epoch >= epochs) return TrainingOutcome.Finished;
        trainer.Save(job.CheckpointPath);
        return TrainingOutcome.Interrupted;
    }
}
