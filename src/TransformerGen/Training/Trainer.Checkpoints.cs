using System.Diagnostics.CodeAnalysis;
using TransformerGen.Kernels;
using TransformerGen.Lora;
using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>Checkpoints: a run that is saved, loaded and continued has the same bits as one that was never interrupted.</summary>
public sealed unsafe partial class Trainer<TModel>
{
    /// <summary>
    /// Writes weights, optimiser and position into one safetensors file: to a temporary file beside it, flushed to the disk, then renamed, so that the
    /// name always stands for a whole checkpoint. As a file of weights it can be loaded like any other. Where an adapter is trained, its tensors are the weights.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="IOException">The file cannot be written; the old one is as it was.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its model is disposed.</exception>
    public void Save(string path)
    {
        _workspace.ThrowIfDisposed();
        Checkpoint.Write(path, _trained, _optimizer, Options, new Checkpoint.State(StepsDone, Position));
    }

    /// <summary>Goes on where <see cref="Save"/> was called: the steps that follow have the same bits as if training had not been interrupted, at any number of threads.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="options">The options it was saved with.</param>
    /// <param name="team">Who computes; null computes on the calling thread alone.</param>
    /// <param name="allowChangedOptions">Go on with other options (another schedule, other frozen layers) instead of refusing them. The optimiser has to keep the same kind of state.</param>
    /// <returns>A trainer of a new model.</returns>
    /// <exception cref="InvalidDataException">The file is no checkpoint of this model, or the options differ; the message says in what.</exception>
    /// <exception cref="IOException">The file cannot be read, or is no sound safetensors file.</exception>
    [SuppressMessage("Design", "CA1000", Justification = "Trainer<FrenchEnglish>.Resume(path) names the model where it has to be named anyway.")]
    public static Trainer<TModel> Resume(string path, TrainerOptions? options = null, Team? team = null, bool allowChangedOptions = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var weights = new ModelWeights(TModel.Info, TModel.Pack);
        Trainer<TModel>? trainer = null;
        try
        {
            trainer = new Trainer<TModel>(TModel.Wrap(weights), options, team);
            trainer.Restore(path, weights, allowChangedOptions);
            weights.Pack(trainer.Team);
            return trainer;
        }
        catch
        {
            trainer?.Dispose();
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Goes on training an adapter where <see cref="Save"/> was called, with the same bits: the base model has to be the same, which the checkpoint does not hold.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="model">The base model.</param>
    /// <param name="adapter">An adapter of the model with the same options, such as a new one; it receives the checkpoint's tensors.</param>
    /// <param name="options">The options it was saved with.</param>
    /// <param name="team">Who computes; null computes on the calling thread alone.</param>
    /// <param name="allowChangedOptions">Go on with other options instead of refusing them.</param>
    /// <returns>A trainer of the adapter.</returns>
    /// <exception cref="ArgumentException">The adapter does not fit the model.</exception>
    /// <exception cref="InvalidDataException">The file is no checkpoint of this adapter, or the options differ; the message says in what. The adapter is as it was.</exception>
    /// <exception cref="IOException">The file cannot be read, or is no sound safetensors file.</exception>
    [SuppressMessage("Design", "CA1000", Justification = "As the other overload.")]
    public static Trainer<TModel> Resume(string path, TModel model, LoraAdapter adapter, TrainerOptions? options = null, Team? team = null, bool allowChangedOptions = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(adapter);
        bool wasMerged = adapter.IsMerged;
        Trainer<TModel>? trainer = null;
        try
        {
            trainer = new Trainer<TModel>(model, options, team, adapter);
            trainer.Restore(path, adapter.Weights, allowChangedOptions);
            adapter.Merge(trainer.Team);
            return trainer;
        }
        catch
        {
            trainer?.Dispose();
            if (!wasMerged)
            {
                adapter.Unmerge();
            }

            throw;
        }
    }

    private void Restore(string path, ModelWeights weights, bool allowChangedOptions)
    {
        Checkpoint.State state = Checkpoint.Read(path, weights, _optimizer, Options, allowChangedOptions);
        StepsDone = state.Steps;
        Position = state.Position;
    }
}
