using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>Integers that grow without being copied out; a list whose memory stays when it is cleared.</summary>
internal sealed class IntList
{
    private int[] _items = new int[64];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Span => _items.AsSpan(0, Count);

    public int this[int index] => Span[index];

    public void Clear() => Count = 0;

    public void Add(ReadOnlySpan<int> items)
    {
        Grow(items.Length);
        items.CopyTo(_items.AsSpan(Count));
        Count += items.Length;
    }

    public void Add(int item)
    {
        Grow(1);
        _items[Count++] = item;
    }

    private void Grow(int more)
    {
        if (Count + more > _items.Length)
        {
            Array.Resize(ref _items, Math.Max(Count + more, 2 * _items.Length));
        }
    }
}

/// <summary>Sequences end to end: sequence s owns the tokens from <see cref="Start"/>(s) on.</summary>
internal sealed class PackedTokens
{
    private readonly IntList _tokens = new();
    private readonly IntList _ends = new();

    public int Count => _tokens.Count;

    public int Sequences => _ends.Count;

    public ReadOnlySpan<int> this[int sequence] => _tokens.Span[Start(sequence).._ends[sequence]];

    public int Start(int sequence) => sequence == 0 ? 0 : _ends[sequence - 1];

    public void Clear()
    {
        _tokens.Clear();
        _ends.Clear();
    }

    public void Add(ReadOnlySpan<int> tokens)
    {
        _tokens.Add(tokens);
        _ends.Add(_tokens.Count);
    }

    /// <summary>Adds a sequence that begins with one more token.</summary>
    public void Add(int first, ReadOnlySpan<int> others)
    {
        _tokens.Add(first);
        Add(others);
    }

    /// <summary>Replaces a side of a batch: sequence s uses slot s of every cache.</summary>
    public void CopyTo(RowSet rows)
    {
        rows.Clear();
        rows.Reserve(Count, Sequences);
        for (int s = 0; s < Sequences; s++)
        {
            rows.Add(this[s], past: 0, slot: s, sourceSlot: s);
        }
    }
}
