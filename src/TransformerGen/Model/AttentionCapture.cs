namespace TransformerGen.Model;

/// <summary>
/// Attention probabilities of every attention of a model, in the order of the forward pass: for each sequence [heads, queries, keys], one behind the
/// other. Filled only by models with CaptureAttention.
/// </summary>
public sealed unsafe class AttentionCapture : IDisposable
{
    private readonly List<NativeBuffer> _maps = [];

    /// <summary>Attentions captured.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets what was captured; the memory stays.</summary>
    public void Clear() => Count = 0;

    /// <summary>Room for the next attention.</summary>
    /// <param name="heads">Heads.</param>
    /// <param name="queries">Query side of the batch.</param>
    /// <param name="keys">Key side of the batch.</param>
    public float* Add(int heads, RowView queries, RowView keys)
    {
        long floats = 0;
        for (int s = 0; s < queries.Sequences; s++)
        {
            floats += (long)heads * (queries.Offsets[s + 1] - queries.Offsets[s]) * (keys.Offsets[s + 1] - keys.Offsets[s]);
        }

        if (Count == _maps.Count)
        {
            _maps.Add(new NativeBuffer());
        }

        NativeBuffer map = _maps[Count++];
        map.Grow(floats);
        return map.Start;
    }

    /// <summary>One attention's probabilities.</summary>
    public ReadOnlySpan<float> this[int index] => index < Count ? _maps[index].Span : throw new ArgumentOutOfRangeException(nameof(index), index, $"{Count} attentions were captured.");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NativeBuffer map in _maps)
        {
            map.Dispose();
        }
    }
}
