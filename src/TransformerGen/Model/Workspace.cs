using System.ComponentModel;
using TransformerGen.Kernels;

namespace TransformerGen.Model;

/// <summary>Floats per row of each symbol that a plan of the generated code needs. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct ArenaSizes(int SourceRows, int TargetRows, int LabelRows, int SourceSequences, int TargetSequences, int Once, int SourceExperts = 0, int TargetExperts = 0, int Choices = 0);

/// <summary>
/// What one caller needs beside the weights: the batch, the arena of activations, the caches, and the team. One per concurrent caller;
/// reused, so that steady state allocates nothing.
/// </summary>
public sealed unsafe class Workspace : IDisposable
{
    private readonly NativeBuffer _arena = new(), _losses = new();
    private readonly RowSet _labelTokens = new();
    private int[]? _trained;
    private bool _disposed;

    /// <summary>Creates a workspace for a model.</summary>
    /// <param name="weights">The model's weights, shared with other workspaces.</param>
    /// <param name="team">Who computes.</param>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public Workspace(ModelWeights weights, Team team)
    {
        ArgumentNullException.ThrowIfNull(weights);
        weights.ThrowIfDisposed();
        Weights = weights;
        Team = team;
        SelfCache = new KeyValueCache(weights.Info.SelfCacheLayers);
        SourceCache = new KeyValueCache(weights.Info.CrossCacheFloats);
    }

    /// <summary>The parameters.</summary>
    public ModelWeights Weights { get; }

    /// <summary>Who computes.</summary>
    public Team Team { get; set; }

    /// <summary>Source side of the batch.</summary>
    public RowSet Source { get; } = new();

    /// <summary>Target side of the batch.</summary>
    public RowSet Target { get; } = new();

    /// <summary>Rows whose logits are wanted.</summary>
    public LabelSet Labels { get; } = new();

    /// <summary>The decoder's own keys and values.</summary>
    public KeyValueCache SelfCache { get; }

    /// <summary>Keys and values of the encoder's output.</summary>
    public KeyValueCache SourceCache { get; }

    /// <summary>Parameters, row-major.</summary>
    public float* Values => Weights.Values.Start;

    /// <summary>Panels for x·Wᵀ.</summary>
    public float* Panels => Weights.Panels.Start;

    /// <summary>Panels for dy·W.</summary>
    public float* TrainingPanels => Weights.TrainingPanels is { } panels ? panels.Start : null;

    /// <summary>Gradients, laid out like the parameters; set by whoever trains.</summary>
    public float* Gradients { get; set; }

    /// <summary>Whether the backward pass adds to the gradients that are there (a further micro-batch) instead of replacing them.</summary>
    public bool Accumulate { get; set; }

    /// <summary>Whether the gradient of any of the floats [first, first + count) of the parameters is wanted. Products that give gradients of weights alone are left out where it is not.</summary>
    public bool Trains(int first, int count)
    {
        if (_trained is null)
        {
            return true;
        }

        // Ends and beginnings of the wanted ranges in turn: an odd number of them lies in front of a float that is wanted.
        int at = Array.BinarySearch(_trained, first);
        int before = at >= 0 ? at + 1 : ~at;
        return before % 2 == 1 || (before < _trained.Length && _trained[before] < first + count);
    }

    /// <summary>Wants the gradients of some tensors alone; those of the others hold anything.</summary>
    internal void TrainOnly(IEnumerable<ParameterInfo> parameters)
    {
        var ends = new List<int>();
        foreach (ParameterInfo parameter in parameters.OrderBy(p => p.Offset))
        {
            int end = parameter.Offset + (parameter.Rank == 1 ? parameter.Columns : parameter.Rows * parameter.Stride);
            if (ends.Count > 0 && ends[^1] == parameter.Offset)
            {
                ends[^1] = end;
            }
            else
            {
                ends.Add(parameter.Offset);
                ends.Add(end);
            }
        }

        _trained = [.. ends];
    }

    /// <summary>Dropout of this pass.</summary>
    public DropoutKey Dropout { get; set; }

    /// <summary>ε of label smoothing, in [0, 1).</summary>
    public float Smoothing { get; set; }

    /// <summary>What a row's loss is multiplied with in the gradient: 1 / (labels that count in the whole step).</summary>
    public float LossScale { get; set; }

    /// <summary>Factor of the loss at an answer's first token, for heads that find spans.</summary>
    public float StartWeight { get; set; } = 0.5f;

    /// <summary>Factor of the loss at an answer's last token, for heads that find spans.</summary>
    public float EndWeight { get; set; } = 0.5f;

    /// <summary>Logits of the label rows after a forward pass, [Labels.Count, classes rounded up to 16].</summary>
    public float* Logits { get; set; }

