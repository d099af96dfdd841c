using System.Globalization;
using TransformerGen.Kernels;
using TransformerGen.Lora;
using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>
/// Trains a model: forward and backward over batches, the optimiser's step, and everything around it. Results have the same bits at any number of
/// threads. Nothing is allocated per step once batches have been as large as they get. One caller at a time; nobody may use the
/// model for inference while a step runs.
/// </summary>
/// <typeparam name="TModel">The generated class.</typeparam>
public sealed unsafe partial class Trainer<TModel> : IDisposable
    where TModel : class, ITrainable<TModel>
{
    private readonly Workspace _workspace;
    private readonly NativeBuffer _gradients, _trainedGradients;
    private readonly ModelWeights _trained;
    private readonly LoraAdapter? _adapter;
    private readonly OptimizerState _optimizer;
    private readonly double _entropy;

    /// <summary>Prepares to train a model; the first step is step 1.</summary>
    /// <param name="model">The model; its weights are trained in place.</param>
    /// <param name="options">How to train; null takes the defaults.</param>
    /// <param name="team">Who computes, shared with whoever else uses it; null computes on the calling thread alone.</param>
    /// <param name="adapter">An adapter of the model to train in its place: options, groups and checkpoints then are about the adapter's tensors. It is merged, and the model's own weights do not change.</param>
    /// <exception cref="ArgumentException">An option does not fit the model, or the adapter does not; the message says which.</exception>
    /// <exception cref="InvalidOperationException">An adapter is merged into the model that is not the one to train.</exception>
    public Trainer(TModel model, TrainerOptions? options = null, Team? team = null, LoraAdapter? adapter = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Options = options ?? new TrainerOptions();
        RequireAdapter(model, adapter);
        _trained = adapter?.Weights ?? model.Weights;
        Options.Validate(_trained.Info);
        Model = model;
        model.Weights.EnableTraining(team ?? Team.Alone);
        adapter?.Merge(team);
        _adapter = adapter;
        _gradients = new NativeBuffer(TModel.Info.ValueFloats);
        _trainedGradients = adapter is null ? _gradients : new NativeBuffer(_trained.Info.ValueFloats);
        _optimizer = new OptimizerState(_trained, Options);
        _workspace = new Workspace(model.Weights, team ?? Team.Alone) { Gradients = _gradients.Start };
        if (adapter is not null || Options.Groups.Any(group => group.Frozen))
        {
            _workspace.TrainOnly(TModel.Info.Parameters.Where(p => adapter is null ? !Options.Freezes(p.Name) : adapter.Adapts(p)));
        }

        _entropy = Options.LabelSmoothing == 0 ? 0 : LabelSmoothing.Entropy(Options.LabelSmoothing, TModel.Info.Classes);
    }

    /// <summary>The model.</summary>
    public TModel Model { get; }

    /// <summary>How it is trained.</summary>
    public TrainerOptions Options { get; }

    /// <summary>Optimiser steps done.</summary>
    public long StepsDone { get; private set; }

    /// <summary>Who computes; may be changed between steps without changing a bit.</summary>
    public Team Team
    {
        get => _workspace.Team;
        set => _workspace.Team = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>One optimiser step over all batches together, as if they were one: their losses are averaged over all labels that count.</summary>
    /// <param name="batches">One or more micro-batches.</param>
    /// <returns>What the step saw.</returns>
    /// <exception cref="ArgumentException">No label of any batch counts.</exception>
    /// <exception cref="InvalidOperationException">The model gives hidden states: the loss is the caller's.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its model is disposed.</exception>
    /// <exception cref="NotFiniteNumberException">
    /// The loss or the norm of the gradients is NaN or infinite. Parameters and optimiser are as they were before the step, and so is <see cref="StepsDone"/>;
    /// running statistics of batch normalisation have seen the batches.
    /// </exception>
    public StepResult Step(params ReadOnlySpan<TrainingBatch> batches)
    {
        return Update(ForwardBackward(batches), batches);
    }

    private StepResult Update(double loss, ReadOnlySpan<TrainingBatch> batches)
    {
        RequireFinite(loss, "a loss");
        double rate = Options.Schedule.Rate(StepsDone + 1);
        double norm = _optimizer.Step(_trainedGradients, StepsDone + 1, rate, Options.ClipNorm, Team);
        RequireFinite(norm, "a norm of all gradients");
        _adapter?.Merge(Team);
        StepsDone++;

        int tokens = 0, labels = 0;
        foreach (TrainingBatch batch in batches)
        {
            tokens += batch.Tokens;
            labels += batch.CountedLabels;
        }

        return new StepResult(StepsDone, loss, loss - _entropy, rate, norm, tokens, labels);
    }

    /// <summary>Loss and gradients of the next step, without taking it: no parameter changes.</summary>
    /// <remarks>It is a pass in training mode: where the model has batch normalisation, its running mean and variance move with every call, as in PyTorch.</remarks>
    /// <param name="batches">One or more micro-batches.</param>
    /// <returns>The mean loss of all labels that count.</returns>
    /// <exception cref="ArgumentException">No label of any batch counts.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its model is disposed.</exception>
    public double ForwardBackward(params ReadOnlySpan<TrainingBatch> batches)
    {
        _workspace.ThrowIfDisposed();
        if (TModel.Info.Output == OutputKind.HiddenStates)
        {
            throw new InvalidOperationException($"{TModel.Info.Name} gives hidden states and has no loss of its own. Pass the loss that the gradients come from: Step(loss, batches).");
        }

        int counted = 0, starts = 0, ends = 0;
        foreach (TrainingBatch batch in batches)
        {
            counted = checked(counted + batch.CountedLabels);
            starts += batch.CountedStarts;
            ends += batch.CountedEnds;
        }

        if (counted == 0)
        {
            throw new ArgumentException($"None of the {batches.Length} batches has a label that counts; a step needs at least one label other than {TrainingBatch.Ignored}.", nameof(batches));
        }

        double sum = 0;
        _workspace.Accumulate = false;
        _workspace.Smoothing = (float)Options.LabelSmoothing;
        _workspace.LossScale = (float)(1.0 / counted);
        WeighSpans(counted, starts, ends);
        for (int micro = 0; micro < batches.Length; micro++)
        {
            if (batches[micro].CountedLabels == 0)
            {
                continue;       // its gradient is zero
            }

            Load(batches[micro], micro);
            sum += TModel.Forward(_workspace);
            TModel.Backward(_workspace);
            _workspace.Accumulate = true;
        }

        _adapter?.Differentiate(_gradients, _trainedGradients, Team);
        return sum / counted;
    }

    private void Load(TrainingBatch batch, int micro)
    {
        double dropout = Options.DropoutFor(TModel.Info);
        batch.Load(_workspace);
        _workspace.Dropout = dropout > 0 ? DropoutKey.Create(Options.Seed, StepsDone, micro, dropout) : DropoutKey.None;
    }

    // The mean over the first tokens of all answers and the mean over their last tokens count half each, however many of them there are.
    private void WeighSpans(long counted, long starts, long ends)
    {
        _workspace.StartWeight = starts == 0 ? 0 : (float)(counted / (2.0 * starts));
        _workspace.EndWeight = ends == 0 ? 0 : (float)(counted / (2.0 * ends));
    }

    /// <summary>A tensor's gradient from the last step or <see cref="ForwardBackward(ReadOnlySpan{TrainingBatch})"/>, before clipping; valid until the next one.</summary>
    /// <param name="name">Checkpoint name; of the adapter's tensors where an adapter is trained. Of a frozen tensor there is none: what the view shows means nothing.</param>
    /// <returns>A view, [rows, columns].</returns>
    /// <exception cref="KeyNotFoundException">There is no tensor of that name.</exception>
    public TensorView Gradient(string name) => new(_trainedGradients, _trained.Find(name), nameof(Trainer<TModel>));

    private static void RequireAdapter(TModel model, LoraAdapter? adapter)
    {
        if (model.Weights.Merged is { } merged && merged != adapter)
        {
            throw new InvalidOperationException($"An adapter is merged into {TModel.Info.Name}. Pass it to train it, unmerge it, or dispose of it to keep what it has made of the weights.");
        }

        if (adapter is null)
        {
            return;
        }

        if (adapter.Model != model.Weights)
        {
            throw new ArgumentException($"The adapter is one of another model ({adapter.Model.Info.Name}). Create or load it with this model's weights.", nameof(adapter));
        }

        if (adapter.Options.Dropout != 0)
        {
            throw new ArgumentException($"The adapter has lora_dropout {adapter.Options.Dropout.ToString(CultureInfo.InvariantCulture)}, which is not supported in training: its product is merged into the weights, where its input cannot be dropped. Merge it to use the model; to train it further, set lora_dropout to 0 in {LoraAdapter.ConfigName} (LoraOptions.Dropout). The model's own dropout is trained with.", nameof(adapter));
        }

        if (TModel.Info.HasBatchNorm)
        {
            throw new ArgumentException($"{TModel.Info.Name} has batch normalisation, whose running statistics every training pass changes: an adapter alone cannot be trained.", nameof(adapter));
        }
    }

    // Anything the optimiser made of such a number would be in the weights for good.
    private void RequireFinite(double value, string what)
    {
        if (!double.IsFinite(value))
        {
            throw new NotFiniteNumberException(
                $"Step {StepsDone + 1} has {what} of {value}; parameters and optimiser are as they were before it. Lower the learning rate, warm up longer, or set ClipNorm. " +
                "If the same batch fails with fresh weights, look at the batch; if every batch fails, the weights hold such a number already: go on from an earlier checkpoint.",
                value);
        }
    }

    /// <summary>Frees gradients, moments and activations. The model stays, and an adapter stays merged into it.</summary>
    public void Dispose()
    {
        _workspace.Dispose();
        _gradients.Dispose();
        _trainedGradients.Dispose();
        _optimizer.Dispose();
    }
}
