using System.Runtime.InteropServices;
using TransformerGen.Kernels;
using TransformerGen.Lora;

namespace TransformerGen.Model;

/// <summary>
/// A model's parameters. Row-major values are the truth; the packed panels that the kernels read are derived from them in one place, after
/// loading, after an optimiser step and at the end of an edit. While nobody edits or trains, any number of threads may read them.
/// </summary>
public sealed class ModelWeights : IDisposable
{
    private readonly Dictionary<string, ParameterInfo> _byName;
    private readonly Action<ModelWeights, int, int> _pack;
    private readonly int[] _packed;
    private readonly HashSet<IDisposable> _dependents = [];
    private volatile bool _disposed;

    /// <summary>Creates weights that are all zero.</summary>
    /// <param name="info">The model.</param>
    /// <param name="pack">Derives the panels of floats [first, limit): <see cref="ITransformer{TSelf}.Pack"/> of the model.</param>
    public ModelWeights(ModelInfo info, Action<ModelWeights, int, int> pack)
    {
        ArgumentNullException.ThrowIfNull(info);
        VectorSupport.WarnOnce();
        Info = info;
        _pack = pack;
        _packed = RowBlocks.Of(info);
        _byName = info.Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
        foreach (ParameterInfo parameter in info.Parameters)
        {
            foreach (string alias in parameter.Aliases)
            {
                _byName.TryAdd(alias, parameter);
            }
        }

        Values = new NativeBuffer(info.ValueFloats);
        Panels = new NativeBuffer(info.PanelFloats);
    }

    /// <summary>The model that these are the parameters of.</summary>
    public ModelInfo Info { get; }

    /// <summary>All parameters, row-major, at the places that <see cref="ModelInfo.Parameters"/> gives.</summary>
    public NativeBuffer Values { get; }

    /// <summary>Panels for x·Wᵀ.</summary>
    public NativeBuffer Panels { get; }

    /// <summary>Panels for dy·W; null until training begins.</summary>
    public NativeBuffer? TrainingPanels { get; private set; }

    /// <summary>The adapter whose product is in the values, if there is one.</summary>
    internal LoraAdapter? Merged { get; set; }

    /// <summary>Makes room for the panels that the backward pass reads, and derives them.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public void EnableTraining(Team team)
    {
        ThrowIfDisposed();
        if (TrainingPanels is null)
        {
            TrainingPanels = new NativeBuffer(Info.TrainingPanelFloats);
            Pack(team);
        }
    }

    /// <summary>Derives the panels from the values. Whoever writes values calls this afterwards.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public unsafe void Pack(Team team)
    {
        ArgumentNullException.ThrowIfNull(team);
        ThrowIfDisposed();
        using var self = new GCHandle<ModelWeights>(this);
        team.Run(_packed.Length / 2, &PackBlocks, (void*)GCHandle<ModelWeights>.ToIntPtr(self));

        static void PackBlocks(int first, int end, void* state)
        {
            ModelWeights weights = GCHandle<ModelWeights>.FromIntPtr((nint)state).Target;
            for (int block = first; block < end; block++)
            {
                weights.PackRows(weights._packed[2 * block], weights._packed[(2 * block) + 1]);
            }
        }
    }

    /// <summary>Derives the panels of whole rows of matrices: those in the floats [first, end) of <see cref="Values"/>.</summary>
    internal void PackRows(int first, int end) => _pack(this, first, end);

    /// <summary>A tensor by its checkpoint name, or another name of the same tied tensor.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name; the message names some that exist.</exception>
    public ParameterInfo Find(string name) => _byName.TryGetValue(name, out ParameterInfo? parameter)
        ? parameter
        : throw new KeyNotFoundException($"{Info.Name} has no tensor '{name}'. It has {Info.Parameters.Count}, such as {string.Join(", ", Info.Parameters.Take(3).Select(p => p.Name))}.");

    /// <summary>A read-only view of a tensor, in the checkpoint's shape and order.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed; a view that is kept throws it, too.</exception>
    public TensorView View(string name)
    {
        ThrowIfDisposed();
        return new(Values, Find(name), Info.Name);
    }

    /// <summary>Replaces a tensor's elements and derives the panels again.</summary>
    /// <param name="name">Checkpoint name.</param>
    /// <param name="elements">All elements in the checkpoint's order, row-major, without padding.</param>
    /// <param name="team">Who derives the panels.</param>
    /// <exception cref="ArgumentException">The number of elements is not that of the tensor.</exception>
    /// <exception cref="InvalidOperationException">An adapter is merged into the tensor, which will come back as it was before that.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public void Set(string name, ReadOnlySpan<float> elements, Team? team = null)
    {
        ParameterInfo parameter = Find(name);
        if (Merged?.Adapts(parameter) == true)
        {
            throw new InvalidOperationException($"An adapter is merged into {parameter.Name}. Unmerge it first, or dispose of it to keep what it has made of the weights.");
        }

        new TensorView(Values, parameter, Info.Name).Write(elements);
        Pack(team ?? Team.Alone);
    }

    /// <summary>Frees the parameters, and what the model's pool of sessions keeps for later. Using the model afterwards is an <see cref="ObjectDisposedException"/>; nobody may be using it now.</summary>
    public void Dispose()
    {
        IDisposable[] dependents;
        lock (_dependents)
        {
            _disposed = true;
            dependents = [.. _dependents];
            _dependents.Clear();
        }

        foreach (IDisposable dependent in dependents)
        {
            dependent.Dispose();
        }

        Values.Dispose();
        Panels.Dispose();
        TrainingPanels?.Dispose();
    }

    /// <summary>Has <see cref="Dispose"/> dispose of something that is of no use without the model; at once when the model is disposed already.</summary>
    internal void Register(IDisposable dependent)
    {
        lock (_dependents)
        {
            if (!_disposed)
            {
                _dependents.Add(dependent);
                return;
            }
        }

        dependent.Dispose();
    }

    /// <summary>What entry points ask first, so that kernels need not: without its parameters a model is null pointers.</summary>
    internal void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new ObjectDisposedException(Info.Name, "The model is disposed: its parameters are gone. Load or create it again, and dispose of it when its last user is done.");
        }
    }
}
