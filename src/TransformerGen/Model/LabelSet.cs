using System.Runtime.InteropServices;

namespace TransformerGen.Model;

/// <summary>The rows whose next-token distribution is wanted, and in training the class that each should predict.</summary>
public sealed unsafe class LabelSet : IDisposable
{
    private int _capacity = -1, _targetCapacity, _targetWidth, _targetRows;

    /// <summary>Creates an empty set.</summary>
    public LabelSet() => Reserve(16);

    /// <summary>Frees the memory of a set that nobody disposed of.</summary>
    ~LabelSet() => Free();

    /// <summary>Label rows.</summary>
    public int Count { get; private set; }

    /// <summary>Row of the batch that each label row is taken from, ascending, [Count].</summary>
    public int* Rows { get; private set; }

    /// <summary>Class that each label row should predict, [Count]; unused in inference. Of spans 1 where the answer begins, 2 where it ends, 3 for both, else 0.</summary>
    public int* Labels { get; private set; }

    /// <summary>Numbers that each label row should give, where they are no classes: [Count, classes rounded up to 16].</summary>
    public float* Targets { get; private set; }

    /// <summary>The set as kernels read it; valid until rows are added.</summary>
    public LabelView View => new(Count, Rows, Labels, Targets);

    /// <summary>The classes as a span.</summary>
    internal Span<int> LabelSpan => new(Labels, Count);

    /// <summary>Empties the set.</summary>
    public void Clear() => Count = _targetRows = 0;

    /// <summary>Makes room for <paramref name="count"/> label rows.</summary>
    /// <param name="count">Rows.</param>
    /// <param name="targets">Numbers that each of them should give; 0 where they have classes.</param>
    public void Reserve(int count, int targets = 0)
    {
        if (count > _capacity)
        {
            Rows = NativeInts.Resize(Rows, Count, count);
            Labels = NativeInts.Resize(Labels, Count, count);
            _capacity = count;
        }

        int floats = checked(count * Padding.RoundUp(targets));
        if (targets > 0 && floats > _targetCapacity)
        {
            Targets = (float*)NativeInts.Resize((int*)Targets, _targetRows * Padding.RoundUp(_targetWidth), floats);
            _targetCapacity = floats;
        }
    }

    /// <summary>Adds a row.</summary>
    /// <param name="row">Row of the batch; larger than the ones before it.</param>
    /// <param name="label">The class it should predict.</param>
    public void Add(int row, int label = 0)
    {
        if (Count == _capacity)
        {
            Reserve(2 * _capacity);
        }

        Rows[Count] = row;
        Labels[Count++] = label;
    }

    /// <summary>Adds a row that should give numbers, one for each class.</summary>
    /// <param name="row">Row of the batch; larger than the ones before it.</param>
    /// <param name="targets">As many for every row since <see cref="Clear"/>.</param>
    /// <exception cref="ArgumentException">An earlier row has another number of them.</exception>
    public void AddTargets(int row, ReadOnlySpan<float> targets)
    {
        if (Count > 0 && (targets.Length != _targetWidth || Count != _targetRows))
        {
            throw new ArgumentException($"There are {targets.Length} numbers for row {row}. Expected {(Count == _targetRows ? _targetWidth : 0)}, as for the rows before it.", nameof(targets));
        }

        _targetWidth = targets.Length;
        int stride = Padding.RoundUp(_targetWidth);
        if ((Count + 1L) * stride > _targetCapacity)
        {
            Reserve(Math.Max(Count + 1, 2 * Count), _targetWidth);
        }

        var place = new Span<float>(Targets + ((long)Count * stride), stride);
        targets.CopyTo(place);
        place[targets.Length..].Clear();
        Add(row);
        _targetRows = Count;
    }

    /// <summary>Replaces the set by the rows that a model's head answers for.</summary>
    /// <param name="info">The model.</param>
    /// <param name="rows">The rows of its last stack.</param>
    /// <param name="source">The rows that the sequences' own tokens are in: those of the encoder where there is one.</param>
    /// <exception cref="ArgumentException">A sequence lacks the end token at which the head answers.</exception>
    internal void Choose(ModelInfo info, RowSet rows, RowSet source)
    {
        Clear();
        if (info is { Output: OutputKind.HiddenStates, PooledWidth: 0 })
        {
            return;
        }

        Reserve(info.Rows == OutputRows.All ? rows.Count : rows.Sequences);
        if (info.Rows == OutputRows.All)
        {
            for (int row = 0; row < rows.Count; row++)
            {
                Add(row);
            }

            return;
        }

        for (int s = 0; s < rows.Sequences; s++)
        {
            ReadOnlySpan<int> Sequence(RowSet of) => new(of.Tokens + of.Offsets[s], of.Offsets[s + 1] - of.Offsets[s]);
            Add(rows.Offsets[s] + info.Rows switch
            {
                OutputRows.First => 0,
                OutputRows.Last => LastToken.Of(info, Sequence(rows)),
                _ => MirroredRows.LastEnd(info, Sequence(source)),
            });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(Rows);
        NativeMemory.Free(Labels);
        NativeMemory.Free(Targets);
        Rows = Labels = null;
        Targets = null;
    }
}