    /// <summary>Last hidden states after a forward pass of a model that gives them, [rows, hidden width rounded up to 16].</summary>
    public float* Hidden { get; set; }

    /// <summary>The pooler's output after a forward pass of a model that has one, [Labels.Count, pooled width rounded up to 16].</summary>
    public float* Pooled { get; set; }

    /// <summary>Place for the gradient of <see cref="Hidden"/>, which the caller writes between forward and backward pass, padding (zero) included.</summary>
    public float* HiddenGradient { get; set; }

    /// <summary>Place for the gradient of <see cref="Pooled"/>, which the caller writes between forward and backward pass, padding (zero) included.</summary>
    public float* PooledGradient { get; set; }

    /// <summary>Attention probabilities of the last evaluation, where the model captures them.</summary>
    public AttentionCapture Capture { get; } = new();

    /// <summary>Activations of the source rows.</summary>
    public Region SourceArena { get; private set; }

    /// <summary>Activations of the target rows.</summary>
    public Region TargetArena { get; private set; }

    /// <summary>Activations of the label rows.</summary>
    public Region LabelArena { get; private set; }

    /// <summary>Values with one row per source sequence.</summary>
    public Region SourceSequenceArena { get; private set; }

    /// <summary>Values with one row per target sequence.</summary>
    public Region TargetSequenceArena { get; private set; }

    /// <summary>Activations of the copies of source rows that go through experts.</summary>
    public Region SourceExpertArena { get; private set; }

    /// <summary>Activations of the copies of target rows that go through experts.</summary>
    public Region TargetExpertArena { get; private set; }

    /// <summary>Values that exist once.</summary>
    public Region OnceArena { get; private set; }

    /// <summary>Floats that the arena holds.</summary>
    public long ArenaFloats => _arena.Length;

    /// <summary>Lays the arena out for the batch that is in <see cref="Source"/>, <see cref="Target"/> and <see cref="Labels"/>.</summary>
    public void Prepare(in ArenaSizes sizes)
    {
        long source = (long)sizes.SourceRows * Source.Count, target = (long)sizes.TargetRows * Target.Count, label = (long)sizes.LabelRows * Labels.Count;
        long sourceSequences = (long)sizes.SourceSequences * Source.Sequences, targetSequences = (long)sizes.TargetSequences * Target.Sequences;
        int sourceCopies = sizes.Choices * Source.Count, targetCopies = sizes.Choices * Target.Count;
        long sourceExperts = (long)sizes.SourceExperts * sourceCopies, targetExperts = (long)sizes.TargetExperts * targetCopies;
        _arena.Grow(sourceExperts + targetExperts + source + target + label + sourceSequences + targetSequences + sizes.Once);
        float* at = _arena.Start;
        SourceArena = Take(ref at, source, Source.Count);
        TargetArena = Take(ref at, target, Target.Count);
        LabelArena = Take(ref at, label, Labels.Count);
        SourceSequenceArena = Take(ref at, sourceSequences, Source.Sequences);
        TargetSequenceArena = Take(ref at, targetSequences, Target.Sequences);
        SourceExpertArena = Take(ref at, sourceExperts, sourceCopies);
        TargetExpertArena = Take(ref at, targetExperts, targetCopies);
        OnceArena = Take(ref at, sizes.Once, 1);
    }

    /// <summary>
    /// Room for one loss per label row, [Labels.Count, 16], with any contents; valid until the next call. Memory of its own: the arena is laid out for the pass
    /// that made the logits, and a thread's scratch belongs to the kernels.
    /// </summary>
    public float* LabelLosses()
    {
        _losses.Grow(Labels.Count * 16L);
        return _losses.Start;
    }

    /// <summary>The tokens behind the label rows, for what asks a row for its sequence and position; valid until the next call.</summary>
    /// <param name="rows">The side that they are rows of.</param>
    public RowView LabelTokens(RowSet rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        _labelTokens.Clear();
        for (int i = 0; i < Labels.Count; i++)
        {
            _labelTokens.AddRow(rows, Labels.Rows[i]);
        }

        return _labelTokens.View;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _arena.Dispose();
        _losses.Dispose();
        Source.Dispose();
        Target.Dispose();
        Labels.Dispose();
        _labelTokens.Dispose();
        SelfCache.Dispose();
        SourceCache.Dispose();
        Capture.Dispose();
    }

    /// <summary>What those who compute here ask first.</summary>
    internal void ThrowIfDisposed()
    {
        Weights.ThrowIfDisposed();
        if (_disposed)
        {
            throw new ObjectDisposedException(nameof(Workspace), $"A workspace of {Weights.Info.Name} that has been disposed computes nothing any more. Create another session or trainer.");
        }
    }

    private static Region Take(ref float* at, long floats, int rows)
    {
        var region = new Region(at, rows);
        at += floats;
        return region;
    }
}
