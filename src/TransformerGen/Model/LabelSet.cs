using System.Runtime.InteropServices;

namespace TransformerGen.Model;

/// <summary>The rows whose next-token distribution is wanted, and in training the class that each should predict.</summary>
public sealed unsafe class LabelSet : IDisposable
{
    private int _capacity = -1;

    /// <summary>Creates an empty set.</summary>
    public LabelSet() => Reserve(16);

    /// <summary>Frees the memory of a set that nobody disposed of.</summary>
    ~LabelSet() => Free();

    /// <summary>Label rows.</summary>
    public int Count { get; private set; }

    /// <summary>Row of the batch that each label row is taken from, ascending, [Count].</summary>
    public int* Rows { get; private set; }

    /// <summary>Class that each label row should predict, [Count]; unused in inference.</summary>
    public int* Labels { get; private set; }

    /// <summary>The set as kernels read it; valid until rows are added.</summary>
    public LabelView View => new(Count, Rows, Labels);

    /// <summary>Empties the set.</summary>
    public void Clear() => Count = 0;

    /// <summary>Makes room for <paramref name="count"/> label rows.</summary>
    public void Reserve(int count)
    {
        if (count <= _capacity)
        {
            return;
        }

        Rows = NativeInts.Resize(Rows, Count, count);
        Labels = NativeInts.Resize(Labels, Count, count);
        _capacity = count;
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
        Rows = Labels = null;
    }
}
