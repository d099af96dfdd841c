using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>Evaluation: the loss without dropout, smoothing or gradients.</summary>
public sealed unsafe partial class Trainer<TModel>
{
    /// <summary>Mean loss of all labels that count, in nats, in evaluation mode: no dropout, no smoothing, running statistics of normalisations.</summary>
    /// <param name="batches">What to evaluate on.</param>
    /// <returns>The mean over all labels, not of the batches' means.</returns>
    /// <exception cref="ArgumentException">No label of any batch counts.</exception>
    public double Evaluate(params ReadOnlySpan<TrainingBatch> batches)
    {
        double sum = 0;
        long counted = 0, starts = 0, ends = 0;
        foreach (TrainingBatch batch in batches)
        {
            counted += batch.CountedLabels;
            starts += batch.CountedStarts;
            ends += batch.CountedEnds;
        }

        WeighSpans(counted, starts, ends);
        foreach (TrainingBatch batch in batches)
        {
            sum += LossOf(batch);
        }

        return Mean(sum, counted, nameof(batches));
    }

    /// <summary>Mean loss over one epoch of a source; see <see cref="Evaluate(ReadOnlySpan{TrainingBatch})"/>.</summary>
    /// <param name="source">What to evaluate on.</param>
    /// <returns>The mean over all labels.</returns>
    /// <exception cref="ArgumentException">No label of the source counts.</exception>
    public double Evaluate(ITrainingSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        double sum = 0;
        long counted = 0, starts = 0, ends = 0;
        var batch = new TrainingBatch(TModel.Info);
        for (int b = 0; b < source.BatchesPerEpoch && TModel.Info.Output == OutputKind.Spans; b++)
        {
            Read(b);
            starts += batch.CountedStarts;
            ends += batch.CountedEnds;
            counted += batch.CountedLabels;
        }

        WeighSpans(counted, starts, ends);
        counted = 0;
        for (int b = 0; b < source.BatchesPerEpoch; b++)
        {
            Read(b);
            sum += LossOf(batch);
            counted += batch.CountedLabels;
        }

        return Mean(sum, counted, nameof(source));

        void Read(int number)
        {
            batch.Clear();
            source.Load(0, number, batch);
        }
    }

    private static double Mean(double sum, long counted, string parameter) =>
        counted > 0 ? sum / counted : throw new ArgumentException($"There is no label that counts; evaluation needs at least one label other than {TrainingBatch.Ignored}.", parameter);

    /// <summary>Sum of a batch's losses, by the graphs that inference uses.</summary>
    private double LossOf(TrainingBatch batch)
    {
        if (batch.CountedLabels == 0)
        {
            return 0;
        }

        _workspace.ThrowIfDisposed();
        _workspace.Dropout = DropoutKey.None;
        _workspace.Smoothing = 0;
        _workspace.Labels.Clear();
        _workspace.Target.Clear();
        batch.LoadSource(_workspace);
        if (TModel.Info.HasEncoder)
        {
            if (TModel.Info.HasDecoder)
            {
                Begin(_workspace.SourceCache, _workspace.Source, holds: true);
            }
            else
            {
                batch.LoadLabels(_workspace);
            }

            TModel.Encode(_workspace);
        }

        if (TModel.Info.HasDecoder)
        {
            batch.LoadTarget(_workspace);
            batch.LoadLabels(_workspace);
            Begin(_workspace.SelfCache, _workspace.Target, holds: false);
            TModel.Decode(_workspace);
        }

        return TModel.Loss(_workspace);
    }

    /// <summary>One slot per sequence; a source's slot holds the whole sequence once the encoder has run, a target's begins empty.</summary>
    private static void Begin(KeyValueCache cache, RowSet rows, bool holds)
    {
        cache.Reserve(rows.Sequences, rows.Longest);
        for (int s = 0; s < rows.Sequences; s++)
        {
            cache.Lengths[s] = holds ? rows.Offsets[s + 1] - rows.Offsets[s] : 0;
        }
    }
}
