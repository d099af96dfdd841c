using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>A bare model inside somebody else's loss: its backward pass takes the gradients of its outputs.</summary>
public sealed unsafe partial class Trainer<TModel>
{
    /// <summary>One optimiser step of a model that gives hidden states, by the sum of a loss over all batches.</summary>
    /// <param name="loss">Called once for each batch, behind its forward pass.</param>
    /// <param name="batches">One or more micro-batches.</param>
    /// <returns>What the step saw; there are no labels.</returns>
    /// <exception cref="ArgumentException">There is no batch, or one without a sequence.</exception>
    /// <exception cref="InvalidOperationException">The model has a head with a loss of its own.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its model is disposed.</exception>
    /// <exception cref="NotFiniteNumberException">The loss or the norm of the gradients is NaN or infinite. Parameters and optimiser are as they were before the step.</exception>
    public StepResult Step(HiddenLoss loss, params ReadOnlySpan<TrainingBatch> batches) => Update(ForwardBackward(loss, batches), batches);

    /// <summary>Loss and gradients of the next step of a model that gives hidden states, without taking it: no parameter changes.</summary>
    /// <param name="loss">Called once for each batch, behind its forward pass.</param>
    /// <param name="batches">One or more micro-batches.</param>
    /// <returns>The sum of the batches' losses.</returns>
    /// <exception cref="ArgumentException">There is no batch, or one without a sequence.</exception>
    /// <exception cref="InvalidOperationException">The model has a head with a loss of its own.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its model is disposed.</exception>
    public double ForwardBackward(HiddenLoss loss, params ReadOnlySpan<TrainingBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(loss);
        _workspace.ThrowIfDisposed();
        if (TModel.Info.Output != OutputKind.HiddenStates)
        {
            throw new InvalidOperationException($"{TModel.Info.Name} has a head with a loss of its own. Compile it with Head = ModelHead.Model, or leave the loss out.");
        }

        if (batches.IsEmpty)
        {
            throw new ArgumentException("A step takes at least one batch.", nameof(batches));
        }

        foreach (TrainingBatch batch in batches)
        {
            if (batch.Sequences == 0)
            {
                throw new ArgumentException("A batch has no sequence.", nameof(batches));
            }
        }

        double sum = 0;
        for (int micro = 0; micro < batches.Length; micro++)
        {
            _workspace.Accumulate = micro > 0;
            Load(batches[micro], micro);
            TModel.Forward(_workspace);
            var outputs = new HiddenOutputs(_workspace, TModel.Info);
            outputs.HiddenGradient.Clear();
            outputs.PooledGradient.Clear();
            sum += loss(outputs);
            TModel.Backward(_workspace);
        }

        _adapter?.Differentiate(_gradients, _trainedGradients, Team);
        return sum;
    }
}
