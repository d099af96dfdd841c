using System.Diagnostics;
using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>Whole runs over a source of batches.</summary>
public sealed unsafe partial class Trainer<TModel>
{
    private TrainingBatch[]? _batches;

    /// <summary>The batch that <see cref="Fit(ITrainingSource, int, IProgress{TrainingProgress}, CancellationToken)"/> takes next; part of a checkpoint.</summary>
    public DataPosition Position { get; private set; }

    /// <summary>
    /// Trains from <see cref="Position"/> until so many epochs are done. An epoch that does not divide into <see cref="TrainerOptions.AccumulationSteps"/>
    /// ends with a step over fewer batches. Called again with more epochs, it goes on; so validate between calls.
    /// </summary>
    /// <param name="source">The batches.</param>
    /// <param name="epochs">Epochs in all, those done before included.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Ends training behind the step that is running. That is no failure: nothing is thrown, and training can be resumed or saved at that point.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="ArgumentException">A batch cannot be trained on.</exception>
    /// <exception cref="NotFiniteNumberException">A loss or a gradient is not finite; <see cref="Position"/> is at the batch that failed. See <see cref="Step(ReadOnlySpan{TrainingBatch})"/>.</exception>
    public FitResult Fit(ITrainingSource source, int epochs, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(epochs);
        int batches = source.BatchesPerEpoch, perStep = Options.AccumulationSteps;
        if (batches < 1 || Position.Batch >= batches)
        {
            throw new ArgumentException($"The source has {batches} batches in an epoch, but training is at batch {Position.Batch}. Resume with the data that the run began with.", nameof(source));
        }

        _batches ??= [.. Enumerable.Range(0, perStep).Select(_ => new TrainingBatch(TModel.Info))];
        int stepsPerEpoch = (batches + perStep - 1) / perStep;
        long total = ((long)epochs * stepsPerEpoch) - ((long)Position.Epoch * stepsPerEpoch) - ((Position.Batch + perStep - 1) / perStep);
        long start = Stopwatch.GetTimestamp(), tokens = 0, steps = 0;
        var last = default(StepResult);
        while (Position.Epoch < epochs && !cancellationToken.IsCancellationRequested)
        {
            int count = Math.Min(perStep, batches - Position.Batch);
            for (int i = 0; i < count; i++)
            {
                _batches[i].Clear();
                source.Load(Position.Epoch, Position.Batch + i, _batches[i]);
            }

            last = Step(_batches.AsSpan(0, count));
            int next = Position.Batch + count;
            Position = next < batches ? Position with { Batch = next } : new DataPosition(Position.Epoch + 1, 0);
            steps++;
            tokens += last.Tokens;
            if (progress is not null)
            {
                TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
                progress.Report(new TrainingProgress(last, Position, steps, total, tokens / elapsed.TotalSeconds, elapsed, elapsed * ((double)(total - steps) / steps)));
            }
        }

        return new FitResult(Position.Epoch >= epochs, last, steps, Stopwatch.GetElapsedTime(start));
    }
}
