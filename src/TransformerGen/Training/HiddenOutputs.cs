using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>A loss of the caller's own over a model's hidden states.</summary>
/// <param name="outputs">What the model gave, and where the loss's gradients go: they are zero, and the loss writes those that are not.</param>
/// <returns>The loss of this batch; the losses of a step's batches are added up, and so are their gradients.</returns>
public delegate double HiddenLoss(in HiddenOutputs outputs);

/// <summary>Hidden states of one batch in a training pass and the places of their gradients; valid while the loss is computed.</summary>
public readonly unsafe ref struct HiddenOutputs
{
    private readonly RowSet _rows;

    internal HiddenOutputs(Workspace workspace, ModelInfo info)
    {
        _rows = info.HasDecoder ? workspace.Target : workspace.Source;
        Hidden = new FloatRows(workspace.Hidden, _rows.Count, info.HiddenWidth);
        HiddenGradient = new FloatRows(workspace.HiddenGradient, _rows.Count, info.HiddenWidth);
        int pooled = info.PooledWidth > 0 ? workspace.Labels.Count : 0;
        Pooled = new FloatRows(workspace.Pooled, pooled, info.PooledWidth);
        PooledGradient = new FloatRows(workspace.PooledGradient, pooled, info.PooledWidth);
    }

    /// <summary>Last hidden states of all tokens, sequences end to end, [N, hidden width]. Not to be changed: the backward pass may read them.</summary>
    public FloatRows Hidden { get; }

    /// <summary>The pooler's output, one row per sequence; no rows where there is no pooler. Not to be changed.</summary>
    public FloatRows Pooled { get; }

    /// <summary>d(loss)/d(<see cref="Hidden"/>), for the loss to write.</summary>
    public FloatRows HiddenGradient { get; }

    /// <summary>d(loss)/d(<see cref="Pooled"/>), for the loss to write.</summary>
    public FloatRows PooledGradient { get; }

    /// <summary>Sequences.</summary>
    public int Sequences => _rows.Sequences;

    /// <summary>First row of a sequence in <see cref="Hidden"/>.</summary>
    /// <param name="sequence">Which, from 0; the number of sequences gives the end of the last.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sequence.</exception>
    public int Start(int sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, Sequences);
        return _rows.Offsets[sequence];
    }
}

/// <summary>Rows of numbers in a model's memory.</summary>
public readonly unsafe ref struct FloatRows
{
    private readonly float* _start;
    private readonly int _stride;

    internal FloatRows(float* start, int count, int width)
    {
        _start = start;
        Count = count;
        Width = width;
        _stride = Padding.RoundUp(width);
    }

    /// <summary>Rows.</summary>
    public int Count { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>A row, [Width].</summary>
    /// <param name="row">Which, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Span<float> this[int row]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(row);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
            return new Span<float>(_start + ((long)row * _stride), Width);
        }
    }

    internal void Clear()
    {
        for (int row = 0; row < Count; row++)
        {
            new Span<float>(_start + ((long)row * _stride), _stride).Clear();
        }
    }
}
