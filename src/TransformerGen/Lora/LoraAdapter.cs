using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;

namespace TransformerGen.Lora;

/// <summary>
/// Low-rank adapters of a model's projections (Hu et al. 2021): W + (α / r)·B·A, where A and B alone are trained. The product is merged into the weights that
/// the kernels read, so that an adapted model computes as fast as it did before; unmerged, the weights have their old bits.
/// </summary>
/// <remarks>While it merges or unmerges, nobody may use the model. One adapter at a time can be merged into a model.</remarks>
public sealed partial class LoraAdapter : IDisposable
{
    private readonly LoraTarget[] _targets;
    private readonly LoraKernels _kernels;
    private NativeBuffer? _kept;

    private LoraAdapter(ModelWeights model, LoraOptions options, LoraTarget[] targets)
    {
        Model = model;
        Options = options;
        _targets = targets;
        _kernels = new LoraKernels(targets);
        Weights = new ModelWeights(LoraTarget.Describe(model.Info, targets, LoraConfig.Text(model.Info, options, targets)), static (_, _, _) => { });
    }

    /// <summary>The model that is adapted.</summary>
    public ModelWeights Model { get; }

    /// <summary>What is adapted and how.</summary>
    public LoraOptions Options { get; }

    /// <summary>A and B of every adapted module, by PEFT's names. Whoever writes them calls <see cref="Merge"/> afterwards.</summary>
    public ModelWeights Weights { get; }

    /// <summary>Whether the product is in the model's weights.</summary>
    public bool IsMerged => _kept is not null;

    /// <summary>A new adapter, which changes nothing yet: B is zero, A is drawn like the weight of a torch.nn.Linear, as in PEFT.</summary>
    /// <param name="model">The model's weights.</param>
    /// <param name="options">What to adapt.</param>
    /// <param name="seed">Seed of A.</param>
    /// <returns>The adapter, not merged.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or names no projection of the model.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static LoraAdapter Create(ModelWeights model, LoraOptions options, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        model.ThrowIfDisposed();
        var adapter = new LoraAdapter(model, options, LoraTarget.Of(model.Info, options));
        WeightInitializer.Initialize(adapter.Weights, seed);
        return adapter;
    }

    /// <summary>Puts the product into the model's weights. When it is there already, takes up what has changed in A and B.</summary>
    /// <param name="team">Who computes; null computes on the calling thread alone.</param>
    /// <exception cref="InvalidOperationException">Another adapter is merged into the model.</exception>
    /// <exception cref="ObjectDisposedException">The adapter or the model is disposed.</exception>
    public void Merge(Team? team = null)
    {
        Model.ThrowIfDisposed();
        Weights.ThrowIfDisposed();
        if (Model.Merged is { } other && other != this)
        {
            throw new InvalidOperationException($"Another adapter is merged into {Model.Info.Name}. Unmerge it first, or dispose of it to keep what it has made of the weights.");
        }

        if (_kept is null)
        {
            _kept = new NativeBuffer(_targets.Sum(target => (long)target.Floats));
            Copy(keep: true);
            Model.Merged = this;
        }

        _kernels.Merge(Model, Weights, _kept, team ?? Team.Alone);
    }

    /// <summary>Gives the model's weights the bits that they had before <see cref="Merge"/>. Does nothing when the adapter is not merged.</summary>
    /// <param name="team">Who derives the panels; null is the calling thread alone.</param>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public void Unmerge(Team? team = null)
    {
        Model.ThrowIfDisposed();
        if (_kept is not null)
        {
            Copy(keep: false);
            Forget();
            Model.Pack(team ?? Team.Alone);
        }
    }

    /// <summary>Frees the adapter. A model that it is merged into stays as it is, for good.</summary>
    public void Dispose()
    {
        Forget();
        Weights.Dispose();
    }

    /// <summary>Whether a tensor of the model is adapted.</summary>
    internal bool Adapts(ParameterInfo weight) => Array.Exists(_targets, target => target.Weight == weight);

    /// <summary>Gradients of A and B from those of the weights: dB = s·dW·Aᵀ, dA = s·Bᵀ·dW.</summary>
    /// <param name="gradients">Laid out like the model's parameters.</param>
    /// <param name="own">Laid out like the adapter's.</param>
    /// <param name="team">Who computes.</param>
    internal void Differentiate(NativeBuffer gradients, NativeBuffer own, Team team) => _kernels.Differentiate(gradients, Weights, own, team);

    private void Forget()
    {
        if (_kept is not null)
        {
            _kept.Dispose();
            _kept = null;
            Model.Merged = null;
        }
    }

    private unsafe void Copy(bool keep)
    {
        foreach (LoraTarget target in _targets)
        {
            var held = new Span<float>(Model.Values.Start + target.Weight.Offset, target.Floats);
            var kept = new Span<float>(_kept!.Start + target.Kept, target.Floats);
            (keep ? held : kept).CopyTo(keep ? kept : held);
        }
    }
}
