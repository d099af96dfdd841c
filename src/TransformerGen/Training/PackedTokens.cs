using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>Numbers that are read without being copied out; a list whose memory stays when it is cleared.</summary>
internal sealed class ItemList<T>
    where T : unmanaged
{
    private T[] _items = new T[64];

    public int Count { get; private set; }

    public ReadOnlySpan<T> Span => _items.AsSpan(0, Count);

    public T this[int index] => Span[index];

    public void Clear() => Count = 0;

    public void Set(int index, T item) => _items.AsSpan(0, Count)[index] = item;

    public void Add(ReadOnlySpan<T> items)
    {
        Grow(items.Length);
        items.CopyTo(_items.AsSpan(Count));
        Count += items.Length;
    }

    public void Add(T item)
    {
        Grow(1);
        _items[Count++] = item;
    }

    /// <summary>Adds an item again and again until there are so many.</summary>
    public void Fill(int count, T item)
    {
        int more = Math.Max(0, count - Count);
        Grow(more);
        _items.AsSpan(Count, more).Fill(item);
        Count += more;
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
    private readonly ItemList<int> _tokens = new();
    private readonly ItemList<int> _types = new();
    private readonly ItemList<bool> _globals = new();
    private readonly ItemList<int> _ends = new();
    private readonly ItemList<int> _padding = new();

    public int Count => _tokens.Count;

    public int Sequences => _ends.Count;

    public ReadOnlySpan<int> this[int sequence] => _tokens.Span[Start(sequence).._ends[sequence]];

    /// <summary>Types of a sequence's tokens.</summary>
    public ReadOnlySpan<int> Types(int sequence) => _types.Span[Start(sequence).._ends[sequence]];

    /// <summary>Which of a sequence's tokens are global.</summary>
    public ReadOnlySpan<bool> Globals(int sequence) => _globals.Span[Start(sequence).._ends[sequence]];

    /// <summary>How many of a sequence's last tokens are padding.</summary>
    public int Padding(int sequence) => _padding[sequence];

    public int Start(int sequence) => sequence == 0 ? 0 : _ends[sequence - 1];

    public void Clear()
    {
        _tokens.Clear();
        _types.Clear();
        _globals.Clear();
        _ends.Clear();
        _padding.Clear();
    }

    /// <summary>Adds a sequence.</summary>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="types">Their types; none for 0 everywhere.</param>
    /// <param name="globals">Which are global; none for no token.</param>
    /// <param name="padding">How many of the last ones are padding.</param>
    public void Add(ReadOnlySpan<int> tokens, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default, int padding = 0)
    {
        _tokens.Add(tokens);
        _types.Add(types);
        _types.Fill(_tokens.Count, 0);
        _globals.Add(globals);
        _globals.Fill(_tokens.Count, false);
        _ends.Add(_tokens.Count);
        _padding.Add(padding);
    }

    /// <summary>Makes the first tokens of the sequence that was added last global.</summary>
    public void MarkGlobals(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _globals.Set(Start(Sequences - 1) + i, true);
        }
    }

    /// <summary>Adds a sequence that begins with one more token.</summary>
    public void Add(int first, ReadOnlySpan<int> others)
    {
        _tokens.Add(first);
        Add(others);
    }

    /// <summary>Replaces a side of a batch: sequence s uses slot s of every cache.</summary>
    public void CopyTo(RowSet rows, ModelInfo info)
    {
        rows.Clear();
        rows.Reserve(Count, Sequences);
        for (int s = 0; s < Sequences; s++)
        {
            rows.Add(this[s], past: 0, slot: s, sourceSlot: s, Types(s));
            rows.MarkGlobals(Start(s), Globals(s));
            if (Padding(s) > 0)
            {
                rows.PlacePadding(Padding(s), info.UnplacedId);
            }
        }
    }
}
